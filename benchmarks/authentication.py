"""One API request authenticated, in process: with us, revocation included, and with each rival."""

import itertools
from typing import Any

from django.http import HttpRequest
from rest_framework.request import Request

from benchmarks import costs, figures, progress, rivals, rounds, world
from benchmarks.rounds import Act, Series
from benchmarks.tables import NO_GOAL, Goal, number, table

OURS = rivals.OURS.label
BASE = rivals.STATELESS.label
GOALS = {OURS: Goal(0.10, " x")}


def main() -> None:
    users = world.people()
    world.blacklist_filled(users)
    credentials = world.credentials(users)
    acts = {rival.label: act(rival, credentials[rival.slug]) for rival in [rivals.OURS, *rivals.BY_TOKEN]}
    progress.say(f"authenticating in process, {len(acts)} ways")
    series = rounds.interleave(acts, rounds=progress.pick(61, 7))
    print("## One API request authenticated, in process\n")
    print(f"{world.SIZE} tokens in rotation; medians of {len(series[BASE].wall)} interleaved rounds.\n")
    print(table(HEADERS, [row(name, series, costs.count(acts[name])) for name in series]))


HEADERS = ["authentication", "us", "CPU us", "x of simplejwt stateless HS256", "SQL", "Redis", "goal", "met"]


def row(name: str, series: dict[str, Series], cost: tuple[float, float]) -> list[object]:
    times = figures.ratio(series[name].wall, series[BASE].wall)
    verdict = GOALS[name].judge(times) if name in GOALS else NO_GOAL
    median = (figures.median(series[name].wall), figures.median(series[name].cpu))
    return [name, *map(number, median), number(times), *cost, *verdict]


def act(rival: rivals.Rival, headers: list[str]) -> Act:
    """What a view does before it runs: makes the authenticator, and learns who calls."""
    requests = itertools.cycle([request(header) for header in headers])

    def authenticate() -> None:
        found: Any = rival.authentication().authenticate(next(requests))
        assert found and found[0].is_authenticated

    return authenticate


def request(header: str) -> Request:
    django = HttpRequest()
    django.method = "GET"
    django.path = "/api/v1/me"
    django.META |= {"HTTP_AUTHORIZATION": header, "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "127.0.0.1"}
    return Request(django)
