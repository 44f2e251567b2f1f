"""What workers and whoever revokes tell each other through Redis: what there is to refuse, and who refuses it.

Nothing is accepted because of what Redis says. It is believed that a process of ours, which signs with our SECRET_KEY,
has committed these entries, and that a worker we know of refuses them since this very announcement, with whatever else
was in the list by then. Without Redis, or with one that loses, delays or forges what it is told, the wait is the lease.
"""

import functools
import json
import logging
import secrets
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import redis
from django.conf import settings
from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.revocation.list import News, Row, State

log = logging.getLogger(__name__)

REPEAT = 0.25  # seconds between announcements while somebody has not answered
MOST_HEARD = 1000  # announcements answered after one reading
TIMEOUT = 0.25  # seconds that a Redis command may take
KEPT = 60  # seconds

_signer = signing.Signer(salt=__name__)


class Announced(NamedTuple):
    """`news` is None where there are too many entries to tell, or not all are known: they are to be read."""

    id: str
    news: News | None


@functools.cache
def _client(url: str) -> redis.Redis:
    """One pool of connections for each process, so that an announcement need not open one."""
    return redis.Redis.from_url(url, decode_responses=True, socket_connect_timeout=TIMEOUT, socket_timeout=TIMEOUT)


class Ear:
    """A worker's side. Every method returns in time whatever Redis does."""

    def __init__(self) -> None:
        self._redis = _client(settings.REDIS_URL)
        self._subscription: Any = None
        self._try_again_at = 0.0

    def wait(self, seconds: float) -> list[Announced]:
        """Waits for an announcement, for so long at most. Returns all that have come, and are ours."""
        until = time.monotonic() + seconds
        if not self._subscribe():
            time.sleep(max(0.0, until - time.monotonic()))
            return []
        heard: list[Announced | None] = []
        try:
            while len(heard) < MOST_HEARD:
                message = self._subscription.get_message(timeout=0 if heard else max(0.0, until - time.monotonic()))
                if message and message["type"] == "message":
                    heard.append(_read(str(message["data"])))
                elif heard or time.monotonic() >= until:
                    break
        except (redis.RedisError, OSError, ValueError) as error:
            self._lost(error)
            time.sleep(max(0.0, until - time.monotonic()))
        return [one for one in heard if one]

    def confirm(self, announcements: list[Announced], worker_id: str) -> None:
        if not announcements:
            return
        try:
            pipeline = self._redis.pipeline(transaction=False)
            for announcement in announcements:
                key = _key(announcement.id)
                pipeline.rpush(key, f"{worker_id} {_signature(announcement.id, worker_id)}")
                pipeline.expire(key, KEPT)
            pipeline.execute()
        except (redis.RedisError, OSError) as error:
            log.warning("Could not confirm a revocation: %s", error)

    def _subscribe(self) -> bool:
        if self._subscription is None and time.monotonic() >= self._try_again_at:
            try:
                subscription = self._redis.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
                subscription.subscribe(channel(self._redis))
                self._subscription = subscription
            except (redis.RedisError, OSError) as error:
                self._lost(error)
        return self._subscription is not None

    def _lost(self, error: Exception) -> None:
        log.warning("Redis is away; revocations are read from the database at each poll: %s", error)
        self._subscription = None
        self._try_again_at = time.monotonic() + 1


class Announcement:
    """The revoker's side: one act, announced until all have answered or the time is up."""

    def __init__(self, news: News | None) -> None:
        self.id = secrets.token_hex(16)
        self._message = _signer.sign(json.dumps([self.id, news]))
        self._redis = _client(settings.REDIS_URL) if settings.REDIS_URL else None

    def confirmations(self, seconds: float) -> Iterator[str]:
        """Ids of workers, as they confirm. Ends when the time is up."""
        until = time.monotonic() + seconds
        try:
            while self._redis and time.monotonic() < until:
                self._redis.publish(channel(self._redis), self._message)
                again_at = min(until, time.monotonic() + REPEAT)
                while (left := again_at - time.monotonic()) > 0:
                    yield from self._next(left)
        except (redis.RedisError, OSError, ValueError) as error:  # ValueError: bytes that are no text
            log.warning("Could not announce a revocation: %s", error)
        time.sleep(max(0.0, until - time.monotonic()))

    def _next(self, seconds: float) -> Iterator[str]:
        assert self._redis is not None  # noqa: S101
        found = self._redis.blpop([_key(self.id)], timeout=max(0.01, min(seconds, TIMEOUT / 2)))
        worker_id, _, signature = str(found[1]).partition(" ") if found else ("", "", "")
        if found and constant_time_compare(signature, _signature(self.id, worker_id)):
            yield worker_id


def channel(client: redis.Redis) -> str:
    """Of this database of that Redis, whose channels know no databases: two houses may share a server."""
    return f"portcullis:revocations:{client.get_connection_kwargs().get('db', 0)}"


def _read(message: str) -> Announced | None:
    try:
        id_, news = json.loads(_signer.unsign(message))
        if news is None:
            return Announced(id_, None)
        state, rows = news
        return Announced(id_, News(State(*state), [Row(*row) for row in rows]))
    except (signing.BadSignature, ValueError, TypeError):  # of another house, or of another version of this one
        log.warning("An announcement on Redis was not understood.")
        return None


def _key(announcement: str) -> str:
    return f"portcullis:confirmed:{announcement}"


def _signature(announcement: str, worker_id: str) -> str:
    return salted_hmac(__name__, f"{announcement}:{worker_id}", algorithm="sha256").hexdigest()
