"""What ends what, as data: each thing that may happen to Alice's credentials, and which of them it ends.

The tests hold every cell of it at every place where it is checked, on both databases; docs/guarantees.md is printed
from it. A new cause, part of a scope or trigger that no row tells of fails a test.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import connection
from django.db.models import F
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken

from accounts import credentials, grants, revocation
from accounts.models import Cause, ClientSecret, Grant, Integration, Membership, Session, SigningKey, User
from accounts.revocation import Scope
from accounts.tests.world import PASSWORD

# Alice's credentials: her session, what Sync has on her behalf, and what Export, whose secret she created, has itself.
CREDENTIALS = {
    "session": "session",
    "access": "access token",
    "refresh": "refresh token",
    "code": "code not yet exchanged",
    "secret": "client secret she created",
    "own": "client's own access token",
}
ALL = frozenset(CREDENTIALS)
HERS = frozenset({"session", "access", "refresh", "code"})
ON_BEHALF = frozenset({"access", "refresh", "code"})
GRANT = frozenset({"access", "refresh"})
SECRET = frozenset({"secret", "own"})


@dataclass(frozen=True)
class Row:
    what: str
    act: Callable[[Any], Any]
    ends: frozenset[str]
    tells_of: frozenset[Any] = frozenset()  # causes, parts of scopes, triggers


def raw(sql: str, *rows: Any) -> None:
    """SQL below the ORM; rows stand for their ids."""
    ids = [row._meta.pk.get_db_prep_value(row.pk, connection) for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(sql, ids)


def hers(w: Any) -> Any:
    return User.objects.filter(pk=w.alice.pk)


def delete(row: Any) -> None:
    """By the ORM, and leaves the test its own copy of the row."""
    type(row).objects.get(pk=row.pk).delete()


def bulk_deactivate(w: Any) -> None:
    w.alice.is_active = False
    User.objects.bulk_update([w.alice], ["is_active"])


def deactivate(w: Any) -> None:
    w.alice.is_active = False
    w.alice.save()


def new_password(w: Any) -> None:
    w.alice.set_password("another passphrase")
    w.alice.save()


def upgrade_the_hash(w: Any) -> None:
    old = make_password(PASSWORD, hasher="argon2")
    User.objects.filter(pk=w.alice.pk).update(password=old, hash_upgrades=F("hash_upgrades") + 1)
    assert User.objects.get(pk=w.alice.pk).check_password(PASSWORD)
    assert User.objects.get(pk=w.alice.pk).password != old


def use_twice(w: Any) -> None:
    first = w.connected
    w.connected = w.refresh(w.refresh(first))
    try:
        w.refresh(first)
    except grants.InvalidGrant:
        pass
    else:
        raise AssertionError("a refresh token was taken twice")


def revoke(cause: Cause = Cause.ENDED, **scope: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda w: revocation.revoke(Scope(**{name: part(w) for name, part in scope.items()}), cause=cause)


def row(what: str, act: Callable[[Any], Any], ends: frozenset[str], *tells_of: Any) -> Row:
    return Row(what, act, ends, frozenset(tells_of))


alice = {"user": lambda w: w.alice}
THE_ACT = [
    row(
        "signed out everywhere", revoke(Cause.SIGNED_OUT_EVERYWHERE, **alice), ALL, Cause.SIGNED_OUT_EVERYWHERE, "user"
    ),
    row("compromised", revoke(Cause.COMPROMISED, **alice), ALL, Cause.COMPROMISED),
    row("deactivated", revoke(Cause.DEACTIVATED, **alice), ALL, Cause.DEACTIVATED),
    row("password changed", lambda w: credentials.change_password(w.alice, "x" * 12), HERS, Cause.PASSWORD_CHANGED),
    row("a session", revoke(session=lambda w: Session.objects.get(user=w.alice)), frozenset({"session"}), "session"),
    row("a grant", revoke(grant=lambda w: w.grant), GRANT, "grant", Cause.ENDED),
    row("the integration Sync", revoke(integration=lambda w: w.sync), ON_BEHALF, "integration"),
    row("the integration Export", revoke(integration=lambda w: w.export), SECRET),
    row("the client secret", revoke(client_secret=lambda w: w.secret), SECRET, "client_secret"),
    row("the organisation", revoke(organisation=lambda w: w.acme), ALL, "organisation"),
    row("the user within the organisation", revoke(**alice, organisation=lambda w: w.acme), ALL),
    row("the signing key", revoke(signing_key=lambda w: SigningKey.objects.get()), GRANT | {"own"}, "signing_key"),
    row("everything", revoke(everything=lambda w: True), ALL, "everything"),
    row("a refresh token used twice", use_twice, GRANT, Cause.REUSED),
    row("the user deleted", lambda w: credentials.delete(w.alice), ALL),
]
BELOW = [
    row("`is_active` off, `save()`", deactivate, ALL),
    row(
        "`is_active` off, `QuerySet.update()`",
        lambda w: User.objects.filter(pk=w.alice.pk).update(is_active=False),
        ALL,
    ),
    row("`is_active` off, `bulk_update()`", bulk_deactivate, ALL),
    row(
        "`is_active` off, raw SQL",
        lambda w: raw("UPDATE accounts_user SET is_active = false WHERE id = %s", w.alice),
        ALL,
        "user_rise",
        "user_epoch",
        "user_off",
    ),
    row("password set, `save()`", new_password, HERS),
    row("password set, `update()`", lambda w: hers(w).update(password="!"), HERS),
    row("password set, raw SQL", lambda w: raw("UPDATE accounts_user SET password = '!' WHERE id = %s", w.alice), HERS),
    row(
        "epoch raised, raw SQL",
        lambda w: raw("UPDATE accounts_user SET epoch = epoch + 1 WHERE id = %s", w.alice),
        HERS,
    ),
    row(
        "epoch lowered, raw SQL",
        lambda w: raw("UPDATE accounts_user SET epoch = 0 WHERE id = %s", w.alice),
        HERS,
    ),
    row("user deleted, `delete()` and its cascade", lambda w: delete(w.alice), ALL, "user_gone"),
    row(
        "grant ended, raw SQL",
        lambda w: raw("UPDATE accounts_grant SET ended_at = created_at WHERE id = %s", w.grant),
        GRANT,
        "grant_ended",
    ),
    row(
        "grant cut short, raw SQL",
        lambda w: raw("UPDATE accounts_grant SET expires_at = created_at WHERE id = %s", w.grant),
        GRANT,
    ),
    row("grant deleted, `delete()`", lambda w: delete(w.grant), GRANT),
    row(
        "grant deleted, raw SQL",
        lambda w: raw("DELETE FROM accounts_grant WHERE id = %s", w.grant),
        GRANT,
        "grant_gone",
    ),
    row(
        "grant blacklisted by simplejwt's own means",
        lambda w: BlacklistedToken.objects.create(token=w.grant.outstanding),
        GRANT,
        "blacklisted",
    ),
    row(
        "secret ended, raw SQL",
        lambda w: raw("UPDATE accounts_clientsecret SET ended_at = created_at WHERE id = %s", w.secret),
        SECRET,
        "secret_ended",
    ),
    row("secret deleted, `delete()`", lambda w: delete(w.secret), SECRET, "secret_gone"),
    row(
        "integration disabled, `update()`",
        lambda w: Integration.objects.filter(pk=w.export.pk).update(disabled_at=w.acme.created_at),
        SECRET,
    ),
    row(
        "integration disabled, raw SQL",
        lambda w: raw("UPDATE accounts_integration SET disabled_at = created_at WHERE id = %s", w.sync),
        ON_BEHALF,
        "integration_off",
    ),
    row("integration deleted, `delete()`", lambda w: delete(w.sync), ON_BEHALF, "integration_gone"),
    row("membership deleted, `delete()`", lambda w: delete(w.membership), ON_BEHALF | SECRET),
    row(
        "membership deleted, raw SQL",
        lambda w: raw("DELETE FROM accounts_membership WHERE id = %s", w.membership),
        ON_BEHALF | SECRET,
        "membership_gone",
    ),
    row(
        "membership given to somebody else, raw SQL",
        lambda w: raw("UPDATE accounts_membership SET user_id = %s WHERE id = %s", w.mallory, w.membership),
        ON_BEHALF | SECRET,
        "membership_moved",
    ),
    row("organisation deleted, `delete()`", lambda w: delete(w.acme), ON_BEHALF | SECRET, "organisation_gone"),
    row(
        "signing key revoked, raw SQL",
        lambda w: raw("UPDATE accounts_signingkey SET revoked_at = created_at"),
        GRANT | {"own"},
        "key_revoked",
    ),
    row("signing key deleted, raw SQL", lambda w: raw("DELETE FROM accounts_signingkey"), GRANT | {"own"}, "key_gone"),
    row("the hash of the same password upgraded at sign-in", upgrade_the_hash, frozenset()),
]
ROWS = [*THE_ACT, *BELOW]


def prepare(w: Any, browser: Any) -> Any:
    """Gives Alice one of each, and remembers the rows that the acts name."""
    w.browser = browser(w.alice)
    w.connected, w.own, w.code_of_hers = w.connect(w.alice), w.own_tokens(), w.code(w.alice)
    w.grant, w.secret = w.grant_of(w.connected), ClientSecret.objects.get(integration=w.export)
    w.membership = Membership.objects.get(user=w.alice)
    assert Grant.objects.live().count() == 3
    return w


def as_markdown() -> str:
    """One line a row: what happened, and which of the credentials it ends."""
    head = "| what happened | " + " | ".join(CREDENTIALS.values()) + " |"
    rule = "| --- |" + " :-: |" * len(CREDENTIALS)
    lines = [head, rule]
    for title, rows in (("one act of ours", THE_ACT), ("below it", BELOW)):
        lines.append(f"| **{title}** |" + " |" * len(CREDENTIALS))
        for each in rows:
            cells = ("ends" if name in each.ends else "lives" for name in CREDENTIALS)
            lines.append(f"| {each.what} | {' | '.join(cells)} |")
    return "\n".join(lines)
