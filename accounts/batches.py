"""Deletes a great many rows some thousands at a time: nobody waits long for one of them, no statement runs into the
database's time-out, and what hangs from them is not in memory all at once."""

from typing import Any

from django.db.models import QuerySet

AT_ONCE = 5_000


def delete(rows: "QuerySet[Any]") -> int:
    """How many of them there were; what went with them is not counted."""
    return sum(iter(lambda: _delete_some(rows), 0))


def _delete_some(rows: "QuerySet[Any]") -> int:
    some = rows.model._default_manager.filter(pk__in=rows.order_by().values("pk")[:AT_ONCE])
    return int(some.delete()[1].get(rows.model._meta.label, 0))
