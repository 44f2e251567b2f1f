"""Receipts: which workers have applied a revocation, and how fast; signed, and kept with it.

A worker that may hold a lease is in the register. It has confirmed when it has taken in, after the commit, what the
transaction wrote into the list, and says so; it is fenced when any lease that it can still hold from before the commit
has run out, so that it asks the database; else it is pending. A receipt is complete when none is. It refuses to guess:
silence is waited out.
"""

import logging
from collections.abc import Callable
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import JSONField, TextField, UUIDField
from django.utils import timezone

from accounts import jws
from accounts.models import Revocation, Worker
from accounts.revocation import reading
from accounts.revocation.list import News, clock
from accounts.revocation.wire import Announcement
from accounts.statements import Given, Tuples, Update

log = logging.getLogger(__name__)

MARGIN = 0.05  # seconds, for clocks that do not run quite alike
MOST_TOLD = 100  # entries that an announcement tells; of more it says only that there are some
TYP = "revocation-receipt+jwt"
REGISTER = Tuples(Worker.objects.values_list("pk", "name", "lease_seconds"))
KEEP = Update(
    Revocation.objects.filter(pk=Given("revocation", UUIDField())),
    receipt=Given("receipt", JSONField()),
    receipt_jws=Given("receipt_jws", TextField()),
)


class Waiting(NamedTuple):
    """A worker of the register that has not confirmed yet."""

    name: str
    lease_seconds: float


def ask_news(highest: int) -> Callable[[], News | None] | None:
    """What stands in the list after that id, for whoever has to be told; None where nobody has."""
    return reading.ask_since(highest, MOST_TOLD) if settings.REDIS_URL else None


def collect(
    revocation: Revocation, told: Callable[[], News | None] | None, *, called_at: float, patience: float | None
) -> None:
    """Waits for the workers, `patience` seconds at most, and keeps the receipt. To be called after the commit.

    `told` is what ask_news has returned, or None where nobody knows all that the transaction wrote into the list.
    Raises nothing: what is committed is committed. Without a receipt the revocation says so itself.
    """
    committed_at = clock()
    # Where a backup is restored, the log knows what has to be done again.
    said = revocation.cause, revocation.scope, revocation.in_words
    log.info("Revocation %s is committed: %s of %s. Ended: %s.", revocation.pk, *said)
    try:
        # They are told before it is known who they are: they take it in meanwhile.
        with Announcement(told() if told else None, is_made=patience != 0) as announcement:
            waiting = {str(id_): Waiting(*worker) for id_, *worker in REGISTER()}
            confirmed = _confirmations(announcement, waiting, called_at, patience) if waiting else []
        receipt = _receipt(confirmed, waiting.values(), called_at, committed_at)
        _keep(revocation, {**receipt, "streams": revocation.streams})
    except Exception:  # of a database, a key that cannot be decrypted: the caller's act is done, and has more to do
        log.exception("Revocation %s is committed; its receipt could not be collected", revocation.pk)


def _confirmations(
    announcement: Announcement, waiting: dict[str, Waiting], called_at: float, patience: float | None
) -> list[dict[str, Any]]:
    """Takes whoever confirms out of `waiting`."""
    lease = max(worker.lease_seconds + MARGIN for worker in waiting.values())
    confirmed: list[dict[str, Any]] = []
    for worker_id in announcement.confirmations(lease if patience is None else min(lease, patience)):
        worker = waiting.pop(worker_id, None)
        if worker:
            confirmed.append({"worker": worker.name, "ms": _ms(called_at)})
        if not waiting:
            break
    return confirmed


def _receipt(confirmed: list[dict[str, Any]], silent: Any, called_at: float, committed_at: float) -> dict[str, Any]:
    """`ms` count from the call to the confirmation, `total_ms` to now."""
    passed = clock() - committed_at
    fenced = [worker.name for worker in silent if passed > worker.lease_seconds]
    pending = [worker.name for worker in silent if passed <= worker.lease_seconds]
    return {
        "complete": not pending,
        "expected": len(confirmed) + len(fenced) + len(pending),
        "confirmed": confirmed,
        "fenced": fenced,
        "pending": pending,
        "total_ms": _ms(called_at),
    }


def _keep(revocation: Revocation, receipt: dict[str, Any]) -> None:
    revocation.receipt, revocation.receipt_jws = receipt, _sign(revocation, receipt)
    KEEP(revocation=revocation.pk, receipt=receipt, receipt_jws=revocation.receipt_jws)


def _sign(revocation: Revocation, receipt: dict[str, Any]) -> str:
    """A JWS (RFC 7515) that anybody can verify with our JWKS. It has no audience, and opens nothing."""
    claims = {
        "iss": settings.ISSUER,
        "iat": int(timezone.now().timestamp()),
        "jti": str(revocation.pk),
        "cause": revocation.cause,
        "revoked_at": revocation.at.isoformat(),
        "scope": revocation.scope,
        "ended": revocation.ended,
        "receipt": receipt,
    }
    return jws.write(claims, typ=TYP)


def _ms(since: float) -> float:
    return round((clock() - since) * 1000, 1)
