"""A grant that ends grows by a moment and a UUID: of a page that was half full, one row in twelve found no room.
Pages that are there stay as they are, until they are written anew (VACUUM FULL).

It is the migration of a change of the triggers as well: what ends grants and blacklists them is not asked to end them.
"""

from typing import Any

from django.db import migrations


def leave_more_room(apps: Any, schema_editor: Any) -> None:
    _fill(schema_editor, percent=45)


def leave_half(apps: Any, schema_editor: Any) -> None:
    _fill(schema_editor, percent=50)


def _fill(schema_editor: Any, *, percent: int) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"ALTER TABLE accounts_grant SET (fillfactor = {percent})")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0029_ended_in_bulk"),
    ]

    operations = [
        migrations.RunPython(leave_more_room, leave_half),
    ]
