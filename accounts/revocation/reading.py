"""Reads the revocation list from the database into a worker's copy: what is new, or all where that does not tell.

Constant text on a plain cursor: it runs several times a second in every process. It must not be sent to a replica.
"""

from collections.abc import Callable
from typing import Any

from django.db import connection

from accounts import keys
from accounts.models import RevocationEntry
from accounts.revocation.list import Kind, News, RevocationList, Row, State, clock
from accounts.statements import ask

AT_ONCE = 10_000  # rows deleted in one statement

_TABLE = RevocationEntry._meta.db_table
_STATE = f"SELECT count(*) AS number, coalesce(max(id), 0) AS highest, coalesce(sum(id), 0) AS total FROM {_TABLE}"
# What the list is and what is new in it, of one moment: a row at least, whose entry is empty when nothing is new.
_NEWER = (
    f"SELECT number, highest, total, id, kind, subject, epoch FROM ({_STATE}) AS state "
    f"LEFT JOIN {_TABLE} ON id > %s ORDER BY id"
)
_FEW = f"{_NEWER} LIMIT %s"
_ALL = f"SELECT id, kind, subject, epoch FROM {_TABLE} ORDER BY id"


def ask_since(highest: int, most: int) -> Callable[[], News | None]:
    """What the list is, and its entries with higher ids; None when there are more than `most`."""

    def read(cursor: Any) -> News | None:
        news = _news(cursor.fetchall())
        return news if len(news.rows) <= most else None

    return ask(_FEW, [highest, most + 1], read)


def heed(copy: RevocationList, news: News) -> bool:
    """Takes in what a message says, ahead of the next reading. Whether that makes one unnecessary."""
    is_all = copy.heed(news, seen_at=clock())
    if any(row.kind == Kind.KEY for row in news.rows):
        keys.forget()
    return is_all


def read_into(copy: RevocationList, *, seen_at: float) -> None:
    """One query, unless a transaction that committed late or a purge has come in between: then a second reads all.

    What has outlived its use is deleted, for everybody.
    """
    refused_before = set(copy.keys)
    with connection.cursor() as cursor:
        cursor.execute(_NEWER, [copy.state.highest])
        news = _news(cursor.fetchall())
        copy.add(news.rows, seen_at=seen_at)
        if news.state != copy.state:
            cursor.execute(_ALL)
            copy.replace(map(Row._make, cursor.fetchall()), seen_at=seen_at)
    if copy.keys - refused_before:
        keys.forget()  # which key signs now is to be asked anew
    outlived = copy.outlived(seen_at)[:AT_ONCE]
    if outlived:
        RevocationEntry.objects.filter(pk__in=outlived).delete()


def _news(rows: list[Any]) -> News:
    return News(State(*map(int, rows[0][:3])), [Row(*row[3:]) for row in rows if row[3] is not None])
