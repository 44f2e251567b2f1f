"""Reads the revocation list from the database into a worker's copy: what is new, or all where that does not tell.

Constant text on a plain cursor: it runs several times a second in every process. It must not be sent to a replica.
"""

from django.db import connection

from accounts import keys
from accounts.models import RevocationEntry
from accounts.revocation.list import Kind, RevocationList, Row, State

AT_ONCE = 10_000  # rows deleted in one statement

_TABLE = RevocationEntry._meta.db_table
_STATE = f"SELECT count(*) AS number, coalesce(max(id), 0) AS highest, coalesce(sum(id), 0) AS total FROM {_TABLE}"
# What the list is and what is new in it, of one moment: a row at least, whose entry is empty when nothing is new.
_NEWER = (
    f"SELECT number, highest, total, id, kind, subject, epoch FROM ({_STATE}) AS state "
    f"LEFT JOIN {_TABLE} ON id > %s ORDER BY id"
)
_SINCE = f"SELECT id, kind, subject, epoch FROM {_TABLE} WHERE id > %s ORDER BY id LIMIT %s"
_ALL = f"SELECT id, kind, subject, epoch FROM {_TABLE} ORDER BY id"


def since(highest: int, most: int) -> list[Row] | None:
    """The entries with higher ids; None when there are more than `most`."""
    with connection.cursor() as cursor:
        cursor.execute(_SINCE, [highest, most + 1])
        rows = list(map(Row._make, cursor.fetchall()))
    return rows if len(rows) <= most else None


def heed(copy: RevocationList, rows: list[Row]) -> None:
    """Takes in what a message says, ahead of the database: nothing that is read later can undo it."""
    copy.heed(rows)
    if any(row.kind == Kind.KEY for row in rows):
        keys.forget()


def read_into(copy: RevocationList, *, seen_at: float) -> None:
    """One query, unless a transaction that committed late or a purge has come in between: then a second reads all.

    What has outlived its use is deleted, for everybody.
    """
    refused_before = set(copy.keys)
    with connection.cursor() as cursor:
        cursor.execute(_NEWER, [copy.state.highest])
        rows = cursor.fetchall()
        copy.add((Row(*row[3:]) for row in rows if row[3] is not None), seen_at=seen_at)
        if State(*map(int, rows[0][:3])) != copy.state:
            cursor.execute(_ALL)
            copy.replace(map(Row._make, cursor.fetchall()), seen_at=seen_at)
    if copy.keys - refused_before:
        keys.forget()  # which key signs now is to be asked anew
    outlived = copy.outlived(seen_at)[:AT_ONCE]
    if outlived:
        RevocationEntry.objects.filter(pk__in=outlived).delete()
