"""PostgreSQL's time-outs: a request's statements have one, what ends or migrates millions of rows has none."""

import pytest
from django.db import connection, transaction

from accounts import apps, revocation

pytestmark = pytest.mark.django_db


def limits():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout'), current_setting('lock_timeout')")
        return cursor.fetchone()


def test_a_revocation_takes_as_long_as_it_takes_and_waits_for_a_lock_no_longer_than_a_request():
    assert limits() == ("30s", "0")
    with transaction.atomic():
        revocation.take_turn()
        assert limits() == ("0", "30s")
        revocation.take_turn()  # as revoke() does within a transaction that has taken it before
        assert limits() == ("0", "30s")
        transaction.set_rollback(True)
    assert limits() == ("30s", "0")


def test_so_does_a_migration():
    apps._before_migrations("default", plan=["one"])
    assert limits() == ("0", "0")
    apps._after_migrations("default")
    assert limits() == ("30s", "0")
