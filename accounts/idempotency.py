"""Once is once: a request repeated under its Idempotency-Key gets the first answer again, and acts no more.

Kept for a day. A key that comes back with another request is refused, and so is one whose first request is still
under way. A request that failed leaves nothing behind: it may be tried again under the same key.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import batches, crypto
from accounts.models import IdempotentAnswer

KEPT = timedelta(days=1)
# A first request that has not answered by then died with its process.
PATIENCE = timedelta(minutes=10)

Answer = tuple[int, dict[str, Any]]  # status and body


class AnotherRequest(Exception):
    """The key was used for a request that was not this one."""


class UnderWay(Exception):
    """The first request under this key has not been answered yet."""


def once(act: Callable[[], Answer], *, holder: str, key: str, request: str) -> Answer:
    """What `act` answers, or answered when this holder's key was first used. `request` is what must be the same."""
    row = IdempotentAnswer(key_hash=crypto.digest(f"{holder}:{key}"), request_hash=crypto.digest(request))
    kept = _kept(row) or _begin(row)
    if kept:
        return kept
    mine = IdempotentAnswer.objects.filter(pk=row.pk, created_at=row.created_at, status=None)
    try:
        row.status, row.body = act()
    except BaseException:
        mine.delete()
        raise
    mine.update(status=row.status, body=row.body)  # nothing, where it took so long that it has been given up
    return row.status, row.body


def forget_expired() -> int:
    """Deletes what is older than a day."""
    return batches.delete(IdempotentAnswer.objects.filter(created_at__lt=timezone.now() - KEPT))


def _begin(row: IdempotentAnswer) -> Answer | None:
    """Takes the key, or returns what somebody who was faster came to."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return _kept(row)
    return None


def _kept(row: IdempotentAnswer) -> Answer | None:
    """The answer of before; None when the key is free. Raises AnotherRequest and UnderWay."""
    found = IdempotentAnswer.objects.filter(pk=row.pk).first()
    if found is None:
        return None
    age = timezone.now() - found.created_at
    if age > KEPT or (found.status is None and age > PATIENCE):
        IdempotentAnswer.objects.filter(pk=row.pk, created_at=found.created_at).delete()
        return None
    if found.request_hash != row.request_hash:
        raise AnotherRequest
    if found.status is None or found.body is None:
        raise UnderWay
    return found.status, found.body
