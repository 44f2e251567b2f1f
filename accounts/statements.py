"""Statements that Django compiles once for each database, and that are then executed with other values each time.

Building a query anew costs several times what the database takes to answer it. What a statement says is written as a
queryset all the same, so that each rule stands in one place. Refuses a moment that is written into one: it would stay
that of the compilation.

    SECRET = statements.Rows(ClientSecret.objects.live().filter(secret_hash=Given("digest", models.CharField())))
    SECRET.one(digest=...)
"""

import contextlib
import functools
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any, Generic, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.models.query import get_related_populators
from django.db.models.sql import InsertQuery, Query, UpdateQuery

Row = TypeVar("Row", bound=models.Model)
Answer = TypeVar("Answer")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:")


@contextlib.contextmanager
def one_round_trip() -> Iterator[None]:
    """What is asked in here, in a transaction, goes to the database together where it can, and is read afterwards.

    As with psycopg's pipeline mode: one after the other all the same, and what one of them raises is raised at the end.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield


def commit_with_it() -> None:
    """In `one_round_trip`, at the end of the outermost transaction: its COMMIT goes with what was asked last, and
    Django finds it done. Nothing more may be asked or raised in that transaction."""
    if connection.vendor == "postgresql":
        connection.connection.execute("COMMIT", prepare=False)


def ask(sql: str, params: Sequence[Any] | dict[str, Any], read: Callable[[Any], Answer]) -> Callable[[], Answer]:
    """Executes it. What it finds is read when the answer is called for: after `one_round_trip`, and once."""
    cursor = connection.cursor()
    cursor.execute(sql, params)

    def answer() -> Answer:
        with cursor:
            return read(cursor)

    return answer


class Given(models.Expression):
    """A value that each execution gives by this name, of that field's type. Not None where it is compared."""

    def __init__(self, name: str, field: "models.Field[Any, Any]") -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "%s", [self]


class Text:
    """What a statement says, with a name for each value that is given: one that stands in many places is sent once.

    `sql` has `%(name)s` for them; `positional` is the same with `%s` and a param for each place, for longer ones.
    """

    def __init__(self, sql: str, params: Sequence[Any]) -> None:
        self.positional = sql, params
        self._given: dict[Any, tuple[str, Given]] = {}
        self._constants: dict[str, Any] = {}
        places = iter(params)
        self.sql = re.sub("%%|%s", lambda at: at[0] if at[0] == "%%" else self._place(next(places)), sql)

    def _place(self, param: Any) -> str:
        if isinstance(param, int) and not isinstance(param, bool):  # such as the 1 of an EXISTS
            return f"({int(param)})" if param < 0 else f"{int(param)}"
        name = f"p{len(self._given) + len(self._constants)}"
        if isinstance(param, Given):
            name, _ = self._given.setdefault((param.name, type(param.output_field)), (name, param))
        else:
            self._constants[name] = param
        return f"%({name})s"

    def filled_in(self, values: dict[str, Any]) -> dict[str, Any]:
        here = connections[DEFAULT_DB_ALIAS]  # `connection` looks for it each time that it is asked anything
        given = {
            name: param.output_field.get_db_prep_save(values[param.name], here) for name, param in self._given.values()
        }
        return {**self._constants, **given}


class Statement:
    def __init__(self, query: Query, returning: Sequence[Any] = ()) -> None:
        # By vendor, since each writes SQL and values in its own way; of this instance, which lives as long as we do.
        self.compiled = functools.cache(functools.partial(_compile, query, returning))

    def execute(self, cursor: Any, values: dict[str, Any]) -> None:
        text, _ = self.compiled(connection.vendor)
        cursor.execute(text.sql, text.filled_in(values))


def _compile(query: Query, returning: Sequence[Any], vendor: str) -> tuple[Text, Any]:
    # A compiler writes into its query: two threads may be here at once, and each has one of its own.
    compiler: Any = query.clone().get_compiler(connection=connections[DEFAULT_DB_ALIAS])
    compiled = compiler.as_sql()
    sql, params = compiled[0] if isinstance(query, InsertQuery) else compiled
    if returning and vendor != "sqlite":
        columns = [compiler.compile(expression) for expression in returning]
        sql += " RETURNING " + ", ".join(f"{text} AS told_{number}" for number, (text, _) in enumerate(columns))
        params = (*params, *itertools.chain(*(theirs for _, theirs in columns)))
    refuse_moments(sql, params)
    return Text(sql, params), compiler


def refuse_moments(sql: str, params: Sequence[Any]) -> None:
    if any(MOMENT.match(str(param)) for param in params):
        raise ValueError(f"A moment is written into {sql}. It has to be given.")


class Rows(Statement, Generic[Row]):
    """What a queryset finds, with what it reads beside it (select_related, annotations)."""

    def __init__(self, rows: "models.QuerySet[Row]") -> None:
        super().__init__(rows.query)

    def one(self, **values: Any) -> Row | None:
        """The one that there is, or None. For conditions that no two rows meet."""
        return next(self.all(**values), None)

    def all(self, **values: Any) -> Iterator[Row]:
        with connection.cursor() as cursor:
            self.execute(cursor, values)
            found = cursor.fetchall()
        return map(self._reader(connection.vendor), found)

    @functools.cache  # noqa: B019  # as many as there are statements, which live as long as the process
    def _reader(self, vendor: str) -> Any:
        """Makes an instance of a row, as Django's ModelIterable does."""
        _, compiler = self.compiled(vendor)
        info = compiler.klass_info
        model, start, stop = info["model"], info["select_fields"][0], info["select_fields"][-1] + 1
        names = [field[0].target.attname for field in compiler.select[start:stop]]
        related = get_related_populators(info, compiler.select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]  # Django 6's
        converters = compiler.get_converters([expression for expression, *_ in compiler.select])
        annotations = compiler.annotation_col_map.items()

        def read(row: Any) -> Row:
            if converters:  # SQLite has text where PostgreSQL has times and UUIDs
                (row,) = compiler.apply_converters([row], converters)
            found = model.from_db(DEFAULT_DB_ALIAS, names, row[start:stop])
            for populator in related:
                populator.populate(row, found)
            for name, column in annotations:
                setattr(found, name, row[column])
            return cast(Row, found)

        return read


class Tuples(Statement):
    """What a queryset's values_list finds."""

    def __init__(self, rows: "models.QuerySet[Any, tuple[Any, ...]]") -> None:
        super().__init__(rows.query)

    def __call__(self, **values: Any) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            self.execute(cursor, values)
            found = cursor.fetchall()
        _, compiler = self.compiled(connection.vendor)
        converters = compiler.get_converters([expression for expression, *_ in compiler.select])
        return list(map(tuple, compiler.apply_converters(found, converters)))


class Whether(Statement):
    """Whether a queryset finds anything."""

    def __init__(self, rows: "models.QuerySet[Any]") -> None:
        super().__init__(rows.query.exists())

    def __call__(self, **values: Any) -> bool:
        with connection.cursor() as cursor:
            self.execute(cursor, values)
            return cursor.fetchone() is not None


class Insert(Statement, Generic[Row]):
    """Adds a row just as it stands. Sends no signals."""

    def __init__(self, model: type[Row]) -> None:
        fields = model._meta.concrete_fields
        query: Any = InsertQuery(model)
        query.insert_values(
            fields, [SimpleNamespace(**{one.attname: Given(one.attname, one) for one in fields})], raw=True
        )
        super().__init__(query)

    def __call__(self, row: Row) -> None:
        with connection.cursor() as cursor:
            self.execute(cursor, vars(row))
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


class Update(Statement):
    """Writes to what a queryset finds. A Given says what, unless it is the same for ever."""

    def __init__(self, rows: "models.QuerySet[Any]", **fields: Any) -> None:
        query: Any = rows.query.chain(UpdateQuery)
        query.add_update_values(fields)
        super().__init__(query)

    def __call__(self, **values: Any) -> int:
        """How many rows were written."""
        with connection.cursor() as cursor:
            self.execute(cursor, values)
            return int(cursor.rowcount)
