"""Reads the revocation list from the database into a worker's copy: what is new, or all where that does not tell.

Constant text on a plain cursor: it runs several times a second in every process. It must not be sent to a replica.
"""

from django.db import connection
from django.db.backends.utils import CursorWrapper

from accounts import keys
from accounts.models import RevocationEntry
from accounts.revocation.list import RevocationList, Row, State

AT_ONCE = 10_000  # rows deleted in one statement

_TABLE = RevocationEntry._meta.db_table
_STATE = f"SELECT count(*), coalesce(max(id), 0), coalesce(sum(id), 0) FROM {_TABLE}"
_NEWER = f"SELECT id, kind, subject, epoch FROM {_TABLE} WHERE id > %s ORDER BY id"
_ALL = f"SELECT id, kind, subject, epoch FROM {_TABLE} ORDER BY id"


def read_into(copy: RevocationList, *, seen_at: float) -> None:
    """One query when nothing has changed. What has outlived its use is deleted, for everybody."""
    with connection.cursor() as cursor:
        if _state(cursor) != copy.state:
            _catch_up(copy, cursor, seen_at)
    outlived = copy.outlived(seen_at)[:AT_ONCE]
    if outlived:
        RevocationEntry.objects.filter(pk__in=outlived).delete()


def _catch_up(copy: RevocationList, cursor: CursorWrapper, seen_at: float) -> None:
    refused_before = set(copy.keys)
    cursor.execute(_NEWER, [copy.state.highest])
    copy.add(map(Row._make, cursor.fetchall()), seen_at=seen_at)
    if _state(cursor) != copy.state:
        cursor.execute(_ALL)
        copy.replace(map(Row._make, cursor.fetchall()), seen_at=seen_at)
    if copy.keys - refused_before:
        keys.forget()  # which key signs now is to be asked anew


def _state(cursor: CursorWrapper) -> State:
    cursor.execute(_STATE)
    return State(*map(int, cursor.fetchone()))
