"""The revocation list, who reads it, and the receipts. Its triggers are laid after the last migration has run."""

import uuid
from typing import Any

from django.db import migrations, models

from accounts.revocation import feed


def lift_triggers(apps: Any, schema_editor: Any) -> None:
    feed.lift(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_credentials"),
    ]

    operations = [
        migrations.CreateModel(
            name="RevocationEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("user", "Tokens on behalf of a user, born under a lower epoch"),
                            ("grant", "Tokens of a grant"),
                            ("key", "Tokens signed by a key"),
                        ],
                        max_length=10,
                    ),
                ),
                ("subject", models.CharField(help_text="The id in 32 hex digits, or the kid.", max_length=64)),
                ("epoch", models.BigIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Worker",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(help_text="Host and process id.", max_length=100)),
                ("lease_seconds", models.FloatField()),
                ("beat", models.PositiveBigIntegerField(default=0, help_text="Rises while it lives.")),
                ("seen_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="grant",
            name="refresh_kid",
            field=models.CharField(blank=True, editable=False, help_text="What signed the current one.", max_length=43),
        ),
        migrations.AddField(
            model_name="revocation",
            name="receipt",
            field=models.JSONField(help_text="Which workers confirmed, and how fast.", null=True),
        ),
        migrations.AddField(
            model_name="revocation",
            name="receipt_jws",
            field=models.TextField(blank=True, help_text="The same, signed: it verifies with our JWKS."),
        ),
        migrations.AddField(
            model_name="signingkey",
            name="revoked_at",
            field=models.DateTimeField(
                editable=False, help_text="From then on nothing that it signed holds.", null=True
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="hash_upgrades",
            field=models.PositiveIntegerField(
                default=0,
                editable=False,
                help_text="Rises when the hash of the same password changes, which ends nothing.",
            ),
        ),
        migrations.RunPython(migrations.RunPython.noop, lift_triggers),
    ]
