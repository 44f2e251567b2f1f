"""The whole server: one view behind every authentication, by gunicorn and wrk. Refusals are counted, and must be 0."""

import contextlib
import functools
import random
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from benchmarks import figures, load, progress, rivals, sessions, world
from benchmarks.load import Load
from benchmarks.tables import NO_GOAL, Goal, number, table

NONE = "no authentication at all"
OURS = rivals.OURS.label
AT_ITS_ADDRESS = f"{OURS}, found at `/api/v1/me`"
OUR_SESSION = "**Portcullis** session"
CPU_GOAL = Goal(1.05, " x CPU")
SECONDS = progress.pick(2, 1)
HEADERS = ["authentication", "requests/s", "x of none", "CPU us a request", "x of none", "p50 ms", "p99 ms", "refused"]
Run = Callable[..., Load]


@dataclass
class Rows:
    runs: dict[str, Run]
    loads: dict[str, list[Load]]

    def once(self, names: list[str]) -> None:
        for name in random.sample(names, len(names)):
            self.loads.setdefault(name, []).append(self.runs[name]())


def main() -> None:
    print("## The whole server\n")
    if not load.has_wrk():
        print(load.NO_WRK)
        return
    with contextlib.ExitStack() as stack:
        rows = Rows(_runs(stack), {})
        progress.say(f"whole servers, {len(rows.runs)} ways")
        for run in rows.runs.values():
            run()  # warm
        for _ in range(progress.pick(4, 1)):
            rows.once(list(rows.runs))
        # The goal is about two of them, and finer than the rest: they get rounds of their own, many and short, since
        # this machine is faster and slower from one second to the next.
        pair = Rows({name: functools.partial(rows.runs[name], seconds=1) for name in (NONE, OURS)}, {})
        for _ in range(progress.pick(45, 3)):
            pair.once([NONE, OURS])
    print(f"gunicorn, 2 sync workers, wrk with 8 connections, {world.SIZE} credentials in rotation, the same view and ")
    print(f"middleware for all; medians of {len(rows.loads[NONE])} interleaved rounds of {SECONDS} s.\n")
    print(table(HEADERS, [_row(name, rows.loads) for name in rows.runs]))
    print(f"Ours and none alone, {len(pair.loads[NONE])} more rounds of 1 s:\n")
    print(
        table([*HEADERS, "goal", "met"], [[*_row(NONE, pair.loads), *NO_GOAL], [*_row(OURS, pair.loads), *_met(pair)]])
    )


def _runs(stack: contextlib.ExitStack) -> dict[str, Run]:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    users = world.people()
    world.blacklist_filled(users)
    credentials = world.credentials(users)
    ours = stack.enter_context(load.serving())

    def run(server: load.Server, path: str, header: str, values: list[str]) -> Run:
        file = folder / f"{uuid.uuid4()}.txt"
        file.write_text("\n".join(values) + "\n")
        return functools.partial(load.rotate, server, path, header, file, seconds=SECONDS)

    runs = {
        NONE: run(ours, "/bench/none", "Authorization", credentials[rivals.OURS.slug]),
        OURS: run(ours, "/bench/ours", "Authorization", credentials[rivals.OURS.slug]),
        AT_ITS_ADDRESS: run(ours, "/api/v1/me", "Authorization", credentials[rivals.OURS.slug]),
    }
    for rival in rivals.LOADED:
        runs[rival.label] = run(ours, f"/bench/{rival.slug}", "Authorization", credentials[rival.slug])
    for name, engine in sessions.ENGINES.items():
        is_ours = name == sessions.OURS
        server = ours if is_ours else stack.enter_context(load.serving(BENCH_SESSION_ENGINE=engine))
        cookies = [f"{settings.SESSION_COOKIE_NAME}={key}" for key in world.session_keys(users, engine)]
        runs[OUR_SESSION if is_ours else f"{name} session"] = run(server, "/bench/session", "Cookie", cookies)
    return runs


def _row(name: str, loads: dict[str, list[Load]]) -> list[object]:
    mine, base = loads[name], loads[NONE]
    return [
        name,
        number(figures.median([one.per_second for one in mine])),
        number(figures.ratio([one.per_second for one in mine], [one.per_second for one in base])),
        number(figures.median([one.cpu_us for one in mine])),
        number(figures.ratio([one.cpu_us for one in mine], [one.cpu_us for one in base])),
        number(figures.median([one.p50_ms for one in mine])),
        number(figures.median([one.p99_ms for one in mine])),
        sum(one.refused for one in mine),
    ]


def _met(pair: Rows) -> list[object]:
    ours, none = ([one.cpu_us for one in pair.loads[name]] for name in (OURS, NONE))
    return [*CPU_GOAL.judge(figures.ratio(ours, none))]
