"""What workers and whoever revokes tell each other through Redis: what there is to refuse, and who refuses it.

Nothing is accepted because of what Redis says. It is believed that a process of ours, which signs with our SECRET_KEY,
has committed these entries, and that a worker we know of refuses them since this very announcement, with whatever else
was in the list by then. Without Redis, or with one that loses, delays or forges what it is told, the wait is the lease.
"""

import functools
import hashlib
import hmac
import json
import logging
import secrets
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import redis
from django.conf import settings

from accounts.revocation.list import News, Row, State

log = logging.getLogger(__name__)

REPEAT = 0.25  # seconds between announcements while somebody has not answered
MOST_HEARD = 1000  # announcements answered after one reading
TIMEOUT = 0.25  # seconds that a Redis command may take
KEPT = 60  # seconds


class Announced(NamedTuple):
    """`news` is None where there are too many entries to tell, or not all are known: they are to be read."""

    id: str
    news: News | None


@functools.cache
def _pool(url: str) -> redis.ConnectionPool:
    """Of this process, so that an announcement opens no connection. RESP 2: what is published comes as a list."""
    options = {"decode_responses": True, "socket_connect_timeout": TIMEOUT, "socket_timeout": TIMEOUT, "protocol": 2}
    return redis.ConnectionPool.from_url(url, **options)


class _Line:
    """One connection, without redis-py's client around it: that costs more than all the rest of hearing and answering,
    and eight workers that hear the same thing at the same moment share few cores."""

    def __init__(self) -> None:
        self._pool = _pool(settings.REDIS_URL)
        self._connection: Any = self._pool.get_connection()

    def __enter__(self) -> "_Line":
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        if kind in (None, GeneratorExit):
            self._pool.release(self._connection)
        else:
            self.hang_up()

    def hang_up(self) -> None:
        """For when an answer may still be under way, or may never come."""
        self._connection.disconnect()
        self._pool.release(self._connection)

    def ask(self, *commands: tuple[str | int | float, ...]) -> list[Any]:
        """Their answers. Sent together, so that they cost one round trip."""
        self._connection.send_packed_command(self._connection.pack_commands(commands))
        return [self._connection.read_response() for _ in commands]

    def is_over(self) -> bool:
        """Whether Redis has hung up since the last answer, or was not waited for: there is something to read still."""
        try:
            return self.has_news(0)
        except (redis.RedisError, OSError):
            return True

    def has_news(self, seconds: float) -> bool:
        return bool(self._connection.can_read(timeout=seconds))

    def hear(self) -> Any:
        return self._connection.read_response()


class Ear:
    """A worker's side. Every method returns in time whatever Redis does."""

    def __init__(self) -> None:
        self._hearing: _Line | None = None
        self._answering: _Line | None = None
        self._try_again_at = 0.0

    def wait(self, seconds: float) -> list[Announced]:
        """Waits for an announcement, for so long at most. Returns all that have come, and are ours."""
        until = time.monotonic() + seconds
        heard: list[Announced | None] = []
        try:
            line = self._subscribed()
            while (
                line and len(heard) < MOST_HEARD and line.has_news(0 if heard else max(0.0, until - time.monotonic()))
            ):
                kind, _, message = line.hear()
                heard += [_read(message)] if kind == "message" else []
        except (redis.RedisError, OSError, ValueError) as error:  # ValueError: bytes that are no text
            log.warning("Redis is away; revocations are read from the database at each poll: %s", error)
            if self._hearing:
                self._hearing.hang_up()
            self._hearing = None
            self._try_again_at = time.monotonic() + 1
        if not heard:
            time.sleep(max(0.0, until - time.monotonic()))
        return [one for one in heard if one]

    def confirm(self, announcements: list[Announced], worker_id: str) -> None:
        if not announcements:
            return
        answers: list[tuple[str | int, ...]] = []
        for announcement in announcements:
            key = _key(announcement.id)
            answers.append(("RPUSH", key, f"{worker_id} {_signature(announcement.id, worker_id)}"))
            answers.append(("EXPIRE", key, KEPT))
        try:
            self._answerable().ask(*answers)
        except (redis.RedisError, OSError) as error:
            log.warning("Could not confirm a revocation: %s", error)

    def _answerable(self) -> "_Line":
        if self._answering and self._answering.is_over():
            self._answering.hang_up()
            self._answering = None
        self._answering = self._answering or _Line()
        return self._answering

    def _subscribed(self) -> "_Line | None":
        if self._hearing is None and time.monotonic() >= self._try_again_at:
            line = _Line()
            line.ask(("SUBSCRIBE", channel()))
            self._hearing = line
        return self._hearing


class Announcement:
    """The revoker's side: one act, announced until all have answered or the time is up."""

    def __init__(self, news: News | None) -> None:
        self.id = secrets.token_hex(16)
        text = json.dumps([self.id, news])
        self._message = f"{_mac(text)} {text}"

    def confirmations(self, seconds: float) -> Iterator[str]:
        """Ids of workers, as they confirm. Ends when the time is up."""
        until = time.monotonic() + seconds
        try:
            if settings.REDIS_URL:
                with _Line() as line:
                    yield from self._answers(line, until)
        except (redis.RedisError, OSError, ValueError) as error:  # ValueError: bytes that are no text
            log.warning("Could not announce a revocation: %s", error)
        time.sleep(max(0.0, until - time.monotonic()))

    def _answers(self, line: _Line, until: float) -> Iterator[str]:
        while time.monotonic() < until:
            line.ask(("PUBLISH", channel(), self._message))
            again_at = min(until, time.monotonic() + REPEAT)
            while (left := again_at - time.monotonic()) > 0:
                (found,) = line.ask(("BLPOP", _key(self.id), max(0.01, min(left, TIMEOUT / 2))))
                worker_id, _, signature = str(found[1]).partition(" ") if found else ("", "", "")
                if found and hmac.compare_digest(signature.encode(), _signature(self.id, worker_id).encode()):
                    yield worker_id


def channel() -> str:
    """Of this database of that Redis, whose channels know no databases: two houses may share a server."""
    return f"portcullis:revocations:{_pool(settings.REDIS_URL).connection_kwargs.get('db', 0)}"


def _read(message: str) -> Announced | None:
    mac, _, text = message.partition(" ")
    try:
        if not hmac.compare_digest(mac.encode(), _mac(text).encode()):
            raise ValueError("Signed by somebody else")
        id_, news = json.loads(text)
        if news is None:
            return Announced(id_, None)
        state, rows = news
        return Announced(id_, News(State(*state), [Row(*row) for row in rows]))
    except (ValueError, TypeError):  # of another house, or of another version of this one
        log.warning("An announcement on Redis was not understood.")
        return None


def _key(announcement: str) -> str:
    return f"portcullis:confirmed:{announcement}"


def _signature(announcement: str, worker_id: str) -> str:
    return _mac(f"{announcement}:{worker_id}")


def _mac(text: str) -> str:
    """By which a process of ours is known. Of what is published and of what is answered, which begin differently."""
    return hmac.digest(_mac_key(settings.SECRET_KEY), text.encode(), "sha256").hex()


@functools.cache
def _mac_key(secret: str) -> bytes:
    return hashlib.sha256(f"{__name__}{secret}".encode()).digest()
