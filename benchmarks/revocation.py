"""From `revoke()` called to refused by all of eight workers, confirmations included; and what happens without Redis.

Requests that begin after `revoke()` has returned are counted, and so are those of them that were let in: 0 of all.
"""

import contextlib
import random
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

from accounts import revocation as act
from accounts.models import Cause, User
from accounts.revocation import Scope
from benchmarks import figures, load, nodes, pace, progress, servers, world
from benchmarks.load import Server
from benchmarks.pace import Pace
from benchmarks.tables import Goal, number, table
from benchmarks.watch import Seen, Watch, ask

PACE = 0.1  # seconds between two questions to one node, until revoke() has returned: the machine has room
WARMING = 10  # revocations that are not counted: connections, plans and caches as in a server that has run for a while
AFTERWARDS = 0.06  # seconds for which every node is asked without pause once revoke() has returned


@dataclass
class Trials:
    called_ms: list[float] = field(default_factory=list)  # from the call to its return
    confirmed_ms: list[float] = field(default_factory=list)  # from the call to the last confirmation
    last_let_in_ms: list[float] = field(default_factory=list)  # from the call to the last request that was let in
    after: int = 0  # requests begun after the return
    let_in: int = 0  # ... and answered 2xx
    incomplete: int = 0  # receipts
    fenced: int = 0

    def add(self, called: float, returned: float, receipt: Any, seen: list[Seen]) -> None:
        self.called_ms.append((returned - called) * 1000)
        self.confirmed_ms.append(max((one["ms"] for one in receipt["confirmed"]), default=0.0))
        let_in = [one.began for one in seen if 200 <= one.status < 300]
        self.last_let_in_ms.append((max(let_in, default=called) - called) * 1000)
        self.after += sum(one.began >= returned for one in seen)
        self.let_in += sum(began >= returned for began in let_in)
        self.incomplete += not receipt["complete"]
        self.fenced += len(receipt["fenced"])


def main() -> None:
    print("## From revoke() to refused, on eight workers\n")
    before = pace.measure()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        redis = Redis(folder)
        stack.callback(redis.stop)
        settings.REDIS_URL = redis.url
        cluster = stack.enter_context(nodes.eight(REDIS_URL=redis.url))
        victims = Victims(progress.pick(320, 60))
        nodes.wait_for_leases(cluster, victims.next()[1])
        watch = stack.enter_context(Watch([node.url for node in cluster]))
        trials(cluster, watch, victims, WARMING, "to warm up")
        room = trials(cluster, watch, victims, progress.pick(150, 20), "with room")
        with saturated(cluster, victims.next()[1]):
            full = trials(cluster, watch, victims, progress.pick(120, 15), "saturated")
        redis.stop()
        down = trials(cluster, watch, victims, progress.pick(8, 2), "Redis down")
        redis.start()
        empty = trials(cluster, watch, victims, progress.pick(8, 2), "Redis back, empty")
    rows = {"with room": room, "saturated": full, "Redis down": down, "Redis restarted empty": empty}
    print(
        "A user's everything is revoked; every node is asked for their token meanwhile. ms from the call of revoke().\n"
    )
    print(table(HEADERS, [_row(name, one) for name, one in rows.items()]))
    measured_at = pace.between(before, pace.measure())
    print(measured_at)
    print(table(pace.HEADERS, _goals_in_time(rows, measured_at)))
    print(table(["goal", "measured", "wanted", "met"], _goals(rows)))


HEADERS = ["", "trials", "last of 8 confirmed p50", "p99", "revoke() returned p50", "p99"]
HEADERS += [
    "last request let in p50",
    "p99",
    "begun after the return",
    "of them let in",
    "fenced",
    "incomplete receipts",
]


class Redis:
    """On one port, so that it can come back."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._port = folder, servers.free_port()
        self.start()

    def start(self) -> None:
        self._running = contextlib.ExitStack()
        self.url = self._running.enter_context(servers.redis(self._folder, self._port))

    def stop(self) -> None:
        self._running.close()


class Victims:
    """People with a session and a grant each, to be revoked one after the other."""

    def __init__(self, count: int) -> None:
        users = world.people(count)
        self._left = list(zip(users, world.access_tokens(users), strict=True))
        world.session_keys(users, "accounts.sessions")

    def next(self) -> tuple[User, str]:
        return self._left.pop()


def trials(cluster: list[Server], watch: Watch, victims: Victims, count: int, what: str) -> Trials:
    progress.say(f"revoking {count} times, {what}")
    done = Trials()
    for _ in range(count):
        user, token = victims.next()
        assert {ask(node.url, token) for node in cluster} == {200}
        watch.watch(token, PACE)
        time.sleep(random.uniform(0.03, 0.08))
        called = time.monotonic()
        revoked = act.revoke(Scope(user=user), cause=Cause.SIGNED_OUT_EVERYWHERE)
        returned = time.monotonic()
        watch.watch(token, 0)
        time.sleep(AFTERWARDS)
        done.add(called, returned, revoked.receipt, watch.stop())
    return done


@contextlib.contextmanager
def saturated(cluster: list[Server], token: str) -> Iterator[None]:
    """wrk asks every node without pause, with somebody else's token."""
    if not load.has_wrk():
        print(load.NO_WRK)
    command = ["wrk", "--threads", "1", "--connections", "1", "--duration", "600s"]
    command += ["--header", f"Authorization: Bearer {token}"]
    quiet = subprocess.DEVNULL
    running = [
        subprocess.Popen([*command, f"{node.url}/api/v1/me"], stdout=quiet, stderr=quiet, start_new_session=True)
        for node in (cluster if load.has_wrk() else [])
    ]
    try:
        time.sleep(0.5)
        yield
    finally:
        for one in running:
            one.kill()


def _row(name: str, one: Trials) -> list[object]:
    pairs = [one.confirmed_ms, one.called_ms, one.last_let_in_ms]
    percentiles = [number(figures.percentile(values, rank)) for values in pairs for rank in (50, 99)]
    return [name, len(one.called_ms), *percentiles, one.after, one.let_in, one.fenced, one.incomplete]


def _goals_in_time(rows: dict[str, Trials], measured_at: Pace) -> list[list[object]]:
    room, full = rows["with room"].confirmed_ms, rows["saturated"].confirmed_ms
    return [
        measured_at.row("with room: last of 8 confirmed, p50 ms", figures.percentile(room, 50), Goal(5)),
        measured_at.row("with room: last of 8 confirmed, p99 ms", figures.percentile(room, 99), Goal(10)),
        measured_at.row("saturated: last of 8 confirmed, p99 ms", figures.percentile(full, 99), Goal(50)),
    ]


def _goals(rows: dict[str, Trials]) -> list[list[object]]:
    """Those that no machine's pace excuses."""
    poll = settings.REVOCATION_POLL_SECONDS * 1000
    wanted: list[tuple[str, float, float]] = [
        ("begun after revoke() returned, and let in, everywhere", sum(one.let_in for one in rows.values()), 0)
    ]
    wanted += [
        (f"{name}: last request let in, ms (one poll)", max(rows[name].last_let_in_ms), poll)
        for name in ("Redis down", "Redis restarted empty")
    ]
    return [[text, number(value), *Goal(limit).judge(value)] for text, value, limit in wanted]
