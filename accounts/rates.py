"""How often something may be done: settings.RATES, and never more often however many ask at once.

Counted in Redis, in one round trip, or in none where a worker holds some of a large share in reserve. Counted in this
process's memory without Redis, or while it is away: then each worker counts by itself, nobody is locked out, and nobody
may guess without end. What is counted is who asks, never only whom it is about, so that nobody can use up somebody
else's share: a victim is not locked out by whoever attacks them.
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

from accounts.reserves import Reserves

LEFT_ALONE = 5.0  # seconds that Redis is not asked again after it has failed
TIMEOUT = 0.25  # seconds
PART = 1000  # of what is left, a worker takes no more than one part of so many into reserve

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


# Takes so many of the first key, which ends with its window, and reads the others: the number up to which it took, how
# many these are, and the numbers of the others. At most a part of what is left, so that little is in reserve in vain,
# and a share that is small or nearly used up is counted one by one.
TAKE = """
local count = tonumber(redis.call('GET', KEYS[1]) or 0) or 0
local taken = math.max(1, math.min(tonumber(ARGV[2]), math.floor((tonumber(ARGV[3]) - count) / ARGV[4])))
local numbers = {redis.call('INCRBY', KEYS[1], taken), taken}
if numbers[1] == taken then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
for i = 2, #KEYS do numbers[i + 1] = tonumber(redis.call('GET', KEYS[i]) or 0) or 0 end
return numbers
"""


class _Counters:
    """One number a key. Redis counts for all workers; the memory is this process's own."""

    def __init__(self) -> None:
        self.reserves = Reserves()
        self._memory = MemoryStorage()
        self._lock = threading.Lock()
        self._redis = _redis()
        self._take = self._redis.storage.register_script(TAKE) if self._redis else None
        self._away_until = float("-inf")

    def take(self, window: "_Window", others: "list[_Window]", wanted: int) -> tuple[list[int], list[int]]:
        """The places in the window that are the caller's now, one at least and so many at most, and the numbers of the
        others. One round trip."""
        if self._redis and self._take and time.monotonic() >= self._away_until:
            try:
                keys = [self._redis.prefixed_key(one.key) for one in (window, *others)]
                last, taken, *numbers = self._take(keys, [window.seconds, wanted, window.quota, PART])
                return list(range(last - taken + 1, last + 1)), numbers
            except RedisError:
                self._away_until = time.monotonic() + LEFT_ALONE
        with self._lock:
            return [self._memory.incr(window.key, window.seconds)], [self._memory.get(other.key) for other in others]


def hit(name: str, *who: object, unless: Iterable[Share] = ()) -> Standing:
    """Counts one. Raises TooMany once the share is used up, or one of `unless` is.

    Those are looked at alone: shares of failures, which are counted when they happen. Whoever has been let through is
    looked at again when what is in reserve for them is used up, or the window over.
    """
    unless = list(unless)
    window, share = _window(name, who), (name, who, *unless)
    place = _counters().reserves.next(share, window.number)
    if place is None:
        place = _take(window, share, unless)
    if place > window.quota:
        raise TooMany(window.standing(place))
    return window.standing(place)


def _take(window: "_Window", share: object, unless: list[Share]) -> int:
    counters, others = _counters(), [_window(str(name), who) for name, *who in unless]
    (place, *more), numbers = counters.take(window, others, counters.reserves.wanted(share, window.number))
    for other, number in zip(others, numbers, strict=True):
        if number >= other.quota:
            counters.reserves.forget(share)  # who is refused again and again uses up one place each time
            raise TooMany(other.standing(number))
    if window.quota > PART:
        counters.reserves.keep(share, window.number, more)
    return place


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
    number: int
    key: str
    reset: int

    def standing(self, count: int) -> Standing:
        return Standing(self.name, self.quota, self.seconds, max(0, self.quota - count), self.reset)


def _window(name: str, who: Iterable[object]) -> _Window:
    """The present one. Windows begin at the same moments on every worker."""
    quota, seconds = settings.RATES[name]
    number, passed = divmod(int(time.time()), seconds)
    return _Window(name, quota, seconds, number, ":".join([name, *map(str, who), str(number)]), seconds - passed)
