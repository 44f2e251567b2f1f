"""The token endpoint and introspection: requests a second a core, p99 and SQL, beside simplejwt and the toolkit."""

import contextlib
import random
import tempfile
from functools import partial
from pathlib import Path

from django.test import Client

from benchmarks import costs, figures, issuing, load, progress
from benchmarks.issuing import Endpoint
from benchmarks.load import Load, Server
from benchmarks.tables import Goal, number, table

SECONDS = progress.pick(2, 1)
HEADERS = ["endpoint", "requests/s", "requests/s a core", "CPU us", "p50 ms", "p99 ms", "SQL", "refused"]
AHEAD = Goal(1, " x", least=True)
MOST_SQL = Goal(6, " SQL")


def main() -> None:
    print("## Token endpoint and introspection\n")
    if not load.has_wrk():
        print(load.NO_WRK)
        return
    endpoints = issuing.endpoints()
    loads = _measure(endpoints)
    statements = {one.name: costs.count(partial(_ask, one), calls=5)[0] for one in endpoints if one.rotates}
    print("gunicorn, 2 sync workers, wrk with 8 connections. A core's requests: for a second of the workers' CPU.")
    print(f"Medians of {len(loads[endpoints[0].name])} interleaved rounds of {SECONDS} s.\n")
    print(table(HEADERS, [_row(name, loads[name], statements.get(name, "")) for name in loads]))
    print(table(["ours, requests/s a core", "x of its best rival", "goal", "met"], _ahead(endpoints, loads)))
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


def _ask(one: Endpoint) -> None:
    """Once, in process."""
    headers = {name: value for name, value in one.headers.items() if name != "Content-Type"}
    body = one.body(one.tokens(1)[0])
    answer = Client().post(one.path, body, one.headers["Content-Type"], headers={**headers, "Host": "127.0.0.1"})
    assert answer.status_code == 200, answer.content


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


def _ahead(endpoints: list[Endpoint], loads: dict[str, list[Load]]) -> list[list[object]]:
    rows: list[list[object]] = []
    for ours in [one for one in endpoints if one.is_ours]:
        rivals = [one for one in endpoints if one.act == ours.act and not one.is_ours]
        cpu = [one.cpu_us for one in loads[ours.name]]
        # Requests a core are the inverse of CPU a request.
        times = min(figures.ratio([one.cpu_us for one in loads[rival.name]], cpu) for rival in rivals)
        rows.append([ours.act, number(times), *AHEAD.judge(times)])
    return rows
