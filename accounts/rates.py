"""How often something may be done: settings.RATES, counted exactly however many ask at once.

Counted in Redis, in one round trip; in this process's memory without Redis, or while it is away: then each worker
counts by itself, nobody is locked out, and nobody may guess without end. What is counted is who asks, never only whom
it is about, so that nobody can use up somebody else's share: a victim is not locked out by whoever attacks them.
"""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from limits.storage import MemoryStorage, RedisStorage
from redis.exceptions import RedisError

LEFT_ALONE = 5.0  # seconds that Redis is not asked again after it has failed
TIMEOUT = 0.25  # seconds


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


class _Counters:
    """One number a key. Redis counts for all workers; the memory is this process's own."""

    def __init__(self) -> None:
        self._memory = MemoryStorage()
        self._lock = threading.Lock()
        self._redis = _redis()
        self._away_until = float("-inf")

    def add(self, key: str, seconds: int) -> int:
        """The number after adding one."""
        if self._redis and time.monotonic() >= self._away_until:
            try:
                return self._redis.incr(key, seconds)
            except RedisError:
                self._away_until = time.monotonic() + LEFT_ALONE
        with self._lock:
            return self._memory.incr(key, seconds)

    def read(self, keys: list[str]) -> list[int]:
        if self._redis and time.monotonic() >= self._away_until:
            try:
                found = self._redis.storage.mget([self._redis.prefixed_key(key) for key in keys])
                return [int(number or 0) for number in found]
            except RedisError:
                self._away_until = time.monotonic() + LEFT_ALONE
        return [self._memory.get(key) for key in keys]


def hit(name: str, *who: object) -> Standing:
    """Counts one. Raises TooMany once the share is used up."""
    quota, seconds, key, reset = _window(name, who)
    count = _counters().add(key, seconds)
    standing = Standing(name, quota, seconds, max(0, quota - count), reset)
    if count > quota:
        raise TooMany(standing)
    return standing


def check(*shares: tuple[object, ...]) -> None:
    """Counts nothing. Raises TooMany where one of these is used up: for failures, counted when they happen.

    Each share is a name with who: `check(("client-failures", source, client), ("source-failures", source))`.
    """
    windows = [(str(name), *_window(str(name), who)) for name, *who in shares]
    counts = _counters().read([key for _, _, _, key, _ in windows])
    for (name, quota, seconds, _, reset), count in zip(windows, counts, strict=True):
        if count >= quota:
            raise TooMany(Standing(name, quota, seconds, 0, reset))


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


def _redis() -> RedisStorage | None:
    if not settings.REDIS_URL:
        return None
    url = settings.REDIS_URL.replace("unix://", "redis+unix://", 1)
    return RedisStorage(url, key_prefix="portcullis:rates", socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT)


def _window(name: str, who: Iterable[object]) -> tuple[int, int, str, int]:
    """Quota, seconds, key and the seconds until the window ends. Windows begin at the same moments on every worker."""
    quota, seconds = settings.RATES[name]
    number, passed = divmod(int(time.time()), seconds)
    return quota, seconds, ":".join([name, *map(str, who), str(number)]), seconds - passed
