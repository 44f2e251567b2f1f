"""Counts in memory, and hands the sums over to be written: every so often, and when the process ends.

A count costs an addition and no I/O. A process that is killed loses what it has not written, and one whose database is
away what is more than may be kept: counts give way to everything else, and fail nothing.
"""

import atexit
import logging
import math
import os
import time
from collections import Counter
from collections.abc import Callable
from threading import Lock, Timer
from typing import Generic, TypeVar

from django.db import Error, connection

log = logging.getLogger(__name__)
Key = TypeVar("Key")


class Tally(Generic[Key]):
    """`write` is handed the sums `every` so many seconds at most, or sooner when there are `most` keys."""

    def __init__(self, write: Callable[[Counter[Key]], None], *, every: float, most: float = math.inf) -> None:
        self._write, self._every, self._most = write, every, most
        self._timer: Timer | None = None
        self._begin()
        # Also in processes that are forked from this one: each has counts of its own.
        atexit.register(self._write_what_is_left)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._lock = Lock()  # somebody else's thread may have held the one of before
        self._counts: Counter[Key] = Counter()
        self._written_at = -math.inf

    def forget(self) -> None:
        """Drops what was counted and not written. For tests."""
        self._begin()
        if self._timer:
            self._timer.cancel()

    def count(self, key: Key) -> None:
        with self._lock:
            self._counts[key] += 1

    def write_if_due(self) -> None:
        """Never inside somebody's transaction: a count that cannot be written must not undo what else is in it."""
        is_due = time.monotonic() - self._written_at >= self._every or len(self._counts) >= self._most
        if is_due and not connection.in_atomic_block:
            self._write_all()

    def write_in_time(self) -> None:
        """Now if that is due; else soon, in a thread of its own, whether anybody comes by again or not."""
        self.write_if_due()
        with self._lock:
            if self._counts and not (self._timer and self._timer.is_alive()):  # as after a fork
                self._timer = Timer(self._every, self._write_what_is_left)
                self._timer.daemon = True
                self._timer.start()

    def _write_all(self) -> None:
        with self._lock:
            taken, self._counts = self._counts, Counter()
            if not taken:
                return
            self._written_at = time.monotonic()
            self._timer = None  # what is counted from here on needs another one
        try:
            self._write(taken)
        except Error as error:
            log.warning("Counts were not written: %s", error)
            with self._lock:
                if len(self._counts) + len(taken) < self._most:
                    self._counts.update(taken)

    def _write_what_is_left(self) -> None:
        self._write_all()
        connection.close()
