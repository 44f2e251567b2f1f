"""Changes that tell how many rows of each kind they took, counted by the very statement that takes them.

ENDED = UpdateReturning(Grant.objects.filter(user=Given("user", ...)), [Q(redeemed_at=None)], ended_at=...)
ENDED(user=...)  # {(False,): 2, (True,): 1}
"""

import functools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db import connection, models
from django.db.models.sql import DeleteQuery, Query, UpdateQuery

from accounts.statements import Statement, Update, ask, filled_in

Kinds = Counter[tuple[Any, ...]]  # how many rows of each kind


class _Returning(Statement):
    """Changes what a queryset finds, and tells how many rows there were of each kind: `returning` makes the kinds, by
    expressions without joins, of values that JSON knows."""

    def __init__(self, rows: "models.QuerySet[Any]", change: Query, returning: Sequence[Any]) -> None:
        told = [models.ExpressionWrapper(q, models.BooleanField()) if isinstance(q, models.Q) else q for q in returning]
        super().__init__(change, [one.resolve_expression(rows.query) for one in told])
        self.finds_nothing = rows.query.is_empty()
        self.told = ", ".join(f"told_{number}" for number in range(len(told)))
        self._before = Statement(rows.order_by().values_list(*told).query)

    def __call__(self, **values: Any) -> Kinds:
        if connection.vendor != "sqlite":
            return Together(self)(**values)[0]
        if self.finds_nothing:
            return Counter()
        with connection.cursor() as cursor:
            # After RETURNING, SQLite 3.40 takes any IS NULL for false. It lets one writer in at a time, so what is read
            # first, in the same transaction, is what is changed.
            self._before.execute(cursor, values)
            found = Counter(cursor.fetchall())
            self.execute(cursor, values)
        return found


class UpdateReturning(_Returning):
    """As Update. No expression names a field that it writes: SQLite tells of it before, PostgreSQL after."""

    def __init__(self, rows: "models.QuerySet[Any]", returning: Sequence[Any], **fields: Any) -> None:
        query: Any = rows.query.chain(UpdateQuery)
        query.add_update_values(fields)
        super().__init__(rows, query, returning)


class DeleteReturning(_Returning):
    """Below the ORM: sends no signals, and leaves what refers to the rows to the database."""

    def __init__(self, rows: "models.QuerySet[Any]", returning: Sequence[Any]) -> None:
        super().__init__(rows, rows.query.chain(DeleteQuery), returning)


class Together:
    """Changes to several tables, by one statement where the database can: each then sees them as they were before."""

    def __init__(self, *changes: "_Returning | Update") -> None:
        self._changes = changes
        self._compiled = functools.cache(self._compile)

    def __call__(self, **values: Any) -> list[Kinds]:
        return self.ask(**values)()

    def ask(self, **values: Any) -> Callable[[], list[Kinds]]:
        """What those that tell have told, in turn."""
        if connection.vendor == "sqlite":
            told = [told for change in self._changes if isinstance(told := change(**values), Counter)]
            return lambda: told
        sql, params = self._compiled(connection.vendor)
        return ask(sql, filled_in(params, values), self._read) if sql else lambda: self._kinds(iter(()))

    def _read(self, cursor: Any) -> list[Kinds]:
        return self._kinds(iter(cursor.fetchone()))

    def _kinds(self, found: Iterator[Any]) -> list[Kinds]:
        telling = [change for change in self._changes if isinstance(change, _Returning)]
        kinds = [[] if change.finds_nothing else next(found) or [] for change in telling]
        return [Counter({tuple(kind): number for *kind, number in each}) for each in kinds]

    def _compile(self, vendor: str) -> tuple[str, tuple[Any, ...]]:
        """Counts where the rows are: thousands of them are not to be sent here for that."""
        changed: list[str] = []
        told: list[str] = []
        params: list[Any] = []
        for change in self._changes:
            if isinstance(change, _Returning) and change.finds_nothing:
                continue
            sql, theirs, _ = change.compiled(vendor)
            name = f"changed_{len(changed)}"
            changed.append(f"{name} AS ({sql})")
            params += theirs
            if isinstance(change, _Returning):
                kinds = f"SELECT {change.told}, count(*) AS number FROM {name} GROUP BY {change.told}"  # noqa: S608
                array = f"json_agg(json_build_array({change.told}, number))"
                told.append(f"(SELECT {array} FROM ({kinds}) AS of_{name})")  # noqa: S608  # no values are in it
        return f"WITH {', '.join(changed)} SELECT {', '.join(told)}" if changed else "", tuple(params)
