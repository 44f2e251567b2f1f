"""How often something may be done: settings.RATES, counted exactly however many ask at once.

Counted in Redis, in one round trip; in this process's memory without Redis, or while it is away: then each worker
counts by itself, nobody is locked out, and nobody may guess without end. What is counted is who asks, never only whom
it is about, so that nobody can use up somebody else's share: a victim is not locked out by whoever attacks them.
"""

import os
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from django.conf import settings
from limits.storage import MemoryStorage, RedisStorage
from redis.exceptions import RedisError

LEFT_ALONE = 5.0  # seconds that Redis is not asked again after it has failed
TIMEOUT = 0.25  # seconds

Share = tuple[object, ...]  # a name of settings.RATES, and whose it is


@dataclass(frozen=True)
class Standing:
    """Where somebody stands in the present window. `reset` is in seconds."""

    name: str
    quota: int
    window: int
    remaining: int
    reset: int


class TooMany(Exception):
    """The share of this window is used up. Its argument is the Standing."""

    def __init__(self, standing: Standing) -> None:
        super().__init__(standing)
        self.standing = standing


# Adds one to the first key, which ends with its window, and reads the others.
COUNT = """
local counts = {redis.call('INCR', KEYS[1])}
if counts[1] == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
for i = 2, #KEYS do counts[i] = tonumber(redis.call('GET', KEYS[i]) or 0) or 0 end
return counts
"""


class _Counters:
    """One number a key. Redis counts for all workers; the memory is this process's own."""

    def __init__(self) -> None:
        self._memory = MemoryStorage()
        self._lock = threading.Lock()
        self._redis = _redis()
        self._count = self._redis.storage.register_script(COUNT) if self._redis else None
        self._away_until = float("-inf")

    def add(self, keys: list[str], seconds: int) -> list[int]:
        """The numbers of all after adding one to the first. One round trip."""
        if self._redis and self._count and time.monotonic() >= self._away_until:
            try:
                return list(self._count([self._redis.prefixed_key(key) for key in keys], [seconds]))
            except RedisError:
                self._away_until = time.monotonic() + LEFT_ALONE
        with self._lock:
            return [self._memory.incr(keys[0], seconds), *map(self._memory.get, keys[1:])]


def hit(name: str, *who: object, unless: Iterable[Share] = ()) -> Standing:
    """Counts one. Raises TooMany once the share is used up, or one of `unless` is.

    Those are looked at alone: shares of failures, which are counted when they happen.
    """
    asked = [_window(name, who), *(_window(str(other), whose) for other, *whose in unless)]
    counts = _counters().add([window.key for window in asked], asked[0].seconds)
    for window, count in zip(asked[1:], counts[1:], strict=True):
        if count >= window.quota:
            raise TooMany(window.standing(count))
    if counts[0] > asked[0].quota:
        raise TooMany(asked[0].standing(counts[0]))
    return asked[0].standing(counts[0])


def forget() -> None:
    """Starts this process's counting anew."""
    global _kept
    _kept = None


_kept: _Counters | None = None
_making = threading.Lock()


def _counters() -> _Counters:
    return _kept or _make()


def _make() -> _Counters:
    global _kept
    with _making:
        if _kept is None:
            _kept = _Counters()
        return _kept


def _after_fork() -> None:
    global _making
    _making = threading.Lock()  # somebody else's thread may have held it
    forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _redis() -> RedisStorage | None:
    if not settings.REDIS_URL:
        return None
    url = settings.REDIS_URL.replace("unix://", "redis+unix://", 1)
    return RedisStorage(url, key_prefix="portcullis:rates", socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT)


class _Window(NamedTuple):
    name: str
    quota: int
    seconds: int
    key: str
    reset: int

    def standing(self, count: int) -> Standing:
        return Standing(self.name, self.quota, self.seconds, max(0, self.quota - count), self.reset)


def _window(name: str, who: Iterable[object]) -> _Window:
    """The present one. Windows begin at the same moments on every worker."""
    quota, seconds = settings.RATES[name]
    number, passed = divmod(int(time.time()), seconds)
    return _Window(name, quota, seconds, ":".join([name, *map(str, who), str(number)]), seconds - passed)
