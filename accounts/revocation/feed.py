"""What feeds the revocation list: triggers, so that no code path can forget to.

Whatever ends a credential, by the ORM, the admin, a cascade or raw SQL, makes the database end what hangs from it and
write down what must still be refused. Each trigger is one row of `_triggers`, the same for SQLite and PostgreSQL.

They are laid after each `migrate`. SQLite loses a table's triggers when a migration rebuilds it, and refuses to while
others mention it; so there they are lifted before (see accounts.apps). A worker without them takes no lease.
"""

import hashlib
from collections.abc import Callable
from typing import NamedTuple

from django.db.backends.base.base import BaseDatabaseWrapper

PREFIX = "revocation_feed_"


class Trigger(NamedTuple):
    name: str
    event: str  # UPDATE, DELETE, INSERT or TRUNCATE
    table: str
    when: str
    do: str


def _triggers(now: str, hex_of: Callable[[str], str]) -> list[Trigger]:
    user, grant, secret = "accounts_user", "accounts_grant", "accounts_clientsecret"
    integration, membership, key = "accounts_integration", "accounts_membership", "accounts_signingkey"

    def refuse(kind: str, subject: str, epoch: str = "0") -> str:
        columns = "kind, subject, epoch, created_at"
        return f"INSERT INTO accounts_revocationentry ({columns}) VALUES ('{kind}', {subject}, {epoch}, {now})"

    refuse_all_grants = (
        f"INSERT INTO accounts_revocationentry (kind, subject, epoch, created_at) "
        f"SELECT 'grant', {hex_of('id')}, 0, {now} FROM {grant} WHERE ended_at IS NULL AND expires_at > {now}"
    )

    def end(table: str, which: str) -> str:
        return f"UPDATE {table} SET ended_at = {now} WHERE ended_at IS NULL AND {which}"

    def moved(*columns: str) -> str:
        return " OR ".join(f"OLD.{name} <> NEW.{name}" for name in columns)

    theirs_in = (
        f"created_by_id = OLD.user_id AND integration_id IN (SELECT id FROM {integration} WHERE organisation_id = "
    )
    leaves = (
        f"{end(grant, 'user_id = OLD.user_id AND organisation_id = OLD.organisation_id')}; "
        f"{end(secret, f'{theirs_in}OLD.organisation_id)')}"
    )
    disabled = f"{end(secret, 'integration_id = OLD.id')}; {end(grant, 'integration_id = OLD.id')}"
    deactivated = "OLD.is_active AND NOT NEW.is_active"
    # An upgrade of the hash says so (User.check_password); whoever lowers an epoch would revive what is dead.
    new_password = "OLD.password <> NEW.password AND OLD.hash_upgrades = NEW.hash_upgrades"
    must_rise = f"(NEW.epoch = OLD.epoch AND (({deactivated}) OR ({new_password}))) OR NEW.epoch < OLD.epoch"
    was_alive = f"OLD.ended_at IS NULL AND OLD.expires_at > {now}"
    grant_ends = "(OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL) OR NEW.expires_at < OLD.expires_at"
    grant_moves = moved("epoch", "integration_id", "organisation_id", "user_id")
    grant_moves += " OR (OLD.user_id IS NULL) <> (NEW.user_id IS NULL)"
    return [
        Trigger("user_rise", "UPDATE", user, must_rise, f"UPDATE {user} SET epoch = OLD.epoch + 1 WHERE id = NEW.id"),
        Trigger("user_epoch", "UPDATE", user, "NEW.epoch > OLD.epoch", refuse("user", hex_of("NEW.id"), "NEW.epoch")),
        Trigger("user_off", "UPDATE", user, deactivated, end(secret, "created_by_id = NEW.id")),
        Trigger(
            "user_gone",
            "DELETE",
            user,
            "",
            f"{refuse('user', hex_of('OLD.id'), str(2**62))}; {end(secret, 'created_by_id = OLD.id')}",
        ),
        Trigger("grant_ended", "UPDATE", grant, f"{grant_ends} OR {grant_moves}", refuse("grant", hex_of("NEW.id"))),
        Trigger("grant_gone", "DELETE", grant, was_alive, refuse("grant", hex_of("OLD.id"))),
        Trigger("grant_truncated", "TRUNCATE", grant, "", refuse_all_grants),
        Trigger(
            "secret_ended",
            "UPDATE",
            secret,
            "OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL",
            end(grant, "client_secret_id = NEW.id"),
        ),
        Trigger("secret_gone", "DELETE", secret, "", end(grant, "client_secret_id = OLD.id")),
        Trigger(
            "integration_off",
            "UPDATE",
            integration,
            "OLD.disabled_at IS NULL AND NEW.disabled_at IS NOT NULL",
            disabled,
        ),
        Trigger("integration_gone", "DELETE", integration, "", disabled),
        Trigger("membership_moved", "UPDATE", membership, moved("user_id", "organisation_id"), leaves),
        Trigger("membership_gone", "DELETE", membership, "", leaves),
        Trigger("organisation_gone", "DELETE", "accounts_organisation", "", end(grant, "organisation_id = OLD.id")),
        Trigger(
            "key_revoked",
            "UPDATE",
            key,
            "OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL",
            refuse("key", "NEW.kid"),
        ),
        Trigger("key_gone", "DELETE", key, "", refuse("key", "OLD.kid")),
        Trigger(
            "blacklisted",
            "INSERT",
            "token_blacklist_blacklistedtoken",
            "",
            end(grant, "outstanding_id = NEW.token_id"),
        ),
    ]


def lay(connection: BaseDatabaseWrapper) -> None:
    """Creates the triggers, where they are not there exactly as they stand above."""
    if is_laid(connection):
        return
    lift(connection)
    with connection.cursor() as cursor:
        for name, statements in _statements(connection).items():
            for statement in statements:
                cursor.execute(statement)
            if connection.vendor == "postgresql":
                table = next(t.table for t in _of(connection) if PREFIX + t.name == name)
                cursor.execute(f"COMMENT ON TRIGGER {name} ON {table} IS '{_digest(statements)}'")


def lift(connection: BaseDatabaseWrapper) -> None:
    """Removes them."""
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for trigger in _of(connection):
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


def _of(connection: BaseDatabaseWrapper) -> list[Trigger]:
    if connection.vendor == "sqlite":
        triggers = _triggers("strftime('%Y-%m-%d %H:%M:%f', 'now')", lambda column: column)
        return [trigger for trigger in triggers if trigger.event != "TRUNCATE"]  # it knows no such thing
    # Not now(): that is when the transaction began, which may be long ago.
    return _triggers("clock_timestamp()", lambda column: f"replace({column}::text, '-', '')")


def _statements(connection: BaseDatabaseWrapper) -> dict[str, list[str]]:
    """By the trigger's name, what creates it."""
    create = _for_sqlite if connection.vendor == "sqlite" else _for_postgresql
    return {PREFIX + trigger.name: create(PREFIX + trigger.name, trigger) for trigger in _of(connection)}


def _for_sqlite(name: str, trigger: Trigger) -> list[str]:
    when = f" WHEN {trigger.when}" if trigger.when else ""
    head = f"CREATE TRIGGER {name} AFTER {trigger.event} ON {trigger.table} FOR EACH ROW{when}"
    return [f"{head} BEGIN {trigger.do}; END"]


def _for_postgresql(name: str, trigger: Trigger) -> list[str]:
    body = f"BEGIN {trigger.do}; RETURN NULL; END"
    when = f" WHEN ({trigger.when})" if trigger.when else ""
    # TRUNCATE knows no rows: what it takes is read before it does.
    time, each = ("BEFORE", "STATEMENT") if trigger.event == "TRUNCATE" else ("AFTER", "ROW")
    return [
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
        f"CREATE TRIGGER {name} {time} {trigger.event} ON {trigger.table} "
        f"FOR EACH {each}{when} EXECUTE FUNCTION {name}()",
    ]


def _digest(statements: list[str]) -> str:
    return hashlib.sha256("\n".join(statements).encode()).hexdigest()
