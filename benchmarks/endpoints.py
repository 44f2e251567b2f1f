"""The token endpoint and introspection: requests a second a core, p99 and SQL, beside simplejwt and the toolkit."""

import contextlib
import random
import tempfile
from collections.abc import Callable
from pathlib import Path

from django.test import Client

from benchmarks import costs, figures, issuing, load, ours, progress
from benchmarks.issuing import Endpoint
from benchmarks.load import Load, Server
from benchmarks.tables import Goal, number, table

SECONDS = progress.pick(2, 1)
ASKED = 5  # times that statements are counted
HEADERS = ["endpoint", "requests/s", "requests/s a core", "CPU us", "p50 ms", "p99 ms", "SQL", "refused"]
BESIDE = ["ours", "x of its requests/s a core", "goal", "met", "x of its p99", "goal", "met"]
AHEAD = Goal(1, " x", least=True)
NO_SLOWER = Goal(1, " x")
MOST_SQL = Goal(6, " SQL")


def main() -> None:
    print("## Token endpoint and introspection\n")
    if not load.has_wrk():
        print(load.NO_WRK)
        return
    endpoints = issuing.endpoints()
    loads = _measure(endpoints)
    ours.take_lease()  # as the workers have one
    statements = {one.name: costs.count(_asking(one, ASKED + 1), calls=ASKED)[0] for one in endpoints if one.rotates}
    print("gunicorn, 2 sync workers, wrk with 8 connections. A core's requests: for a second of the workers' CPU.")
    print(f"Medians of {len(loads[endpoints[0].name])} interleaved rounds of {SECONDS} s.\n")
    print(table(HEADERS, [_row(name, loads[name], statements.get(name, "")) for name in loads]))
    print(issuing.NOTES)
    print("Ours beside the best rival that does what it does, and beside the best that does less:\n")
    print(table(BESIDE, _beside(endpoints, loads, as_it_comes=False)))
    print(table(BESIDE, _beside(endpoints, loads, as_it_comes=True)))
    for name, count in statements.items():
        if name == issuing.OUR_REFRESH:
            print(table(["ours", "SQL", "goal", "met"], [["refresh", count, *MOST_SQL.judge(count)]]))


def _measure(endpoints: list[Endpoint]) -> dict[str, list[Load]]:
    loads: dict[str, list[Load]] = {one.name: [] for one in endpoints}
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        rotating, stock = stack.enter_context(load.serving()), stack.enter_context(load.serving(BENCH_ROTATES="false"))
        progress.say(f"token endpoints, {len(endpoints)} ways")
        for turn in range(progress.pick(5, 1) + 1):
            for one in random.sample(endpoints, len(endpoints)):
                measured = _load(one, rotating if one.rotates else stock, folder)
                if turn:  # the first one warms
                    loads[one.name].append(measured)
    return loads


def _load(one: Endpoint, server: Server, folder: Path) -> Load:
    """A round, with fresh tokens."""
    file = folder / "lines.txt"
    lines = one.tokens() if one.is_refresh else [one.body(token) for token in one.tokens()]
    file.write_text("\n".join(lines) + "\n")
    if one.is_refresh:
        return load.wrk(server, one.path, "refresh.lua", [str(file), one.prefix, one.suffix], one.headers, SECONDS)
    return load.wrk(server, one.path, "requests.lua", ["POST", str(file), "body"], one.headers, SECONDS)


def _asking(one: Endpoint, times: int) -> Callable[[], None]:
    """In process, with a fresh token each of so many times."""
    headers = {name: value for name, value in one.headers.items() if name != "Content-Type"}
    tokens = iter(one.tokens(times))

    def ask() -> None:
        body = one.body(next(tokens))
        answer = Client().post(one.path, body, one.headers["Content-Type"], headers={**headers, "Host": "127.0.0.1"})
        assert answer.status_code == 200, answer.content

    return ask


def _row(name: str, loads: list[Load], statements: object) -> list[object]:
    return [
        name,
        number(figures.median([one.per_second for one in loads])),
        number(figures.median([1e6 / one.cpu_us for one in loads])),
        number(figures.median([one.cpu_us for one in loads])),
        number(figures.median([one.p50_ms for one in loads])),
        number(figures.median([one.p99_ms for one in loads])),
        statements,
        sum(one.refused for one in loads),
    ]


def _beside(endpoints: list[Endpoint], loads: dict[str, list[Load]], *, as_it_comes: bool) -> list[list[object]]:
    """Ours beside the best of those who do what it does, or of those who do less."""
    rows: list[list[object]] = []
    for mine in [one for one in endpoints if one.is_ours]:
        rivals = [one for one in endpoints if one.act == mine.act and not one.is_ours and one.rotates != as_it_comes]
        if rivals:
            # Requests a core are the inverse of CPU a request.
            times = min(_ratio(loads, rival, mine, "cpu_us") for rival in rivals)
            slower = max(_ratio(loads, mine, rival, "p99_ms") for rival in rivals)
            judged = ("", "", "", "") if as_it_comes else (*AHEAD.judge(times), *NO_SLOWER.judge(slower))
            rows.append([mine.act, number(times), *judged[:2], number(slower), *judged[2:]])
    return rows


def _ratio(loads: dict[str, list[Load]], one: Endpoint, other: Endpoint, what: str) -> float:
    return figures.ratio(*([getattr(load, what) for load in loads[each.name]] for each in (one, other)))
