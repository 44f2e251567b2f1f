"""One API request authenticated, in process: with us, revocation included, and with each rival."""

import itertools
from functools import partial
from typing import Any

from django.http import HttpRequest
from rest_framework.request import Request

from benchmarks import costs, figures, ours, progress, rivals, rounds, world
from benchmarks.rounds import Act, Series
from benchmarks.tables import Goal, number, table

BASE = rivals.STATELESS.label
HEADERS = ["authentication", "us", "CPU us", "x of simplejwt stateless HS256", "x CPU", "SQL", "Redis"]


def main() -> None:
    users = world.people()
    world.blacklist_filled(users)
    credentials = world.credentials(users)
    acts = ours.states(users, partial(act, rivals.OURS))
    acts |= {rival.label: act(rival, credentials[rival.slug]) for rival in rivals.BY_TOKEN}
    progress.say(f"authenticating in process, {len(acts)} ways")
    series = rounds.interleave(acts, rounds=progress.pick(61, 11))
    print("## One API request authenticated, in process\n")
    print(f"{world.SIZE} tokens in rotation; medians of {len(series[BASE].wall)} interleaved rounds.\n")
    print(table(HEADERS, [_row(name, series, costs.count(acts[name])) for name in series]))
    print(table(["goal", "measured", "wanted", "met"], _goals(series)))


def act(rival: rivals.Rival, headers: list[str]) -> Act:
    """What a view does before it runs: makes the authenticator, and learns who calls."""
    requests = itertools.cycle([_request(header) for header in headers])

    def authenticate() -> None:
        found: Any = rival.authentication().authenticate(next(requests))
        assert found and found[0].is_authenticated

    return authenticate


def _request(header: str) -> Request:
    django = HttpRequest()
    django.method = "GET"
    django.path = "/api/v1/me"
    django.META |= {"HTTP_AUTHORIZATION": header, "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "127.0.0.1"}
    return Request(django)


def _row(name: str, series: dict[str, Series], cost: tuple[float, float]) -> list[object]:
    mine, base = series[name], series[BASE]
    ratios = (figures.ratio(mine.wall, base.wall), figures.ratio(mine.cpu, base.cpu))
    return [name, *map(number, (figures.median(mine.wall), figures.median(mine.cpu), *ratios)), *cost]


def _goals(series: dict[str, Series]) -> list[list[object]]:
    """Ours, the rival it is held against, and the limit. By CPU where neither waits: that is the time, undisturbed."""
    of = "of simplejwt stateless"
    wanted = [(f"seen before, ES256, {of} HS256", ours.seen("ES256"), BASE, 0.10)]
    for algorithm in ours.ALGORITHMS:
        same = rivals.STATELESS_BY_ALGORITHM[algorithm].label
        wanted.append((f"first time, {algorithm}, {of} {algorithm}", ours.first(algorithm), same, 1.05))
    wanted.append(("without a lease, of simplejwt as it comes", ours.NO_LEASE, rivals.DEFAULT.label, 0.5))
    rows: list[list[object]] = []
    for text, name, base, limit in wanted:
        waits = name == ours.NO_LEASE
        mine, rival = series[name], series[base]
        ratio = figures.ratio(mine.wall, rival.wall) if waits else figures.ratio(mine.cpu, rival.cpu)
        rows.append([text, number(ratio), *Goal(limit).judge(ratio)])
    return rows
