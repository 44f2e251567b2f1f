"""One page of a long list, in one statement: it looks one row further than it shows. What grows without end, as the
log does, is not counted."""

from typing import Any

from django.db.models import Count, QuerySet, Window
from django.http import HttpRequest

FURTHEST = 100_000  # pages; beyond it an offset is no use to anybody


class Page:
    """Rows of one page. A number that makes no sense is the first page; one beyond the end is empty."""

    def __init__(self, request: HttpRequest, rows: "QuerySet[Any]", size: int = 50, *, counted: bool = False) -> None:
        asked = request.GET.get("page", "")
        self.number = min(max(int(asked), 1), FURTHEST) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1
        start = (self.number - 1) * size
        if counted:
            rows = rows.annotate(rows_in_all=Window(Count("*")))
        found = list(rows[start : start + size + 1])
        self.rows, self.has_next = found[:size], len(found) > size
        # None where nobody has counted, and beyond the end, where there is no row to say so.
        self.total: int | None = found[0].rows_in_all if counted and found else None
        self.last = -(-self.total // size) if self.total else None
        self._others = request.GET.copy()

    def __iter__(self) -> Any:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def previous(self) -> str:
        """The query of the page before, with whatever else was asked; "" on the first."""
        return self._query(self.number - 1) if self.number > 1 else ""

    @property
    def next(self) -> str:
        return self._query(self.number + 1) if self.has_next else ""

    def _query(self, number: int) -> str:
        self._others["page"] = str(number)
        return f"?{self._others.urlencode()}"
