"""Requests of an integration are counted without I/O, and written down once a minute at most."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.utils import timezone

from accounts import tally, usage
from accounts.models import UsageDay


def once_a_minute(monkeypatch):
    clock = [1000.0]
    usage.tally._written_at = clock[0]
    monkeypatch.setattr(tally.time, "monotonic", lambda: clock[0])
    return clock


@pytest.mark.django_db
def test_an_api_request_is_counted_without_a_statement(world, api_client, django_assert_max_num_queries):
    api = api_client(world.own_tokens()["access_token"])
    api.get("/api/v1/me")
    with django_assert_max_num_queries(1):  # what authentication asks, where there is no lease
        assert api.get("/api/v1/me").status_code == 200
    assert sum(usage.tally._counts.values()) == 2


@pytest.mark.django_db(transaction=True)
def test_counts_are_written_once_a_minute_and_added_up(world, monkeypatch):
    clock = once_a_minute(monkeypatch)
    for seconds, expected in ((10, 0), (51, 2), (30, 2), (31, 4)):
        usage.count(world.sync.pk)
        clock[0] += seconds
        usage.tally.write_if_due()
        assert sum(UsageDay.objects.values_list("requests", flat=True)) == expected
    assert usage.of_last_days(world.sync)[-1][1] == 4
    assert len(usage.of_last_days(world.sync)) == 14


@pytest.mark.django_db(transaction=True)
def test_an_integration_that_is_gone_fails_nothing(world, monkeypatch):
    clock = once_a_minute(monkeypatch)
    usage.count(world.sync.pk)
    world.sync.delete()
    clock[0] += 61
    usage.tally.write_if_due()
    assert not UsageDay.objects.exists()
    assert not usage.tally._counts


@pytest.mark.django_db(transaction=True)
def test_what_was_written_before_the_database_went_away_is_not_written_again(world, monkeypatch):
    clock, add = once_a_minute(monkeypatch), usage._add

    def once(*args):
        add(*args)
        monkeypatch.setattr(usage, "_add", gone)

    def gone(*args):
        raise OperationalError

    usage.count(world.sync.pk)
    usage.count(world.export.pk)
    monkeypatch.setattr(usage, "_add", once)
    clock[0] += 61
    usage.tally.write_if_due()
    monkeypatch.setattr(usage, "_add", add)
    clock[0] += 61
    usage.tally.write_if_due()
    assert list(UsageDay.objects.values_list("requests", flat=True)) == [1, 1]


@pytest.mark.django_db
def test_nothing_is_written_inside_somebodys_transaction(world, monkeypatch, django_assert_num_queries):
    clock = once_a_minute(monkeypatch)
    usage.count(world.sync.pk)
    clock[0] += 61
    assert connection.in_atomic_block
    with django_assert_num_queries(0):
        usage.tally.write_if_due()


@pytest.mark.django_db
def test_purge_forgets_what_no_chart_shows(world):
    today = timezone.now().date()
    for days in (0, 90, 91):
        UsageDay.objects.create(integration=world.sync, day=today - timedelta(days=days), requests=1)
    call_command("purge", stdout=StringIO())
    assert UsageDay.objects.count() == 2
