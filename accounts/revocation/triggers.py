"""The triggers that feed the revocation list, as data: after which change, to which table, the database does what.

Each ends what hangs from what was ended, or writes down what must still be refused; one thing leads to the other: the
end of a membership ends grants, the end of a grant is written down. The same text serves SQLite and PostgreSQL.
"""

from collections.abc import Callable
from typing import NamedTuple

USER, MEMBERSHIP, ORGANISATION = "accounts_user", "accounts_membership", "accounts_organisation"
GRANT, SECRET, INTEGRATION = "accounts_grant", "accounts_clientsecret", "accounts_integration"
KEY = "accounts_signingkey"
OUTSTANDING, BLACKLISTED = "token_blacklist_outstandingtoken", "token_blacklist_blacklistedtoken"
ENTRIES = "accounts_revocationentry (kind, subject, epoch, created_at)"
NO_EPOCH_IS_HIGHER = str(2**62)
WAS_ENDED = "OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL"


class Trigger(NamedTuple):
    name: str
    event: str  # UPDATE, DELETE, INSERT or TRUNCATE
    table: str
    when: str  # "" is always
    do: str
    at_once: str = ""  # the same for all rows of a statement, `old_rows` and `new_rows`, where the database can
    unless_by: str = ""  # the trigger that would set it off with nothing left to do, where the database can tell


class Dialect(NamedTuple):
    """What the two databases say differently: what time it is, and in an hour; an id as 32 hex digits."""

    now: str
    soon: str
    hex_of: Callable[[str], str]

    def refuse(self, kind: str, subject: str, epoch: str = "0") -> str:
        return f"INSERT INTO {ENTRIES} VALUES ('{kind}', {subject}, {epoch}, {self.now})"

    def end(self, table: str, which: str) -> str:
        return f"UPDATE {table} SET ended_at = {self.now} WHERE ended_at IS NULL AND {which}"


SQLITE = Dialect(
    now="strftime('%Y-%m-%d %H:%M:%f', 'now')",
    soon="strftime('%Y-%m-%d %H:%M:%f', 'now', '+1 hour')",
    hex_of=lambda column: column,
)
POSTGRESQL = Dialect(
    now="clock_timestamp()",  # not now(): that is when the transaction began, which may be long ago
    soon="clock_timestamp() + interval '1 hour'",
    hex_of=lambda column: f"replace({column}::text, '-', '')",
)


def of(vendor: str) -> list[Trigger]:
    dialect = SQLITE if vendor == "sqlite" else POSTGRESQL
    everything = [*_of_users(dialect), *_of_grants(dialect), *_of_what_grants_hang_from(dialect), *_of_keys(dialect)]
    return [trigger for trigger in everything if trigger.event != "TRUNCATE" or vendor != "sqlite"]


def _of_users(sql: Dialect) -> list[Trigger]:
    deactivated = "OLD.is_active AND NOT NEW.is_active"
    # An upgrade of the hash says so (User.check_password); whoever lowers an epoch would revive what is dead.
    new_password = "OLD.password <> NEW.password AND OLD.hash_upgrades = NEW.hash_upgrades"
    must_rise = f"(NEW.epoch = OLD.epoch AND (({deactivated}) OR ({new_password}))) OR NEW.epoch < OLD.epoch"
    rise = f"UPDATE {USER} SET epoch = OLD.epoch + 1 WHERE id = NEW.id"
    refuse = sql.refuse("user", sql.hex_of("NEW.id"), "NEW.epoch")
    refuse_for_good = sql.refuse("user", sql.hex_of("OLD.id"), NO_EPOCH_IS_HIGHER)
    return [
        Trigger("user_rise", "UPDATE", USER, must_rise, rise),
        Trigger("user_epoch", "UPDATE", USER, "NEW.epoch > OLD.epoch", refuse),
        Trigger("user_off", "UPDATE", USER, deactivated, sql.end(SECRET, "created_by_id = NEW.id")),
        Trigger("user_gone", "DELETE", USER, "", f"{refuse_for_good}; {sql.end(SECRET, 'created_by_id = OLD.id')}"),
    ]


def _of_grants(sql: Dialect) -> list[Trigger]:
    alive = f"ended_at IS NULL AND expires_at > {sql.now}"
    was_alive = f"OLD.ended_at IS NULL AND OLD.expires_at > {sql.now}"
    moved = _moved("epoch", "integration_id", "organisation_id", "user_id")
    # Cut short so that an access token could outlive it; a shorter GRANT_DAYS ends nothing.
    cut_short = f"NEW.expires_at < OLD.expires_at AND NEW.expires_at < {sql.soon}"
    given_away = f"{moved} OR (OLD.user_id IS NULL) <> (NEW.user_id IS NULL)"
    changed = f"({WAS_ENDED}) OR ({cut_short}) OR {given_away}"
    refuse = sql.refuse("grant", sql.hex_of("NEW.id"))
    # What simplejwt knows of a grant is blacklisted with it, whoever ends it, and goes with what it refers to: whatever
    # deletes several tables in one transaction, in any order, must find nothing in its way.
    blacklist = f"INSERT INTO {BLACKLISTED} (token_id, blacklisted_at) SELECT NEW.outstanding_id, {sql.now}"
    is_known = f"EXISTS (SELECT 1 FROM {OUTSTANDING} AS known WHERE known.id = NEW.outstanding_id)"
    which = f"{WAS_ENDED} AND {is_known}"
    unless_it_is = "ON CONFLICT (token_id) DO NOTHING"
    in_order = "ORDER BY NEW.outstanding_id"  # in which both tables keep them: many are read and written page by page
    drop_it = f"DELETE FROM {BLACKLISTED} WHERE token_id = OLD.id"
    rows = "FROM new_rows JOIN old_rows ON old_rows.id = new_rows.id WHERE"
    refuse_changed = f"INSERT INTO {ENTRIES} SELECT 'grant', {sql.hex_of('NEW.id')}, 0, {sql.now} {rows} {changed}"
    end_all = sql.end(GRANT, "outstanding_id IN (SELECT token_id FROM new_rows)")
    refuse_all = f"INSERT INTO {ENTRIES} SELECT 'grant', {sql.hex_of('id')}, 0, {sql.now} FROM {GRANT} WHERE {alive}"
    return [
        Trigger(
            "grant_ended",
            "UPDATE",
            GRANT,
            changed,
            f"{refuse}; {blacklist} WHERE {which} {unless_it_is}",
            _of_rows(f"{refuse_changed}; {blacklist} {rows} {which} {in_order} {unless_it_is}"),
        ),
        Trigger("grant_gone", "DELETE", GRANT, was_alive, sql.refuse("grant", sql.hex_of("OLD.id"))),
        Trigger("grant_truncated", "TRUNCATE", GRANT, "", refuse_all),
        Trigger("outstanding_gone", "DELETE", OUTSTANDING, "", drop_it),
        Trigger(
            "blacklisted",
            "INSERT",
            BLACKLISTED,
            "",
            sql.end(GRANT, "outstanding_id = NEW.token_id"),
            end_all,
            unless_by="grant_ended",
        ),
    ]


def _of_what_grants_hang_from(sql: Dialect) -> list[Trigger]:
    here = f"SELECT id FROM {INTEGRATION} WHERE organisation_id = OLD.organisation_id"
    theirs = sql.end(SECRET, f"created_by_id = OLD.user_id AND integration_id IN ({here})")
    leaves = f"{sql.end(GRANT, 'user_id = OLD.user_id AND organisation_id = OLD.organisation_id')}; {theirs}"
    goes = f"{sql.end(SECRET, 'integration_id = OLD.id')}; {sql.end(GRANT, 'integration_id = OLD.id')}"
    was_disabled = "OLD.disabled_at IS NULL AND NEW.disabled_at IS NOT NULL"
    return [
        Trigger("secret_ended", "UPDATE", SECRET, WAS_ENDED, sql.end(GRANT, "client_secret_id = NEW.id")),
        Trigger("secret_gone", "DELETE", SECRET, "", sql.end(GRANT, "client_secret_id = OLD.id")),
        Trigger("integration_off", "UPDATE", INTEGRATION, was_disabled, goes),
        Trigger("integration_gone", "DELETE", INTEGRATION, "", goes),
        Trigger("membership_moved", "UPDATE", MEMBERSHIP, _moved("user_id", "organisation_id"), leaves),
        Trigger("membership_gone", "DELETE", MEMBERSHIP, "", leaves),
        Trigger("organisation_gone", "DELETE", ORGANISATION, "", sql.end(GRANT, "organisation_id = OLD.id")),
    ]


def _of_keys(sql: Dialect) -> list[Trigger]:
    was_revoked = "OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL"
    return [
        Trigger("key_revoked", "UPDATE", KEY, was_revoked, sql.refuse("key", "NEW.kid")),
        Trigger("key_gone", "DELETE", KEY, "", sql.refuse("key", "OLD.kid")),
    ]


def _moved(*columns: str) -> str:
    return " OR ".join(f"OLD.{name} <> NEW.{name}" for name in columns)


def _of_rows(text: str) -> str:
    """What is said of a row, said of all rows of a statement."""
    return text.replace("OLD.", "old_rows.").replace("NEW.", "new_rows.")
