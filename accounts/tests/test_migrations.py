"""Migrations go forth and back, on each database."""

import hashlib

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations import AddField
from django.db.migrations.loader import MigrationLoader
from django.db.models import NOT_PROVIDED

from accounts.revocation import triggers


@pytest.mark.django_db(transaction=True)
def test_every_migration_of_ours_reverses():
    try:
        call_command("migrate", "accounts", "0001", verbosity=0)
        assert "accounts_grant" not in connection.introspection.table_names()
    finally:
        call_command("migrate", verbosity=0)
    assert "accounts_grant" in connection.introspection.table_names()


def test_a_worker_of_before_can_still_write_rows_when_a_column_has_come():
    """While versions are mixed, whoever does not know a column leaves it out: the database has a value for it."""
    migrations = MigrationLoader(None).disk_migrations
    ours = [one for (app, name), one in migrations.items() if app == "accounts" and name > "0027_z"]
    added = [operation.field for one in ours for operation in one.operations if isinstance(operation, AddField)]
    assert [field for field in added if not field.null and field.db_default is NOT_PROVIDED] == []


def test_a_change_of_the_triggers_comes_with_a_migration():
    """By an unknown migration an older version sees that it must not lay its own. One without operations will do; then
    write the new digest here."""
    texts = [repr(triggers.of(vendor)) for vendor in ("sqlite", "postgresql")]
    assert hashlib.sha256("".join(texts).encode()).hexdigest()[:16] == "ecb4fe74dd44b040"
