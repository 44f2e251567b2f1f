"""What Redis holds of the rates may be anything, and is not asked each time. Not run on SQLite, beside which the tests
start no Redis."""

import contextlib
import time

import pytest
import time_machine
from redis.connection import AbstractConnection

from accounts import rates
from accounts.tests.races import together
from integrations.tests.test_rates import own

LARGE = 50_000


@pytest.fixture
def asked(monkeypatch):
    """How often Redis was."""
    asked = []
    send = AbstractConnection.send_packed_command
    monkeypatch.setattr(
        AbstractConnection, "send_packed_command", lambda *args, **kwargs: (asked.append(1), send(*args, **kwargs))[1]
    )
    return asked


@pytest.fixture
def large(settings):
    settings.RATES = {"client": (LARGE, 60), "client-failures": (3, 60), "source-failures": (6, 60)}


@pytest.mark.django_db
def test_a_redis_that_holds_no_number_stops_nobody(world, client):
    counters, share = rates._counters()._redis, ("client-failures", "127.0.0.1", str(world.export.pk))
    counters.storage.set(counters.prefixed_key(rates._window(share[0], share[1:]).key), "junk", ex=60)
    assert own(client, world).status_code == 200


def test_of_a_large_share_some_is_in_reserve_and_costs_no_round_trip(large, asked):
    standings = [rates.hit("client", "x") for _ in range(1000)]
    assert [standing.remaining for standing in standings] == [LARGE - n for n in range(1, 1001)]
    assert len(asked) < 1000 / 20


def test_whoever_asks_once_at_each_of_many_places_loses_nothing(large):
    for place in range(50):
        rates.hit("client", "x", unless=[("client-failures", place)])
    rates.forget()  # as another worker
    assert rates.hit("client", "x").remaining == LARGE - 51


def test_many_workers_let_through_no_more_than_the_share_and_hardly_less(settings, monkeypatch):
    settings.RATES = {"client": (3000, 600)}
    workers = [rates._Counters() for _ in range(4)]
    passed = 0
    for turn in range(3600):  # uneven: the last is asked a third as often as the others
        monkeypatch.setattr(rates, "_kept", workers[(turn % 10) // 3])
        passed += _is_let_through()
    assert 2990 <= passed <= 3000


def test_threads_let_through_exactly_the_share(settings):
    settings.RATES = {"client": (4000, 600)}

    def ask():
        return sum(_is_let_through() for _ in range(600))

    assert sum(together(8, ask)) == 4000


def _is_let_through():
    try:
        rates.hit("client", "x")
    except rates.TooMany:
        return False
    return True


def test_what_is_in_reserve_ends_with_its_window(large):
    for _ in range(100):
        standing = rates.hit("client", "x")
    with time_machine.travel(time.time() + standing.reset):
        assert rates.hit("client", "x").remaining == LARGE - 1


def test_nothing_is_in_reserve_for_whoever_has_failed_too_often(large):
    for _ in range(3):
        rates.hit("client-failures", "here", "x")
    for _ in range(30):
        with pytest.raises(rates.TooMany):
            rates.hit("client", "x", unless=[("client-failures", "here", "x")])


def test_whoever_fails_too_often_is_found_out_once_the_reserve_is_used_up(large):
    unless = [("client-failures", "here", "x")]
    for _ in range(200):
        rates.hit("client", "x", unless=unless)
    for _ in range(3):
        rates.hit("client-failures", "here", "x")
    with pytest.raises(rates.TooMany):
        for _ in range(LARGE // 1000):
            rates.hit("client", "x", unless=unless)


def test_whoever_is_refused_again_and_again_uses_up_one_place_each_time(large):
    unless = [("client-failures", "here", "x")]
    for _ in range(200):
        last = rates.hit("client", "x", unless=unless)
    for _ in range(3):
        rates.hit("client-failures", "here", "x")
    for _ in range(LARGE // 1000 + 100):
        with contextlib.suppress(rates.TooMany):
            rates.hit("client", "x", unless=unless)
    assert last.remaining - rates.hit("client", "x").remaining < 3 * LARGE // 1000 + 100
