"""Sessions, integrations with secrets, grants, signing keys; revocations and the security log."""

import uuid

import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_people"),
        ("token_blacklist", "0013_alter_blacklistedtoken_options_and_more"),
    ]

    operations = [
        migrations.CreateModel(
            name="SigningKey",
            fields=[
                (
                    "kid",
                    models.CharField(
                        help_text="RFC 7638 thumbprint of the public key.",
                        max_length=43,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("algorithm", models.CharField(max_length=10)),
                ("public_pem", models.TextField()),
                ("private_encrypted", models.TextField(editable=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "ordering": ["created_at", "kid"],
            },
        ),
        migrations.CreateModel(
            name="Integration",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=100)),
                (
                    "is_confidential",
                    models.BooleanField(
                        default=True, help_text="Has secrets. A public one proves itself by PKCE alone."
                    ),
                ),
                ("grant_types", models.JSONField(default=list)),
                ("scopes", models.JSONField(default=list)),
                ("redirect_uris", models.JSONField(default=list)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("disabled_at", models.DateTimeField(editable=False, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="integrations",
                        to="accounts.organisation",
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
            },
        ),
        migrations.CreateModel(
            name="ClientSecret",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("secret_hash", models.CharField(editable=False, max_length=64, unique=True)),
                ("hint", models.CharField(help_text="Its last characters, to tell two apart.", max_length=8)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("ended_at", models.DateTimeField(editable=False, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="client_secrets",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "integration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="secrets", to="accounts.integration"
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="Revocation",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("signed_out_everywhere", "Signed out everywhere"),
                            ("compromised", "Compromised"),
                            ("deactivated", "Deactivated"),
                            ("password_changed", "Password changed"),
                            ("ended", "Ended by hand"),
                            ("reused", "A single-use token or code was used twice"),
                        ],
                        max_length=30,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("actor_label", models.CharField(blank=True, max_length=254)),
                ("scope", models.JSONField(help_text="What it covered: names of credentials, and ids.")),
                ("sessions", models.PositiveIntegerField(default=0)),
                ("grants", models.PositiveIntegerField(default=0)),
                ("codes", models.PositiveIntegerField(default=0)),
                ("client_secrets", models.PositiveIntegerField(default=0)),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="revocations",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="Grant",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("scopes", models.JSONField(default=list)),
                (
                    "epoch",
                    models.PositiveBigIntegerField(
                        default=0, help_text="The user's when they agreed; never refreshed."
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("expires_at", models.DateTimeField()),
                ("redeemed_at", models.DateTimeField(null=True)),
                ("last_used_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("code_hash", models.CharField(editable=False, max_length=64, null=True, unique=True)),
                ("code_challenge", models.CharField(blank=True, editable=False, max_length=43)),
                ("redirect_uri", models.CharField(blank=True, editable=False, max_length=2000)),
                ("refresh_hash", models.CharField(blank=True, editable=False, max_length=64)),
                ("replaced_hash", models.CharField(blank=True, editable=False, max_length=64)),
                ("replaced_at", models.DateTimeField(editable=False, null=True)),
                ("replay", models.TextField(blank=True, editable=False)),
                (
                    "client_secret",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="grant",
                        to="accounts.clientsecret",
                    ),
                ),
                (
                    "outstanding",
                    models.OneToOneField(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="grant",
                        to="token_blacklist.outstandingtoken",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="grants",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "integration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="grants", to="accounts.integration"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="grants", to="accounts.organisation"
                    ),
                ),
                (
                    "revocation",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="accounts.revocation",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="clientsecret",
            name="revocation",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="accounts.revocation"
            ),
        ),
        migrations.CreateModel(
            name="SecurityEvent",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("signed_up", "Signed up"),
                            ("signed_in", "Signed in"),
                            ("sign_in_failed", "Sign-in failed"),
                            ("signed_out", "Signed out"),
                            ("password_changed", "Password changed"),
                            ("password_reset", "Password reset"),
                            ("reactivated", "Account reactivated"),
                            ("app_connected", "App connected"),
                            ("refresh_reused", "Refresh token used twice"),
                            ("code_reused", "Authorization code used twice"),
                            ("integration_created", "Integration created"),
                            ("secret_created", "Client secret created"),
                            ("revoked", "Access revoked"),
                        ],
                        max_length=30,
                    ),
                ),
                ("user_label", models.CharField(blank=True, max_length=254)),
                ("actor_label", models.CharField(blank=True, max_length=254)),
                ("ip_address", models.GenericIPAddressField(null=True)),
                ("user_agent", models.CharField(blank=True, max_length=300)),
                ("details", models.JSONField(default=dict)),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "integration",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="accounts.integration",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="security_events",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="security_events",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                ("key_hash", models.CharField(editable=False, max_length=64, primary_key=True, serialize=False)),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("epoch", models.PositiveBigIntegerField(null=True)),
                ("session_data", models.TextField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("last_seen_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expire_date", models.DateTimeField(db_index=True)),
                ("remembered", models.BooleanField(default=False)),
                ("ip_address", models.GenericIPAddressField(null=True)),
                ("user_agent", models.CharField(blank=True, max_length=300)),
                ("method", models.CharField(blank=True, help_text="How it signed in.", max_length=30)),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="grant",
            index=models.Index(fields=["expires_at"], name="grant_by_end"),
        ),
        migrations.AddIndex(
            model_name="securityevent",
            index=models.Index(fields=["user", "-at"], name="event_by_user"),
        ),
        migrations.AddIndex(
            model_name="securityevent",
            index=models.Index(fields=["organisation", "-at"], name="event_by_organisation"),
        ),
    ]
