"""Second factors: a one-time code works once, a change of them ends other sessions, an organisation may require one.

What they are and how they are checked is allauth's; the codes' secrets are encrypted by `accounts.crypto`.
"""

import time
from datetime import timedelta

from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction
from django.db.models import Count, Q

from accounts import events, notices, ranks, revocation, visitors
from accounts.models import Cause, Membership, Organisation, Session, SpentStep, User
from accounts.models.second_factors import has_second_factor, second_factors_of
from accounts.revocation import Scope
from accounts.visitors import Visitor

STEP = 30  # seconds
IN_FLIGHT = timedelta(minutes=1)  # more than any request takes
CHANGES = {
    "totp_activated": (events.Kind.SECOND_FACTOR_ADDED, "Authenticator app"),
    "totp_deactivated": (events.Kind.SECOND_FACTOR_REMOVED, "Authenticator app"),
    "webauthn_added": (events.Kind.SECOND_FACTOR_ADDED, "Passkey"),
    "webauthn_removed": (events.Kind.SECOND_FACTOR_REMOVED, "Passkey"),
    "recovery_codes_generated": (events.Kind.RECOVERY_CODES_RENEWED, "Recovery codes"),
}


class LacksOne(Exception):
    """Whoever asks it of others has one first."""


def spend(user: User) -> bool:
    """Notes that this moment's code was used. False when it was before: the database decides, whatever a cache says."""
    step = int(time.time()) // STEP
    if SpentStep.objects.filter(user=user, step__lt=step).update(step=step):
        return True
    try:
        with transaction.atomic():
            SpentStep.objects.create(user=user, step=step)
    except IntegrityError:
        return False
    return True


def has_one(user: User) -> bool:
    return second_factors_of(user).exists()


def signs_in_alone(passkey: Authenticator) -> bool:
    """Not where it may have been planted: before its user was declared compromised, or in a request in flight then.
    It is a second step after the password still."""
    compromised_at = passkey.user.compromised_at
    return compromised_at is None or passkey.created_at > compromised_at + IN_FLIGHT


def changed(change: str, user: User, *, keep: Session | None, visitor: Visitor = visitors.NOBODY) -> None:
    """For the record; and every other browser signs in anew, by the new rules (ASVS 7.4.3).

    Apps stay connected, but where one is required and none is left.
    """
    kind, what = CHANGES[change]
    with transaction.atomic():
        events.record(kind, user=user, by=user, visitor=visitor, what=what)
        revocation.revoke(
            Scope(user=user, only_sessions=True, keep=keep),
            cause=Cause.ENDED,
            by=user,
            reason=f"{kind.label}: {what}",
            visitor=visitor,
        )
        _end_apps_around_it(user, by=user, visitor=visitor)


@transaction.atomic
def take_away(authenticator: Authenticator, *, by: User | None, visitor: Visitor = visitors.NOBODY) -> None:
    """An operator's help for whoever has lost theirs: on record, told by mail, and every session signs in anew."""
    user, what = authenticator.user, str(authenticator.get_type_display())
    revocation.take_turn()
    authenticator.delete()
    kind = events.Kind.SECOND_FACTOR_REMOVED
    events.record(kind, user=user, by=by, visitor=visitor, what=what)
    notices.tell_of_removed_factor(user, what)
    revocation.revoke(
        Scope(user=user, only_sessions=True), cause=Cause.ENDED, by=by, reason=f"{kind.label}: {what}", visitor=visitor
    )
    _end_apps_around_it(user, by=by, visitor=visitor)


def _end_apps_around_it(user: User, *, by: User | None, visitor: Visitor) -> None:
    """Where an organisation requires one and there is none any more, what the user has connected there ends too."""
    for organisation in Organisation.objects.filter(memberships__user=user, requires_mfa=True):
        scope = Scope(user=user, organisation=organisation, lacks_second_factor=True)
        if revocation.preview(scope).in_words != "nothing":
            kind = events.Kind.SECOND_FACTOR_REMOVED
            revocation.revoke(scope, cause=Cause.ENDED, by=by, reason=str(kind.label), visitor=visitor)


def scope_around(organisation: Organisation) -> Scope:
    """What members without a second factor have connected: a token asks for no code."""
    return Scope(organisation=organisation, lacks_second_factor=True)


def coverage(organisation: Organisation) -> dict[str, int]:
    """How many members there are ("all"), and how many of them `without` a second factor."""
    members = Membership.objects.filter(organisation=organisation).annotate(has_one=has_second_factor())
    return members.aggregate(all=Count("pk"), without=Count("pk", filter=Q(has_one=False)))


@revocation.in_turn
def require(organisation: Organisation, required: bool, *, by: User, visitor: Visitor = visitors.NOBODY) -> None:
    """From now on members without a second factor are led to set one up before anything else, or no longer are.

    What they have connected ends with it: with a second factor they may connect it again. It is an owner's to say:
    raises NotAllowed for anybody else, and LacksOne.
    """
    ranks.check_owner(by, organisation.pk)
    if required and not has_one(by):
        raise LacksOne
    changed = Organisation.objects.filter(pk=organisation.pk).exclude(requires_mfa=required)
    if changed.update(requires_mfa=required):
        kind = events.Kind.MFA_REQUIRED if required else events.Kind.MFA_NOT_REQUIRED
        events.record(kind, by=by, organisation=organisation, visitor=visitor)
        if required:
            scope = scope_around(organisation)
            revocation.revoke(scope, cause=Cause.ENDED, by=by, reason=str(kind.label), visitor=visitor)
