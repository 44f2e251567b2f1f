"""Many grants are ended by one statement, all by the same revocation: to hold each against it took an eighth of the time.

It is the migration of a change of the triggers as well: they blacklist many in the order of what they refer to.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0028_integration_changed"),
    ]

    operations = [
        migrations.AlterField(
            model_name="grant",
            name="revocation",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="accounts.revocation",
            ),
        ),
    ]
