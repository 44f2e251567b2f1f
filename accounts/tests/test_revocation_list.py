"""A worker's copy: what it refuses, when it reads all anew, when entries leave it, and for how long it is trusted."""

import types
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import RevocationEntry, User
from accounts.revocation import list as lists
from accounts.revocation import reading
from accounts.revocation.list import RevocationList, Row, State, clock


def claims(grant="g", subject="s", epoch=1, kid="k"):
    return types.SimpleNamespace(grant_hex=grant, subject_hex=subject, epoch=epoch, kid=kid)


@pytest.fixture
def copy():
    return RevocationList()


@pytest.mark.parametrize(
    ("kind", "subject", "epoch", "refused"),
    [
        ("grant", "g", 0, True),
        ("grant", "other", 0, False),
        ("user", "s", 2, True),
        ("user", "s", 1, False),
        ("user", "g", 2, False),
        ("key", "k", 0, True),
        ("key", "g", 0, False),
    ],
)
def test_it_refuses_what_an_entry_says_and_nothing_else(copy, kind, subject, epoch, refused):
    assert not copy.refuses(claims())
    copy.add([Row(1, kind, subject, epoch)], seen_at=0)
    assert copy.refuses(claims()) is refused
    copy.replace([Row(1, kind, subject, epoch)], seen_at=0)
    assert copy.refuses(claims()) is refused


def test_of_several_epochs_the_highest_counts(copy):
    copy.add([Row(1, "user", "s", 5), Row(2, "user", "s", 3)], seen_at=0)
    assert copy.refuses(claims(epoch=4))
    assert not copy.refuses(claims(epoch=5))


def entry(kind="grant", subject="g"):
    return RevocationEntry.objects.create(kind=kind, subject=subject, created_at="2026-01-01T00:00:00Z")


@pytest.mark.django_db
def test_a_reading_costs_one_statement_whether_there_is_something_new_or_not(copy, django_assert_num_queries):
    entry()
    for _ in range(2):
        with django_assert_num_queries(1):
            reading.read_into(copy, seen_at=clock())
    assert copy.refuses(claims())


@pytest.mark.django_db
def test_an_entry_below_the_highest_is_found(copy):
    """As of a transaction that commits late: others have overtaken it."""
    late, other = entry(subject="late"), entry(subject="other")
    late.delete()
    reading.read_into(copy, seen_at=clock())
    RevocationEntry.objects.create(pk=late.pk or 1, kind="grant", subject="late", created_at=other.created_at)
    reading.read_into(copy, seen_at=clock())
    assert copy.refuses(claims(grant="late"))


@pytest.mark.django_db
def test_one_that_went_and_one_that_came_late_are_told_apart_from_none(copy):
    """The count is the same, and so is the highest id."""
    first, late, last = entry(subject="first"), entry(subject="late"), entry(subject="last")
    late_id = late.pk
    late.delete()
    reading.read_into(copy, seen_at=clock())
    before = copy.state
    first.delete()
    RevocationEntry.objects.create(pk=late_id, kind="grant", subject="late", created_at=last.created_at)
    reading.read_into(copy, seen_at=clock())
    assert (copy.state.number, copy.state.highest) == (before.number, before.highest)
    assert copy.refuses(claims(grant="late"))


@pytest.mark.django_db
def test_entries_leave_an_access_lifetime_and_a_minute_after_they_were_seen(copy, settings):
    entry()
    now = clock()
    reading.read_into(copy, seen_at=now)
    reading.read_into(copy, seen_at=now + settings.LONGEST_ACCESS_TOKEN_AGE + 59)
    assert copy.refuses(claims())
    for _ in range(2):  # the first deletes it, the second notices
        reading.read_into(copy, seen_at=now + settings.LONGEST_ACCESS_TOKEN_AGE + 61)
    assert not copy.refuses(claims())
    assert not RevocationEntry.objects.exists()
    assert copy.state == State()


@pytest.mark.django_db
def test_tokens_of_a_clock_that_is_ten_minutes_ahead_do_not_outlive_the_list(copy, settings):
    entry()
    now = clock()
    reading.read_into(copy, seen_at=now)
    reading.read_into(copy, seen_at=now + 600 + settings.ACCESS_TOKEN_AGE)
    assert copy.refuses(claims())


@pytest.mark.django_db
def test_an_entry_that_was_long_uncommitted_counts_from_when_it_was_seen(copy, settings):
    """Its row says that it is old; tokens were minted until its commit all the same."""
    entry()
    reading.read_into(copy, seen_at=clock())
    assert RevocationEntry.objects.exists()


def test_reading_all_anew_does_not_make_old_entries_young(copy, settings):
    copy.add([Row(1, "grant", "g", 0)], seen_at=0)
    copy.replace([Row(1, "grant", "g", 0), Row(2, "grant", "h", 0)], seen_at=settings.LONGEST_ACCESS_TOKEN_AGE + 61)
    assert copy.outlived(settings.LONGEST_ACCESS_TOKEN_AGE + 61) == [1]


def test_a_lease_ends_and_is_not_for_ever(copy, monkeypatch):
    copy.renew(clock() + 1)
    assert copy.is_leased()
    later = clock() + 1.1
    monkeypatch.setattr(lists, "clock", lambda: later)
    assert not copy.is_leased()


def test_a_clock_on_the_wall_that_is_set_back_ends_the_lease(copy, monkeypatch):
    copy.renew(clock() + 5)
    hour_ago = lists.time.time() - 3600
    monkeypatch.setattr(lists.time, "time", lambda: hour_ago)
    assert not copy.is_leased()
    copy.renew(clock() + 5)
    assert not copy.is_leased(), "nor is it renewed into one"


@pytest.mark.django_db
def test_what_ends_credentials_feeds_it_and_a_bystander_is_not_in_it(world, copy):
    User.objects.filter(pk=world.bob.pk).update(is_active=False)
    reading.read_into(copy, seen_at=clock())
    assert timezone.now() - RevocationEntry.objects.get().created_at < timedelta(minutes=1)
    assert copy.refuses(claims(subject=world.bob.pk.hex))
    assert not copy.refuses(claims(subject=world.alice.pk.hex))


@pytest.mark.django_db
def test_a_user_saved_in_peace_writes_no_entry(world):
    world.bob.name = "Robert"
    world.bob.save()
    world.connect(world.bob)
    assert not RevocationEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_triggers_that_are_gone_are_noticed_and_laid_again():
    from django.core.management import call_command

    from accounts.revocation import feed

    assert feed.is_laid(connection)
    feed.lift(connection)
    assert not feed.is_laid(connection)
    call_command("migrate", verbosity=0)
    assert feed.is_laid(connection)


@pytest.mark.django_db
def test_a_grant_that_lasts_for_less_long_than_before_is_no_grant_that_ends(world):
    """As when an operator makes GRANT_DAYS smaller: its tokens go on."""
    grant = world.grant_of(world.connect(world.bob))
    type(grant).objects.filter(pk=grant.pk).update(expires_at=timezone.now() + timedelta(days=2))
    assert not RevocationEntry.objects.exists()
    type(grant).objects.filter(pk=grant.pk).update(expires_at=timezone.now() + timedelta(minutes=2))
    assert RevocationEntry.objects.exists()
