"""What workers and whoever revokes tell each other through Redis: what there is to refuse, and who refuses it.

Nothing is accepted because of what Redis says. It is believed that a process of ours, which signs with our SECRET_KEY,
has committed these entries, and that a worker we know of refuses them since this very announcement, with whatever else
was in the list by then. Without Redis, or with one that loses, delays or forges what it is told, the wait is the lease.
"""

import contextlib
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

from accounts.revocation.line import TIMEOUT, Command, Line, pool
from accounts.revocation.list import News, Row, State

log = logging.getLogger(__name__)

REPEAT = 0.25  # seconds between announcements while somebody has not answered
MOST_HEARD = 1000  # announcements answered after one reading


class Announced(NamedTuple):
    """`news` is None where there are too many entries to tell, or not all are known: they are to be read."""

    id: str
    news: News | None


class Ear:
    """A worker's side. Every method returns in time whatever Redis does."""

    def __init__(self) -> None:
        self._hearing: Line | None = None
        self._answering: Line | None = None
        self._try_again_at = 0.0

    def wait(self, seconds: float) -> list[Announced]:
        """Waits for announcements of ours, for so long at most. One that tells what to refuse is returned at once, as
        whoever revoked waits for that; others as far as they have come, since one reading serves all."""
        until = time.monotonic() + seconds
        heard: list[Announced | None] = []
        try:
            line = self._subscribed()
            while line and len(heard) < MOST_HEARD and not (heard and heard[-1] and heard[-1].news):
                pushed = line.hear(0 if heard else max(0.0, until - time.monotonic()))
                if pushed is None:
                    break
                message = _message(pushed)
                heard += [_read(message)] if message else []
        except (redis.RedisError, OSError) as error:
            log.warning("Redis is away; revocations are read from the database at each poll: %s", error)
            self._hang_up()
            self._try_again_at = time.monotonic() + 1
        if not heard:
            time.sleep(max(0.0, until - time.monotonic()))
        return [one for one in heard if one]

    def confirm(self, announcements: list[Announced], worker_id: str) -> None:
        """Does not wait for what Redis says to it: others wait for the core that this would take."""
        if not announcements:
            return
        try:
            self._answering = self._answering or Line()
            told = [(one.id, f"{worker_id} {_signature(one.id, worker_id)}") for one in announcements]
            self._answering.say(*(("PUBLISH", _answers_to(id_), text) for id_, text in told))
        except (redis.RedisError, OSError) as error:
            log.warning("Could not confirm a revocation: %s", error)
            self._hang_up()

    def take_note(self) -> None:
        """Of what Redis has said to the last confirmations, and of whether it still listens to any."""
        try:
            while self._answering and self._answering.hear(0) is not None:
                pass
        except (redis.RedisError, OSError) as error:
            log.warning("A revocation may not have been confirmed: %s", error)
            self._hang_up()

    def _subscribed(self) -> "Line | None":
        if self._hearing is None and time.monotonic() >= self._try_again_at:
            self._hearing = Line()
            self._hearing.say(("SUBSCRIBE", channel()))
        return self._hearing

    def _hang_up(self) -> None:
        for line in filter(None, [self._hearing, self._answering]):
            line.hang_up()
        self._hearing = self._answering = None


class Announcement:
    """The revoker's side: one act, announced as the context begins and until all have answered, or the time is up.

    Who has no time at all announces nothing: a Redis that is away takes some to say so, with each of many acts. The
    workers read it from the database at their next poll.
    """

    def __init__(self, news: News | None, *, is_made: bool = True) -> None:
        self.id = secrets.token_hex(16)
        text = json.dumps([self.id, news])
        self._announce = ("PUBLISH", channel(), f"{_mac(text)} {text}") if settings.REDIS_URL and is_made else None
        self._line: Line | None = None
        self._until = time.monotonic() + TIMEOUT

    def __enter__(self) -> "Announcement":
        if self._announce:
            with self._unless_redis_is_away():
                self._line = Line()
                self._line.say(("SUBSCRIBE", _answers_to(self.id)), self._announce)
        return self

    def __exit__(self, *error: object) -> None:
        if self._line:
            self._line.leave(_answers_to(self.id), max(0.0, min(TIMEOUT, self._until - time.monotonic())))

    def confirmations(self, seconds: float) -> Iterator[str]:
        """Ids of workers, as they confirm. Ends when the time is up."""
        self._until = time.monotonic() + seconds
        with self._unless_redis_is_away():
            if self._line and self._announce and seconds > 0:
                yield from self._answers(self._line, self._announce)
        time.sleep(max(0.0, self._until - time.monotonic()))

    def _answers(self, line: Line, announce: Command) -> Iterator[str]:
        again_at = time.monotonic() + REPEAT
        while (now := time.monotonic()) < self._until:
            if now >= again_at:
                line.say(announce)
                again_at = now + REPEAT
            worker_id, _, signature = _message(line.hear(min(again_at, self._until) - now)).partition(" ")
            if hmac.compare_digest(signature.encode(), _signature(self.id, worker_id).encode()):
                yield worker_id

    @contextlib.contextmanager
    def _unless_redis_is_away(self) -> Iterator[None]:
        try:
            yield
        except (redis.RedisError, OSError) as error:
            log.warning("Could not announce a revocation: %s", error)
            if self._line:
                self._line.hang_up()
            self._line = None


def channel() -> str:
    """Of this database of that Redis, whose channels know no databases: two houses may share a server."""
    return f"portcullis:revocations:{pool(settings.REDIS_URL).connection_kwargs.get('db', 0)}"


def _message(heard: Any) -> str:
    """Its text, where it is one, and not what Redis answers to a command."""
    return str(heard[2]) if isinstance(heard, list) and heard[0] == "message" else ""


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


def _answers_to(announcement: str) -> str:
    return f"portcullis:confirmed:{announcement}"


def _signature(announcement: str, worker_id: str) -> str:
    return _mac(f"{announcement}:{worker_id}")


def _mac(text: str) -> str:
    """By which a process of ours is known. Of what is published and of what is answered, which begin differently."""
    return hmac.digest(_mac_key(settings.SECRET_KEY), text.encode(), "sha256").hex()


@functools.cache
def _mac_key(secret: str) -> bytes:
    return hashlib.sha256(f"{__name__}{secret}".encode()).digest()
