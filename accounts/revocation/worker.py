"""The thread that keeps this process's copy of the revocation list, and with it the lease.

It starts at the first access token that the process sees, so after any fork, and never in a command that needs none. At
each poll it asks the database whether the list has changed, reads what did, and renews the lease, counted from before
the question. An announcement that tells what to refuse is heeded at once. One that does not, or not of all that is
missing here, makes it ask before it confirms. Before its first lease, and every few seconds, it registers, so that
whoever revokes knows whom to wait for: by the database, because Redis may be lost without the lease being so.
"""

import atexit
import logging
import os
import socket
import threading
import uuid

from django.conf import settings
from django.db import Error, connection
from django.db.models import F
from django.utils import timezone

from accounts.models import Worker
from accounts.revocation import feed, reading, wire
from accounts.revocation.list import NEVER, RevocationList, clock, here

log = logging.getLogger(__name__)

BEAT = 10.0  # seconds between signs of life
EARLY = 0.9  # of a poll, after which the next begins: what it reads is to be refused before the poll is over
GONE = 60.0  # seconds without one, after which another worker strikes it off


class Keeper(threading.Thread):
    def __init__(self, copy: RevocationList) -> None:
        super().__init__(name="revocation-list", daemon=True)
        self.pid = os.getpid()
        self.id = uuid.uuid4()
        self._copy = copy
        self._ear = wire.Ear()
        self._stopping = threading.Event()
        self._beat_at = NEVER
        self._others: dict[uuid.UUID, tuple[int, float]] = {}  # their beat, and since when it has not changed
        self._is_fed = False

    def run(self) -> None:
        due = clock()
        while not self._stopping.is_set():
            heard = self._ear.wait(max(0.0, due - clock()))
            told: list[wire.Announced] = []
            untold: list[wire.Announced] = []
            for one in heard:
                (told if one.news and reading.heed(self._copy, one.news) else untold).append(one)
            self._ear.confirm(told, str(self.id))
            if untold or clock() >= due:
                due = clock() + EARLY * settings.REVOCATION_POLL_SECONDS
                self._ear.take_note()
                if self._poll():
                    self._ear.confirm(untold, str(self.id))
        self._sign_off()

    def stop(self) -> None:
        """At the end of the process. Waits a moment for the thread to sign off, so that nobody waits for it later."""
        self._stopping.set()
        if self.pid == os.getpid():
            self._sign_off()  # here and now: who ends the process may not wait until the thread looks up
            self.join(2 * settings.REVOCATION_POLL_SECONDS)

    def _sign_off(self) -> None:
        self._copy.forget()
        try:
            Worker.objects.filter(pk=self.id).delete()
            connection.close()
        except Error as error:
            log.info("Could not sign off: %s", error)

    def _poll(self) -> bool:
        """Whether the copy is now what the database says."""
        asked_at = clock()
        try:
            self._register(asked_at)
            reading.read_into(self._copy, seen_at=asked_at)
        except Error as error:
            log.warning("The revocation list could not be read: %s", error)
            connection.close()
            self._beat_at = NEVER
            return False
        if self._is_fed and not self._stopping.is_set():
            self._copy.renew(asked_at + settings.REVOCATION_LEASE_SECONDS)
        return True

    def _register(self, now: float) -> None:
        """Says that it lives, before any lease that outlasts the last time that it did."""
        if now - self._beat_at < BEAT or self._stopping.is_set():
            return
        self._is_fed = feed.is_laid(connection)
        if not self._is_fed:
            log.error(
                "The triggers that feed the revocation list are not those of this version: run its manage.py migrate."
            )
        name = f"{socket.gethostname()}:{self.pid}"[:100]
        values = {"name": name, "lease_seconds": settings.REVOCATION_LEASE_SECONDS, "seen_at": timezone.now()}
        if not Worker.objects.filter(pk=self.id).update(beat=F("beat") + 1, **values):
            Worker.objects.create(pk=self.id, **values)
        self._strike_off_the_dead(now)
        self._beat_at = now

    def _strike_off_the_dead(self, now: float) -> None:
        """Those whose beat has stood still for a minute of our own: no other clock is asked."""
        seen = {}
        for pk, beat in Worker.objects.exclude(pk=self.id).values_list("pk", "beat"):
            known, since = self._others.get(pk, (None, now))
            seen[pk] = (beat, since if beat == known else now)
            if now - seen[pk][1] > GONE:
                Worker.objects.filter(pk=pk, beat=beat).delete()
        self._others = seen


_keeper: Keeper | None = None
_starting = threading.Lock()


def is_wanted() -> bool:
    """Without Redis nobody could be told at once, so every request asks the database."""
    return bool(settings.REDIS_URL) and settings.REVOCATION_LEASE_SECONDS > 0


def ensure() -> None:
    """Starts this process's thread, unless it runs already or none is wanted."""
    if not is_wanted() or _runs():
        return
    global _keeper
    with _starting:
        if not _runs():
            _keeper = Keeper(here)
            _keeper.start()
            atexit.register(_keeper.stop)


def _runs() -> bool:
    # Where a server forks behind Python's back, a thread of before says that it is alive, and is not.
    return _keeper is not None and _keeper.pid == os.getpid() and _keeper.is_alive()


def _after_fork() -> None:
    global _starting
    _starting = threading.Lock()  # somebody else's thread may have held it
    here.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
