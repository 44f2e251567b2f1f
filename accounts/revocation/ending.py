"""The act itself: one transaction, the same number of statements whether it ends one credential or a thousand."""

import functools
from dataclasses import dataclass, fields
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.db.models import BooleanField, Case, CharField, Count, F, UUIDField, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts import events, keys, notices, visitors
from accounts.models import (
    Cause,
    Integration,
    Invitation,
    Organisation,
    Revocation,
    SigningKey,
    User,
    revocations,
)
from accounts.returning import Kinds, Together
from accounts.revocation import coverage, receipts
from accounts.revocation.coverage import Coverage
from accounts.revocation.list import clock
from accounts.revocation.scope import Scope
from accounts.revocation.turn import ask_turn, insist
from accounts.statements import Given, Insert, Update, Whether, commit_with_it, one_round_trip
from accounts.visitors import Visitor

# Causes that say something of a person rather than of one credential.
OF_A_USER = {Cause.SIGNED_OUT_EVERYWHERE, Cause.COMPROMISED, Cause.DEACTIVATED, Cause.PASSWORD_CHANGED}
ADD = Insert(Revocation)
# Raises the epoch, and sets what is not given as None.
SHUT_OUT = Update(
    User.objects.filter(pk=Given("user", UUIDField())),
    epoch=F("epoch") + 1,
    password=Coalesce(Given("password", CharField()), "password"),
    is_active=Coalesce(Given("is_active", BooleanField()), "is_active"),
    compromised_at=Case(When(Given("is_compromised", BooleanField()), then=coverage.NOW), default="compromised_at"),
)
HAS_UNPROVED = Whether(EmailAddress.objects.filter(user=Given("user", UUIDField()), verified=False, primary=False))


class CauseNeedsUser(ValueError):
    """Such as "compromised": that is said of a whole user, not of a session or an app."""


@dataclass(frozen=True)
class Preview:
    """How many live credentials of each kind. The same four numbers stand on the Revocation that ends them."""

    sessions: int
    grants: int
    codes: int
    client_secrets: int

    @property
    def in_words(self) -> str:
        return revocations.in_words(self)


def preview(scope: Scope) -> Preview:
    """What `revoke(scope)` would end if it came now. Changes nothing. One statement."""
    is_code = When(redeemed_at=None, then=Value("codes"))
    covered = Coverage(scope.given())
    live = [
        covered.sessions().live().values(kind=Value("sessions")),
        covered.grants().live().values(kind=Case(is_code, default=Value("grants"), output_field=CharField())),
        covered.client_secrets().live().values(kind=Value("client_secrets")),
    ]
    counts = [rows.order_by().annotate(n=Count("pk")) for rows in live]
    found = {row["kind"]: row["n"] for row in counts[0].union(*counts[1:], all=True)}
    return Preview(**{field.name: found.get(field.name, 0) for field in fields(Preview)})


def revoke(
    scope: Scope,
    *,
    cause: Cause,
    by: User | None = None,
    through: Integration | None = None,
    reason: str = "",
    visitor: Visitor = visitors.NOBODY,
    within: Organisation | None = None,
    patience: float | None = None,
) -> Revocation:
    """Ends all that the scope covers and returns what that was. Twice is once: the second time nothing is left.

    `through` is the integration that asked for it; `within` the organisation whose audit it belongs in, where the
    scope does not say so itself.

    Once committed, it waits for the workers, and the revocation has its receipt; `patience` is for how many seconds at
    most, when not for as long as it takes (a lease and a little). Within a transaction of the caller's, that is when
    the caller commits.
    """
    called_at = clock()
    began_it = connection.get_autocommit()
    if cause in OF_A_USER and not scope.is_whole_user:
        raise CauseNeedsUser(f"{Cause(cause).label} is said of a whole user.")

    @transaction.atomic
    def act() -> Revocation:
        revocation = _row(scope, cause, reason, by, through, within)
        highest = _end_credentials(scope, revocation)
        _end_holder(scope, revocation)
        with one_round_trip():
            ADD(revocation)
            _record(scope, revocation, by, visitor)
            # Last of all: what would be written later is in no announcement. What a caller's transaction wrote before
            # has a lower id, and must not go without saying.
            told = receipts.ask_news(highest) if began_it else None
            if began_it:
                commit_with_it()
        transaction.on_commit(lambda: receipts.collect(revocation, told, called_at=called_at, patience=patience))
        if cause == Cause.COMPROMISED and scope.user:
            user = scope.user
            transaction.on_commit(lambda: notices.tell_of_compromise(user, revocation), robust=True)
        return revocation

    return insist(act) if began_it else act()


def _row(
    scope: Scope, cause: Cause, reason: str, by: User | None, through: Integration | None, within: Organisation | None
) -> Revocation:
    return Revocation(
        cause=cause,
        reason=reason,
        actor=by,
        actor_label=" through ".join(filter(None, [by.email if by else "", through.name if through else ""]))[:254],
        user=scope.user,
        organisation=within or scope.concerned_organisation,
        scope=scope.as_json(),
    )


def _end_credentials(scope: Scope, revocation: Revocation) -> int:
    """Takes its turn and ends all that is covered, so that nothing can come to life again, and counts what was live as
    it takes it. Returns what take_turn does.

    A user's epoch rises with it, which ends what is still in flight; what they have only begun ends then.
    """
    with one_round_trip():
        highest = ask_turn()
        told = _ends(frozenset(scope.given()), scope.is_whole_user).ask(**_given(scope, revocation))
    # What came about while it waited for its turn came before it.
    revocation.at = timezone.now()
    sessions, grants, secrets, *has_unproved = told()
    _count(revocation, sessions, grants, secrets)
    if scope.user and has_unproved:
        _end_what_is_half_done(scope.user, revocation, has_unproved=has_unproved[0])
    return highest()


def _given(scope: Scope, revocation: Revocation) -> dict[str, Any]:
    given = {**scope.given(), "now": revocation.at, "revocation": revocation.pk}
    # A password that nobody has keeps out whoever has the old one, and whoever has a reset link, made of its hash.
    given["password"] = make_password(None) if revocation.cause == Cause.COMPROMISED else None
    given["is_compromised"] = revocation.cause == Cause.COMPROMISED
    given["is_active"] = False if revocation.cause == Cause.DEACTIVATED else None
    return given


def _count(revocation: Revocation, sessions: Kinds, grants: Kinds, secrets: Kinds) -> None:
    live_sessions = [(streams, number) for (was_live, streams), number in sessions.items() if was_live]
    revocation.sessions = sum(number for _, number in live_sessions)
    revocation.streams = sum(streams * number for streams, number in live_sessions)
    # SQLite has 1 for true, which is the same key.
    revocation.grants, revocation.codes = grants[True, False], grants[True, True]
    revocation.client_secrets = secrets[True,]


@functools.cache
def _ends(named: frozenset[str], is_whole_user: bool) -> Together:
    asked = [HAS_UNPROVED] if is_whole_user or named >= {"user", "only_sessions"} else []
    return Together(*coverage.ends(named), *([SHUT_OUT] if is_whole_user else []), *asked)


def _end_holder(scope: Scope, revocation: Revocation) -> None:
    """An integration is disabled, a key believed no more, and everybody's epoch rises where everything ends."""
    revocation.besides = ""
    if scope.is_whole_integration and scope.integration:
        row = Integration.objects.live().filter(pk=scope.integration.pk)
        if row.update(disabled_at=revocation.at):
            revocation.besides = revocations.of_integration(scope.integration.name)
    if scope.everything:
        User.objects.update(epoch=F("epoch") + 1)
    if scope.everything or scope.is_whole_key:
        signing = SigningKey.objects.filter(revoked_at=None)
        which = signing.filter(pk=scope.signing_key.pk) if scope.signing_key else signing
        if which.update(revoked_at=revocation.at):
            key = scope.signing_key
            revocation.besides = revocations.of_signing_key(key.kid) if key else revocations.OF_EVERY_KEY
        # Not before: another thread would read it again as it stands until then, and go on signing with it.
        transaction.on_commit(keys.forget)


def _end_what_is_half_done(user: User, revocation: Revocation, *, has_unproved: bool) -> None:
    """A new address that has not been confirmed: its link would give the account away. And invitations, of somebody who
    may not have been themselves."""
    if has_unproved:
        EmailAddress.objects.filter(user=user, verified=False, primary=False).delete()
    if revocation.cause in {Cause.COMPROMISED, Cause.DEACTIVATED}:
        Invitation.objects.filter(invited_by=user, ended_at=None).update(ended_at=revocation.at)


def _record(scope: Scope, revocation: Revocation, by: User | None, visitor: Visitor) -> None:
    events.record(
        events.Kind.REVOKED,
        user=scope.concerned_user,
        by=by,
        organisation=revocation.organisation,
        integration=scope.concerned_integration,
        visitor=visitor,
        revocation=str(revocation.pk),
        cause=revocation.cause,
        cause_label=str(Cause(revocation.cause).label),
        reason=revocation.reason,
        in_words=revocation.in_words,
        ended=revocation.ended,
    )
