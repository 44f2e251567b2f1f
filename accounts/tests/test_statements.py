"""Statements that are compiled once: what the ORM would have found and written, with other values each time."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection, models
from django.utils import timezone

from accounts import clients
from accounts.models import ClientSecret, Grant, Integration
from accounts.returning import DeleteReturning, Together, UpdateReturning
from accounts.statements import Given, Rows, Update, Whether

PK = Given("pk", models.UUIDField())
BY_PK = Rows(Integration.objects.select_related("organisation").filter(pk=PK))
NAMED = Rows(Integration.objects.filter(name=Given("name", models.CharField())).order_by("id"))
IS_THERE = Whether(Integration.objects.filter(pk=PK))
RENAME = Update(Integration.objects.filter(pk=PK), name=Given("name", models.CharField()), scopes=["profile"])


def test_it_finds_what_the_orm_finds(world, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = BY_PK.one(pk=world.sync.pk)
        assert found.organisation == world.acme
    expected = Integration.objects.get(pk=world.sync.pk)
    fields = [field.attname for field in Integration._meta.concrete_fields]
    assert [getattr(found, name) for name in fields] == [getattr(expected, name) for name in fields]
    assert not found._state.adding


def test_other_values_find_other_rows(world):
    assert BY_PK.one(pk=world.export.pk) == world.export
    assert BY_PK.one(pk=uuid.uuid4()) is None
    assert list(NAMED.all(name=world.sync.name)) == [world.sync]
    assert (IS_THERE(pk=world.sync.pk), IS_THERE(pk=uuid.uuid4())) == (True, False)


def test_it_writes_what_is_given_and_says_to_how_many(world):
    assert RENAME(pk=world.sync.pk, name="'; --%s") == 1
    assert RENAME(pk=uuid.uuid4(), name="nobody") == 0
    world.sync.refresh_from_db()
    assert (world.sync.name, world.sync.scopes) == ("'; --%s", ["profile"])
    assert not Integration.objects.filter(name="nobody").exists()


def test_it_is_compiled_once(world):
    for one in (world.sync, world.export):
        assert IS_THERE(pk=one.pk)
    assert IS_THERE.compiled.cache_info().misses == 1


def test_times_are_given_as_the_database_has_them(world):
    ends = Given("at", models.DateTimeField())
    still = Whether(ClientSecret.objects.filter(created_at__gt=ends))
    assert still(at=timezone.now() - timedelta(days=1))
    assert not still(at=timezone.now() + timedelta(days=1))


def test_a_moment_that_would_stay_for_ever_is_refused(db):
    with pytest.raises(ValueError, match="has to be given"):
        Whether(Grant.objects.live())()
    with pytest.raises(ValueError, match="has to be given"):
        DeleteReturning(Grant.objects.all(), [models.F("epoch")], models.Q(expires_at__gt=timezone.now()))()


SECRET = ClientSecret.objects.filter(ended_at=None, integration=Given("integration", models.UUIDField()))
NOT_ENDED = models.Q(revocation=None, integration__in=Integration.objects.live())
AT = Given("at", models.DateTimeField())
END = UpdateReturning(SECRET, [NOT_ENDED, models.F("hint")], ended_at=AT)
DROP = DeleteReturning(SECRET, [models.F("hint")])


def test_an_update_tells_how_many_there_were_of_each_kind(world):
    hint = world.sync.secrets.get().hint
    assert END(integration=world.sync.pk, at=timezone.now()) == {(True, hint): 1}
    assert world.sync.secrets.get().ended_at
    assert END(integration=world.sync.pk, at=timezone.now()) == {}


def test_a_deletion_tells_what_it_took(world):
    hint = world.sync.secrets.get().hint
    assert [DROP(integration=world.sync.pk), DROP(integration=world.sync.pk)] == [{(hint,): 1}, {}]
    assert not world.sync.secrets.exists()


def test_only_what_a_condition_is_true_of_is_counted_though_all_is_changed(world, django_assert_num_queries):
    """It may ask other tables, once for all that hang from the same."""
    of_sync = models.Q(models.Exists(Integration.objects.filter(pk=models.OuterRef("integration"), name="Sync")))
    all_that_live = ClientSecret.objects.filter(ended_at=None)
    end = UpdateReturning(all_that_live, [models.Q(revocation=None)], of_sync, ended_at=AT)
    clients.create_secret(world.sync, by=world.alice)
    assert all_that_live.count() == 3
    with django_assert_num_queries(1 if connection.vendor == "postgresql" else 2):
        assert end(at=timezone.now()) == {(True,): 2}
    assert not all_that_live.exists()


def test_what_can_find_nothing_asks_nothing(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert DeleteReturning(Integration.objects.none(), [models.F("name")])() == {}


def test_several_changes_are_one_statement_where_the_database_can(world, django_assert_num_queries):
    """Each tells what it told alone, in turn; one that tells nothing, or finds nothing, is in nobody's way."""
    nothing = DeleteReturning(ClientSecret.objects.none(), [models.F("hint")])
    at_once = Together(nothing, RENAME, END)
    hint = world.sync.secrets.get().hint
    given = {"pk": world.sync.pk, "name": "renamed", "integration": world.sync.pk, "at": timezone.now()}
    with django_assert_num_queries(1 if connection.vendor == "postgresql" else 3):  # SQLite reads before it writes
        assert at_once(**given) == [{}, {(True, hint): 1}]
    world.sync.refresh_from_db()
    assert (world.sync.name, bool(world.sync.secrets.get().ended_at)) == ("renamed", True)
    assert at_once(**given) == [{}, {}]
    assert Together(nothing)() == [{}]
