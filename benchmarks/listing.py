"""The revocation list in a worker: what look-ups cost with more entries, its memory, its start, its thread at rest."""

import gc
import threading
import time

import psutil
from django.db import connection

from accounts.revocation.list import RevocationList
from accounts.revocation.worker import Keeper
from benchmarks import authentication, figures, ours, progress, rivals, rounds, world
from benchmarks.rounds import Act
from benchmarks.tables import Goal, number, table

SIZES = (0, 1_000, 100_000)
REST = progress.pick(8, 3)  # seconds


def main() -> None:
    users = world.people()
    headers = ours.credentials(users, "ES256")
    simplejwt = world.credentials(users)[rivals.STATELESS.slug]
    acts = {"ours": authentication.act(rivals.OURS, headers), "base": authentication.act(rivals.STATELESS, simplejwt)}
    print("## The revocation list in a worker\n")
    ours.take_lease()
    rest = [_rest(0)]
    _look_ups(acts)
    rest.append(_rest(SIZES[-1]))
    print(table(["the thread at rest, entries", "ms of CPU a second", "goal", "met"], rest))
    _start(SIZES[-1])


def _look_ups(acts: dict[str, Act]) -> None:
    rows: list[list[object]] = []
    first = 0.0
    for size in SIZES:
        _fill(size)
        ours.take_lease(size)
        progress.say(f"authenticating with {size:,} entries")
        series = rounds.interleave(acts, rounds=progress.pick(61, 11))
        ratio = figures.ratio(series["ours"].cpu, series["base"].cpu)
        first = first or ratio
        same = number(ratio / first)
        rows.append([f"{size:,}", number(figures.median(series["ours"].cpu)), number(ratio), same])
        rows[-1] += Goal(1.1).judge(ratio / first)
    headers = ["entries", "CPU us", "x of simplejwt stateless HS256", "x of an empty list", "goal", "met"]
    print("One access token authenticated, seen before, revocation included:\n")
    print(table(headers, rows))


def _fill(size: int) -> None:
    """So many grants that must be refused, none of them anybody's here."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_revocationentry (kind, subject, epoch, created_at) "
            "SELECT 'grant', md5(i::text), 0, now() FROM generate_series(1, %s::int) i "
            "WHERE i > (SELECT count(*) FROM accounts_revocationentry)",
            [size],
        )


def _start(size: int) -> None:
    """A second copy in this process, from nothing to its lease, while another thread works without pause."""
    progress.say(f"starting with {size:,} entries")
    gc.collect()
    before = psutil.Process().memory_info().rss
    copy = RevocationList()
    keeper = Keeper(copy)
    with Busy() as busy:
        time.sleep(0.3)
        busy.longest = 0.0
        began = time.perf_counter()
        keeper.start()
        while not copy.is_leased():
            time.sleep(0.001)
        took = time.perf_counter() - began
    gc.collect()
    megabytes = (psutil.Process().memory_info().rss - before) / 1e6
    keeper.stop()
    rows = [["memory, MB", number(megabytes)], ["bytes an entry", number(megabytes * 1e6 / size)]]
    rows += [["start until its lease, ms", number(took * 1000)]]
    rows += [["longest pause of a busy thread meanwhile, ms", number(busy.longest * 1000)]]
    print(table([f"a worker's copy of {size:,} entries", ""], rows))


class Busy(threading.Thread):
    """Works, and notes the longest time for which it could not."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.longest, self._works = 0.0, True

    def __enter__(self) -> "Busy":
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._works = False
        self.join()

    def run(self) -> None:
        last = time.perf_counter()
        while self._works:
            now = time.perf_counter()
            self.longest, last = max(self.longest, now - last), now


def _rest(entries: int) -> list[object]:
    """Of the whole process, which does nothing else."""
    progress.say(f"the thread at rest, {entries:,} entries")
    time.sleep(1)
    before = time.process_time()
    time.sleep(REST)
    spent = (time.process_time() - before) / REST * 1000
    return [f"{entries:,}", number(spent), *Goal(5).judge(spent)]
