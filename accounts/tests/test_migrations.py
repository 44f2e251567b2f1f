"""Migrations go forth and back, on each database."""

import pytest
from django.core.management import call_command
from django.db import connection


@pytest.mark.django_db(transaction=True)
def test_every_migration_of_ours_reverses():
    try:
        call_command("migrate", "accounts", "0001", verbosity=0)
        assert "accounts_grant" not in connection.introspection.table_names()
    finally:
        call_command("migrate", verbosity=0)
    assert "accounts_grant" in connection.introspection.table_names()
