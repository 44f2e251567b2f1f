"""Changes that tell how many rows of each kind they took, counted by the very statement that takes them.

ENDED = UpdateReturning(Grant.objects.filter(user=Given("user", ...)), [Q(redeemed_at=None)], ended_at=...)
ENDED(user=...)  # {(False,): 2, (True,): 1}
"""

import functools
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection, models
from django.db.models.sql import DeleteQuery, Query, UpdateQuery

from accounts.statements import Blanks, Statement, Update, Whether, ask

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
            told: Kinds = Together(self)(**values)[0]
            return told
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
    """Changes to several tables, and what to ask besides, by one statement where the database can: each then sees them
    as they were before."""

    def __init__(self, *parts: "_Returning | Update | Whether") -> None:
        self._parts = [part for part in parts if not (isinstance(part, _Returning) and part.finds_nothing)]
        self._tell = [part for part in parts if not isinstance(part, Update)]
        self._compiled = functools.cache(self._compile)

    def __call__(self, **values: Any) -> list[Any]:
        return self.ask(**values)()

    def ask(self, **values: Any) -> Callable[[], list[Any]]:
        """What those that tell have told, in turn: the Kinds that a change took, or whether there is any."""
        if connection.vendor == "sqlite":
            told = {part: part(**values) for part in self._parts}
            return lambda: [told.get(part, Counter()) for part in self._tell]
        sql, blanks = self._compiled(connection.vendor)
        return ask(sql, blanks.filled_in(values), self._read) if sql else lambda: [Counter() for _ in self._tell]

    def _read(self, cursor: Any) -> list[Any]:
        found = iter(cursor.fetchone())
        return [_understood(part, next(found)) if part in self._parts else Counter() for part in self._tell]

    def _compile(self, vendor: str) -> tuple[str, Blanks]:
        """Counts where the rows are: thousands of them are not to be sent here for that."""
        changed: list[str] = []
        told: list[str] = []
        params: list[Any] = []
        asked: list[Any] = []  # what is given after all that changes
        for part in self._parts:
            sql, theirs, _ = part.compiled(vendor)
            if isinstance(part, Whether):
                told.append(f"EXISTS ({sql})")
                asked += theirs.params
                continue
            name = f"changed_{len(changed)}"
            changed.append(f"{name} AS ({sql})")
            params += theirs.params
            if isinstance(part, _Returning):
                kinds = f"SELECT {part.told}, count(*) AS number FROM {name} GROUP BY {part.told}"  # noqa: S608
                array = f"json_agg(json_build_array({part.told}, number))"
                told.append(f"(SELECT {array} FROM ({kinds}) AS of_{name})")  # noqa: S608  # no values are in it
        changes = f"WITH {', '.join(changed)} " if changed else ""
        return f"{changes}SELECT {', '.join(told)}" if self._parts else "", Blanks([*params, *asked])


def _understood(part: "_Returning | Whether", told: Any) -> Any:
    return told if isinstance(part, Whether) else Counter({tuple(kind): number for *kind, number in told or []})
