"""After the kill: what a revocation has ended and is tried again is counted by credential, address and agent.

Counted in memory and written soon, the first one at once; that one is told, once for each revocation. What is counted
here has been refused already: nothing asks this module who may come in. It refuses to remember what no revocation has
ended (what only ran out, or never was ours), and more than so many rows for each revocation.
"""

import logging
import uuid
from collections import Counter
from datetime import timedelta
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from accounts import batches, events, notices
from accounts.models import Cause, ClientSecret, Grant, LateTry, Revocation, User
from accounts.tally import Tally
from accounts.visitors import Visitor

log = logging.getLogger(__name__)
Kind = LateTry.Kind

MOST_ROWS = 100  # of one revocation; what else there is has one row together
NOTE = "It was refused. An app that has not noticed the end tries again too: look at the address and the program."


class Try(NamedTuple):
    kind: Kind
    credential: uuid.UUID | str  # the grant's id, or the digest of a secret that nobody has looked up yet
    visitor: Visitor


def note(kind: Kind, credential: uuid.UUID | str, visitor: Visitor) -> None:
    """That this was refused: a token whose signature holds, or what has the digest of a secret or code of ours."""
    tally.count(Try(kind, credential, visitor))
    tally.write_in_time()


def forget_old(days: int = 90) -> None:
    """For `manage.py purge`: addresses of so long ago help nobody. That something was tried again stays known."""
    batches.delete(LateTry.objects.filter(last_at__lt=timezone.now() - timedelta(days=days)))


def _write(tries: Counter[Try]) -> None:
    """A constant number of statements, one of which writes; and for each revocation, once, those that tell of it."""
    rows = _rows(tries)
    if not rows:
        return
    first = {row.revocation_id: row for row in reversed(rows)}
    with transaction.atomic():
        # One worker after the other, so that each sees all rows of a revocation. SQLite lets one writer in at a time.
        locked = list(Revocation.objects.select_for_update(no_key=True).filter(pk__in=list(first)).order_by("pk"))
        known = {row.pk: row for row in LateTry.objects.filter(revocation__in=locked)}
        LateTry.objects.bulk_create(
            _added_up(rows, known),
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["times", "last_at"],
        )
        for revocation in locked:
            if revocation.tried_again_at is None:
                _tell_once(revocation, first[revocation.pk])


def _rows(tries: Counter[Try]) -> list[LateTry]:
    """Of those that a revocation has ended."""
    digests = {tried.credential for tried in tries if tried.kind == Kind.CLIENT_SECRET}
    ids = {tried.credential for tried in tries} - digests
    # Whether there is that revocation is asked, since no constraint says so.
    grants = Grant.objects.filter(pk__in=ids, revocation__in=Revocation.objects.all())
    secrets = ClientSecret.objects.filter(secret_hash__in=digests).exclude(revocation=None)
    ended: dict[uuid.UUID | str, Grant | ClientSecret] = {
        **{row.pk: row for row in grants.select_related("integration__organisation")},
        **{row.secret_hash: row for row in secrets.select_related("integration__organisation")},
    }
    return [_row(tried, ended[tried.credential], n) for tried, n in tries.items() if tried.credential in ended]


def _row(tried: Try, ended: Grant | ClientSecret, times: int) -> LateTry:
    address, agent = tried.visitor.ip_address, tried.visitor.user_agent
    return LateTry(
        pk=_id(ended.revocation_id, tried.kind, ended.pk, address, agent),
        revocation_id=ended.revocation_id,  # type: ignore[misc]  # not None, or it would not be here
        kind=tried.kind,
        credential=ended.pk,
        integration=ended.integration,
        ip_address=address,
        user_agent=agent,
        times=times,
    )


def _id(*parts: object) -> uuid.UUID:
    """The same of the same parts, so that whoever counts the same finds the same row."""
    return uuid.uuid5(uuid.NAMESPACE_OID, " ".join(map(str, parts)))


def _added_up(rows: list[LateTry], known: dict[uuid.UUID, LateTry]) -> list[LateTry]:
    """The rows that these come to, with what was known of them, and no more of them than are kept."""
    kept = Counter(row.revocation_id for row in known.values())
    changed: dict[uuid.UUID, LateTry] = {}
    for each in rows:
        row = each if each.pk in known or kept[each.revocation_id] < MOST_ROWS else _others(each)
        total = changed[row.pk] = known.setdefault(row.pk, row)
        if total is row:
            kept[row.revocation_id] += 1
        else:
            total.times += row.times
            total.last_at = row.last_at
    return list(changed.values())


def _others(row: LateTry) -> LateTry:
    pk = _id(row.revocation_id, Kind.OTHERS)
    return LateTry(pk=pk, revocation_id=row.revocation_id, kind=Kind.OTHERS, times=row.times)


def _tell_once(revocation: Revocation, row: LateTry) -> None:
    if not Revocation.objects.filter(pk=revocation.pk, tried_again_at=None).update(tried_again_at=row.first_at):
        return
    log.warning("Ended by revocation %s, and tried again: %s", revocation.pk, row.what)
    event = events.record(
        events.Kind.TRIED_AGAIN,
        user=User.objects.filter(grants=row.credential).first() or revocation.user,
        integration=row.integration,
        visitor=Visitor(row.ip_address, row.user_agent),
        revocation=str(revocation.pk),
        what=str(row.get_kind_display()),
        note=NOTE,
    )
    if revocation.cause != Cause.REUSED:  # of which the same people were told when it ended
        notices.tell_of_late_try(row, event, revocation)


tally = Tally(_write, every=10, most=1000)
