"""PostgreSQL's time-outs and deadlocks: what a request may wait for, and what a revocation may not fail for."""

import threading
import time

import pytest
from django.db import connection, transaction

from accounts import apps, revocation
from accounts.models import Cause, Grant, Revocation, User
from accounts.revocation import Scope
from accounts.tests.races import PATIENCE

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


@pytest.mark.django_db(transaction=True)
def test_what_ends_everything_may_take_longer_though_it_goes_to_the_database_with_the_turn(world):
    slow = (
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.6); RETURN NEW; END $$"
    )
    with connection.cursor() as cursor:
        cursor.execute(slow)
        cursor.execute("CREATE TRIGGER slow BEFORE UPDATE ON accounts_user FOR EACH ROW EXECUTE FUNCTION slow()")
        cursor.execute("SET statement_timeout = '300ms'")
        try:
            revocation.revoke(Scope(user=world.bob), cause=Cause.SIGNED_OUT_EVERYWHERE)
        finally:
            cursor.execute("SET statement_timeout = '30s'")
            cursor.execute("DROP FUNCTION slow CASCADE")
    assert User.objects.get(pk=world.bob.pk).epoch == world.bob.epoch + 1


def test_so_does_a_migration():
    apps._before_migrations("default", plan=["one"])
    assert limits() == ("0", "5s")
    apps._after_migrations("default")
    assert limits() == ("30s", "0")


def wait_for_a_lock_to_be_waited_for():
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise TimeoutError("Nobody waits for a lock.")


@pytest.mark.django_db(transaction=True)
def test_a_deadlock_with_somebody_who_takes_no_turn_fails_no_revocation(world):
    first, second = (world.grant_of(world.connect(world.bob)) for _ in range(2))
    holds = threading.Event()

    def crosswise():
        try:
            with transaction.atomic():
                Grant.objects.select_for_update().get(pk=second.pk)
                holds.set()
                wait_for_a_lock_to_be_waited_for()  # the revocation has the first by now
                Grant.objects.select_for_update().get(pk=first.pk)
        finally:
            connection.close()

    other = threading.Thread(target=crosswise)
    other.start()
    assert holds.wait(PATIENCE)
    done = revocation.revoke(Scope(user=world.bob), cause=Cause.COMPROMISED)
    other.join(PATIENCE)
    assert (done.grants, done.receipt["complete"]) == (2, True)
    assert Revocation.objects.get().pk == done.pk
    assert not Grant.objects.filter(ended_at=None).exists()
