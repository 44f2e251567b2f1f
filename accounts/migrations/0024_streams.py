"""How many open pages hold a stream of a session, and how many of them a revocation took along."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0023_usage"),
    ]

    operations = [
        migrations.AddField(
            model_name="revocation",
            name="streams",
            field=models.PositiveIntegerField(default=0, help_text="Open pages of the ended sessions that went dark."),
        ),
        migrations.AddField(
            model_name="session",
            name="streams",
            field=models.PositiveIntegerField(
                default=0,
                help_text="Open pages that hold a stream. A worker that is killed leaves its own in the count.",
            ),
        ),
    ]
