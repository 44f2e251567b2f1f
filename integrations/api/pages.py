"""Cursor pages: stable while rows come and go, and as fast on the last page as on the first.

A cursor is signed, so what it says never reaches the database unless we wrote it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.db.models import Q, QuerySet
from rest_framework.exceptions import NotFound


class UnknownCursor(NotFound):
    """It looks like a cursor, and leads nowhere: of another list, or made up."""

    default_detail = "cursor: there is no such page of this list."


@dataclass(frozen=True)
class Page:
    rows: list[Any]
    next_cursor: str | None


def cut(rows: QuerySet[Any], newest_by: tuple[str, str], limit: int, cursor: str) -> Page:
    """The page after the cursor ("" for the first). Raises UnknownCursor for one of something else."""
    when, which = newest_by
    salt = f"{rows.model._meta.label}.{when}"
    if cursor:
        at, tie = _read(cursor, salt)
        rows = rows.filter(Q(**{f"{when}__lt": at}) | Q(**{when: at, f"{which}__lt": tie}))
    found = list(rows.order_by(f"-{when}", f"-{which}")[: limit + 1])
    if len(found) <= limit:
        return Page(found, None)
    last = found[limit - 1]
    position = [getattr(last, when).isoformat(), str(getattr(last, which))]
    return Page(found[:limit], signing.dumps(position, salt=salt))


def _read(cursor: str, salt: str) -> tuple[datetime, str]:
    try:
        at, tie = signing.loads(cursor, salt=salt)
    except signing.BadSignature:
        raise UnknownCursor from None
    return datetime.fromisoformat(at), tie
