"""Changes that tell how many rows of each kind they took, counted by the very statement that takes them.

ENDED = UpdateReturning(Grant.objects.filter(user=Given("user", ...)), [Q(redeemed_at=None)], ended_at=...)
ENDED(user=...)  # {(False,): 2, (True,): 1}

What is to be asked of other tables about thousands of rows, `if_`, is asked once for all that hang from the same.
"""

import functools
import itertools
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import FullResultSet
from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.models.sql import DeleteQuery, Query, UpdateQuery

from accounts.statements import Statement, Text, Update, Whether, ask, refuse_moments

Kinds = Counter[tuple[Any, ...]]  # how many rows of each kind
Part = tuple[str, Sequence[Any]]  # SQL and the params for its places
ALWAYS = models.Q()


class _Condition:
    """Of a table's rows, without joins, for a SELECT from something else that goes by the table's name."""

    def __init__(self, model: type[models.Model], q: models.Q) -> None:
        self.table = f'"{model._meta.db_table}"'
        self._query = model._base_manager.filter(q).query
        self.compiled = functools.cache(self._compile)

    def _compile(self, vendor: str) -> tuple[str, list[Any], list[str]]:
        """The SQL, "" where all rows meet it; its params; and the columns that it asks of each row."""
        query = self._query.clone()
        compiler = query.get_compiler(connection=connections[DEFAULT_DB_ALIAS])
        try:
            sql, params = compiler.compile(query.where)
        except FullResultSet:
            return "", [], []
        refuse_moments(sql, params)
        return sql, list(params), sorted(set(re.findall(rf'{self.table}\.("\w+")', sql)))


class _Returning(Statement):
    """Changes what a queryset finds, and tells how many rows there were of each kind: `returning` makes the kinds, by
    expressions without joins, of values that JSON knows. Only those rows are counted that `if_` is true of, a condition
    without joins on columns that the change leaves as they are."""

    def __init__(self, rows: "models.QuerySet[Any]", change: Query, returning: Sequence[Any], if_: models.Q) -> None:
        told = [models.ExpressionWrapper(q, models.BooleanField()) if isinstance(q, models.Q) else q for q in returning]
        super().__init__(change, [one.resolve_expression(rows.query) for one in told])
        self.finds_nothing = rows.query.is_empty()
        self._told = [f"told_{number}" for number in range(len(told))]
        self._if = _Condition(rows.model, if_)
        self._before = Statement(rows.filter(if_).order_by().values_list(*told).query)

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

    def compile_counting(self, vendor: str, name: str) -> tuple[Part, Part]:
        """The change, for a WITH, and what counts what it took under that name."""
        sql, params = self.compiled(vendor)[0].positional
        condition, asked, columns = self._if.compiled(vendor)
        told, found = ", ".join(self._told), name
        if condition:
            # One for all that are alike, under the table's own name, by which the condition knows their columns.
            sql += "".join(f", {self._if.table}.{column}" for column in columns)
            alike = ", ".join([*columns, *self._told])
            one_of_each = f"SELECT {alike}, count(*) AS number FROM {name} GROUP BY {alike}"  # noqa: S608  # no values are in it
            found = f"({one_of_each}) AS {self._if.table} WHERE {condition}"
        number = "sum(number)" if condition else "count(*)"
        kinds = f"SELECT {told}, {number} AS number FROM {found} GROUP BY {told}"  # noqa: S608  # nor here
        return (sql, params), (
            f"(SELECT json_agg(json_build_array({told}, number)) FROM ({kinds}) AS of_{name})",  # noqa: S608  # nor here
            asked,
        )


class UpdateReturning(_Returning):
    """As Update. No expression names a field that it writes: SQLite tells of it before, PostgreSQL after."""

    def __init__(
        self, rows: "models.QuerySet[Any]", returning: Sequence[Any], if_: models.Q = ALWAYS, **fields: Any
    ) -> None:
        query: Any = rows.query.chain(UpdateQuery)
        query.add_update_values(fields)
        super().__init__(rows, query, returning, if_)


class DeleteReturning(_Returning):
    """Below the ORM: sends no signals, and leaves what refers to the rows to the database."""

    def __init__(self, rows: "models.QuerySet[Any]", returning: Sequence[Any], if_: models.Q = ALWAYS) -> None:
        super().__init__(rows, rows.query.chain(DeleteQuery), returning, if_)


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
        if not self._parts:
            return lambda: [Counter() for _ in self._tell]
        text = self._compiled(connection.vendor)
        return ask(text.sql, text.filled_in(values), self._read)

    def _read(self, cursor: Any) -> list[Any]:
        found = iter(cursor.fetchone())
        return [_understood(part, next(found)) if part in self._parts else Counter() for part in self._tell]

    def _compile(self, vendor: str) -> Text:
        """Counts where the rows are: thousands of them are not to be sent here for that."""
        changes: list[Part] = []
        told: list[Part] = []
        for part in self._parts:
            name = f"changed_{len(changes)}"
            if isinstance(part, _Returning):
                change, count = part.compile_counting(vendor, name)
                changes.append(change)
                told.append(count)
                continue
            sql, params = part.compiled(vendor)[0].positional
            if isinstance(part, Whether):
                told.append((f"EXISTS ({sql})", params))
            else:
                changes.append((sql, params))
        named = ", ".join(f"changed_{number} AS ({sql})" for number, (sql, _) in enumerate(changes))
        asked = ", ".join(sql for sql, _ in told)
        return Text(
            f"{'WITH' if changes else ''} {named} SELECT {asked}",
            list(itertools.chain(*(params for _, params in [*changes, *told]))),
        )


def _understood(part: "_Returning | Whether", told: Any) -> Any:
    return told if isinstance(part, Whether) else Counter({tuple(kind): number for *kind, number in told or []})
