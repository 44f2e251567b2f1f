"""The cache: Redis, and this process's own memory while Redis is away.

Sign-in attempts are counted here. Without a fallback a lost Redis would either lock everybody out or let everybody
guess; with it, each worker goes on counting by itself. After a failure Redis is left alone for a moment, so that one
which hangs holds up one request and not all.
"""

import time
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django_redis.cache import RedisCache
from django_redis.exceptions import ConnectionInterrupted
from redis.exceptions import RedisError

LEFT_ALONE = 5.0  # seconds


class RedisOrMemory(RedisCache):  # type: ignore[misc]  # django-redis has no types
    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._memory = LocMemCache("while-redis-is-away", {})
        self._away_until = float("-inf")

    def _either(self, name: str, *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= self._away_until:
            try:
                return getattr(super(), name)(*args, **kwargs)
            except (ConnectionInterrupted, RedisError):
                self._away_until = time.monotonic() + LEFT_ALONE
        return getattr(self._memory, name)(*args, **kwargs)

    def add(self, *args: Any, **kwargs: Any) -> Any:
        return self._either("add", *args, **kwargs)

    def get(self, *args: Any, **kwargs: Any) -> Any:
        return self._either("get", *args, **kwargs)

    def set(self, *args: Any, **kwargs: Any) -> Any:
        return self._either("set", *args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        return self._either("delete", *args, **kwargs)

    def incr(self, *args: Any, **kwargs: Any) -> Any:
        return self._either("incr", *args, **kwargs)

    @property
    def is_away(self) -> bool:
        return time.monotonic() < self._away_until
