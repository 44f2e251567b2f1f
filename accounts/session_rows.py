"""A session and its user, found by one statement that Django compiles once for each database and then reuses.

Building the same join anew is two thirds of what a signed-in request's authentication costs. Refuses nothing:
whether what it finds still lets anybody in is accounts.sessions' to say.
"""

import functools
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Exists, OuterRef

from accounts.models import Membership, Session, User

SESSION, USER = ([field.attname for field in model._meta.concrete_fields] for model in (Session, User))
# Read with every session, so that no page can be reached around a second factor that is required.
FACTORS = {
    "needs_second_factor": Exists(Membership.objects.filter(user=OuterRef("user"), organisation__requires_mfa=True)),
    "has_second_factor": Exists(Authenticator.objects.filter(user=OuterRef("user"), type__in=["totp", "webauthn"])),
}


def find(key_hash: str) -> Session | None:
    """The row of that key, its user read with it; one query."""
    sql, params, compiler, converters = _compiled(connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(sql, [*params, key_hash])
        row = cursor.fetchone()
    if row is None:
        return None
    if converters:  # SQLite has text where PostgreSQL has times and UUIDs
        row = next(iter(compiler.apply_converters([row], converters)))
    session = Session.from_db(DEFAULT_DB_ALIAS, SESSION, row[: len(SESSION)])
    for name, value in zip(FACTORS, row[len(SESSION) :], strict=False):
        setattr(session, name, value)
    theirs = row[len(SESSION) + len(FACTORS) :]
    session.user = User.from_db(DEFAULT_DB_ALIAS, USER, theirs) if session.user_id else None
    return session


@functools.cache
def _compiled(vendor: str) -> tuple[str, tuple[Any, ...], Any, dict[int, Any]]:
    """The statement, its parameters but the last (the key), its compiler, and what makes Python values of that
    database's. Columns in the models' order, the factors between the session's and the user's."""
    rows = Session.objects.select_related("user").annotate(**FACTORS).filter(key_hash="")
    compiler = rows.query.get_compiler(connection=connections[DEFAULT_DB_ALIAS])
    sql, params = compiler.as_sql()
    return sql, params[:-1], compiler, compiler.get_converters([expression for expression, *_ in compiler.select])
