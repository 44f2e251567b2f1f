"""The token endpoint and introspection: requests a second a core, p99 and SQL, beside simplejwt and the toolkit."""

import contextlib
import random
import tempfile
from collections.abc import Callable, Iterator
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
    with contextlib.ExitStack() as stack:
        load_once = stack.enter_context(_loading())
        progress.say(f"token endpoints, {len(endpoints)} ways")
        loads = _rounds(endpoints, load_once, progress.pick(3, 1) + 1)
        loads = {name: rounds[1:] for name, rounds in loads.items()}  # the first one warms
        # The goals are about pairs, and finer than the rest: they get rounds of their own.
        pairs = _pairs(endpoints, loads)
        progress.say("ours and the best rival alone")
        closer = [_rounds(pair, load_once, progress.pick(9, 2)) for pair in pairs]
    ours.take_lease()  # as the workers have one
    statements = {one.name: costs.count(_asking(one, ASKED + 1), calls=ASKED)[0] for one in endpoints if one.rotates}
    print("gunicorn, 2 sync workers, wrk with 8 connections. A core's requests: for a second of the workers' CPU.")
    print(f"Medians of {len(loads[endpoints[0].name])} interleaved rounds of {SECONDS} s.\n")
    print(table(HEADERS, [_row(name, loads[name], statements.get(name, "")) for name in loads]))
    print(issuing.NOTES)
    print(f"Ours and the best rival that does what it does, alone, {len(closer[0][pairs[0][0].name])} more rounds:\n")
    print(table(BESIDE, [_judged(pair, rounds) for pair, rounds in zip(pairs, closer, strict=True)]))
    print("Ours beside the best that does less:\n")
    print(table(BESIDE[:2] + BESIDE[4:5], _beside_less(endpoints, loads)))
    for name, count in statements.items():
        if name == issuing.OUR_REFRESH:
            print(table(["ours", "SQL", "goal", "met"], [["refresh", count, *MOST_SQL.judge(count)]]))


@contextlib.contextmanager
def _loading() -> Iterator[Callable[[Endpoint], Load]]:
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        rotating, stock = stack.enter_context(load.serving()), stack.enter_context(load.serving(BENCH_ROTATES="false"))
        yield lambda one: _load(one, rotating if one.rotates else stock, folder)


def _rounds(endpoints: list[Endpoint], load_once: Callable[[Endpoint], Load], count: int) -> dict[str, list[Load]]:
    loads: dict[str, list[Load]] = {one.name: [] for one in endpoints}
    for _ in range(count):
        for one in random.sample(endpoints, len(endpoints)):
            loads[one.name].append(load_once(one))
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


def _pairs(endpoints: list[Endpoint], loads: dict[str, list[Load]]) -> list[list[Endpoint]]:
    """Each of ours with the rival that comes closest of those who do what it does."""
    ours = [one for one in endpoints if one.is_ours]
    return [[mine, _closest(mine, _rivals(mine, endpoints, does_as_much=True), loads)] for mine in ours]


def _rivals(mine: Endpoint, endpoints: list[Endpoint], *, does_as_much: bool) -> list[Endpoint]:
    return [one for one in endpoints if one.act == mine.act and not one.is_ours and one.rotates == does_as_much]


def _closest(mine: Endpoint, rivals: list[Endpoint], loads: dict[str, list[Load]]) -> Endpoint:
    return min(rivals, key=lambda rival: _ratio(loads, rival, mine, "cpu_us"))


def _judged(pair: list[Endpoint], loads: dict[str, list[Load]]) -> list[object]:
    mine, rival = pair
    # Requests a core are the inverse of CPU a request.
    times, slower = _ratio(loads, rival, mine, "cpu_us"), _ratio(loads, mine, rival, "p99_ms")
    name = f"{mine.act}, beside {rival.name}"
    return [name, number(times), *AHEAD.judge(times), number(slower), *NO_SLOWER.judge(slower)]


def _beside_less(endpoints: list[Endpoint], loads: dict[str, list[Load]]) -> list[list[object]]:
    rows: list[list[object]] = []
    for mine in [one for one in endpoints if one.is_ours]:
        for rival in _rivals(mine, endpoints, does_as_much=False):
            ratios = _ratio(loads, rival, mine, "cpu_us"), _ratio(loads, mine, rival, "p99_ms")
            rows.append([f"{mine.act}, beside {rival.name}", *map(number, ratios)])
    return rows


def _ratio(loads: dict[str, list[Load]], one: Endpoint, other: Endpoint, what: str) -> float:
    return figures.ratio(*([getattr(load, what) for load in loads[each.name]] for each in (one, other)))
