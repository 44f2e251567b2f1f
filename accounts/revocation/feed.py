"""Lays the triggers that feed the revocation list, and tells whether they are there: no code path can forget to.

They are laid after each `migrate`. SQLite loses a table's triggers when a migration rebuilds it, and refuses to while
others mention it; so there they are lifted before (see accounts.apps). A worker without them takes no lease.
"""

import hashlib

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from accounts.revocation import triggers
from accounts.revocation.triggers import Trigger
from accounts.revocation.turn import TURN

PREFIX = "revocation_feed_"


def lay(connection: BaseDatabaseWrapper) -> None:
    """Creates the triggers, where they are not there exactly as they stand in accounts.revocation.triggers.

    At once, for everybody: what ends in between would be in no list, and no later reading would find it.
    """
    with transaction.atomic(using=connection.alias):
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TURN])
        if not is_laid(connection):
            lift(connection)
            _create(connection)


def _create(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        for name, statements in _statements(connection).items():
            for statement in statements:
                cursor.execute(statement)
            if connection.vendor == "postgresql":
                table = next(t.table for t in triggers.of(connection.vendor) if PREFIX + t.name == name)
                cursor.execute(f"COMMENT ON TRIGGER {name} ON {table} IS '{_digest(statements)}'")


def lift(connection: BaseDatabaseWrapper) -> None:
    """Removes them."""
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for trigger in triggers.of(connection.vendor):
            name = PREFIX + trigger.name
            if connection.vendor == "sqlite":
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            elif trigger.table in tables:
                cursor.execute(f"DROP FUNCTION IF EXISTS {name} CASCADE")


def is_laid(connection: BaseDatabaseWrapper) -> bool:
    """Whether all are there, with these very texts. One query."""
    expected = {name: _digest(statements) for name, statements in _statements(connection).items()}
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            found = {name: _digest([sql]) for name, sql in cursor.fetchall()}
        else:
            cursor.execute(
                "SELECT tgname, obj_description(oid, 'pg_trigger') FROM pg_trigger "
                "WHERE tgenabled <> 'D' AND NOT tgisinternal"
            )
            found = dict(cursor.fetchall())
    return expected.items() <= found.items()


def _statements(connection: BaseDatabaseWrapper) -> dict[str, list[str]]:
    """By the trigger's name, what creates it."""
    create = _for_sqlite if connection.vendor == "sqlite" else _for_postgresql
    return {PREFIX + trigger.name: create(PREFIX + trigger.name, trigger) for trigger in triggers.of(connection.vendor)}


def _for_sqlite(name: str, trigger: Trigger) -> list[str]:
    when = f" WHEN {trigger.when}" if trigger.when else ""
    head = f"CREATE TRIGGER {name} AFTER {trigger.event} ON {trigger.table} FOR EACH ROW{when}"
    return [f"{head} BEGIN {trigger.do}; END"]


def _for_postgresql(name: str, trigger: Trigger) -> list[str]:
    do = _of_any_number(trigger.at_once) if trigger.at_once else trigger.do
    body = f"BEGIN {do}; RETURN NULL; END"
    if trigger.unless_by:
        # A line each of this function, of the statement that set it off, and of whose that is. What reads otherwise, as
        # in some languages of a server, or by a rewrite rule, is taken for somebody else's, and asked.
        ours = (
            f"split_part(stack, chr(10), 2) LIKE '%\"INSERT INTO {trigger.table} %\"' AND "
            f"split_part(stack, chr(10), 3) LIKE 'PL/pgSQL% {PREFIX}{trigger.unless_by}() %'"
        )
        unless = f"GET DIAGNOSTICS stack = PG_CONTEXT; IF {ours} THEN RETURN NULL; END IF"
        body = f"DECLARE stack text; BEGIN {unless}; {do}; RETURN NULL; END"
    return [
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
        f"CREATE TRIGGER {name} {_each(trigger)} EXECUTE FUNCTION {name}()",
    ]


def _of_any_number(do: str) -> str:
    """What one row needs is planned once for each connection. That plan, a loop within a loop, takes minutes for many
    rows: theirs is made anew, which knows how many. A statement that changed nothing has its trigger too, and two that
    lead to each other would never end.
    """
    many, any_ = "EXISTS (SELECT FROM new_rows OFFSET 1)", "EXISTS (SELECT FROM new_rows)"
    anew = "; ".join(f"EXECUTE $many${statement}$many$" for statement in do.split("; "))
    return f"IF {many} THEN {anew}; ELSIF {any_} THEN {do}; END IF"


def _each(trigger: Trigger) -> str:
    """When it comes, and for what: each row, or each statement with all of its rows."""
    if trigger.event == "TRUNCATE":  # knows no rows: what it takes is read before it does
        return f"BEFORE TRUNCATE ON {trigger.table} FOR EACH STATEMENT"
    on = f"AFTER {trigger.event} ON {trigger.table}"
    if trigger.at_once:
        old = "OLD TABLE AS old_rows " if trigger.event == "UPDATE" else ""
        return f"{on} REFERENCING {old}NEW TABLE AS new_rows FOR EACH STATEMENT"
    return f"{on} FOR EACH ROW" + (f" WHEN ({trigger.when})" if trigger.when else "")


def _digest(statements: list[str]) -> str:
    return hashlib.sha256("\n".join(statements).encode()).hexdigest()
