"""A session and its user, found by one statement that Django compiles once for each database and then reuses.

Building the same join anew is two thirds of what a signed-in request's authentication costs. Refuses nothing:
whether what it finds still lets anybody in is accounts.sessions' to say.
"""

import functools
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections

from accounts.models import Session, User

SESSION, USER = ([field.attname for field in model._meta.concrete_fields] for model in (Session, User))


def find(key_hash: str) -> Session | None:
    """The row of that key, its user read with it; one query."""
    sql, compiler, converters = _compiled(connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(sql, [key_hash])
        row = cursor.fetchone()
    if row is None:
        return None
    if converters:  # SQLite has text where PostgreSQL has times and UUIDs
        row = next(iter(compiler.apply_converters([row], converters)))
    session = Session.from_db(DEFAULT_DB_ALIAS, SESSION, row[: len(SESSION)])
    theirs = row[len(SESSION) :]
    session.user = User.from_db(DEFAULT_DB_ALIAS, USER, theirs) if session.user_id else None
    return session


@functools.cache
def _compiled(vendor: str) -> tuple[str, Any, dict[int, Any]]:
    """The statement, its compiler, and what makes Python values of that database's. Columns in the models' order."""
    rows = Session.objects.select_related("user").filter(key_hash="")
    compiler = rows.query.get_compiler(connection=connections[DEFAULT_DB_ALIAS])
    sql, _ = compiler.as_sql()
    return sql, compiler, compiler.get_converters([expression for expression, *_ in compiler.select])
