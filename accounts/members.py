"""Members: invited by mail, given a role, removed with all that they could do here.

It refuses to leave an organisation without an owner, and to let anybody but an owner, or an operator of the platform,
touch an owner or make one.
"""

import uuid
from dataclasses import dataclass

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import crypto, events, notices, ranks, revocation, visitors
from accounts.models import Cause, Invitation, Membership, Organisation, Revocation, User
from accounts.ranks import Role
from accounts.revocation import Scope
from accounts.visitors import Visitor

PREFIX = "pc_invite"
MOST_PENDING = 200  # so that a stolen admin session cannot send mail without end


class LastOwner(Exception):
    """An organisation has an owner. Make somebody else one first. Its argument is the organisation."""


class NoLongerMember(Exception):
    """Somebody else has removed them just now."""


class AlreadyMember(Exception):
    """This address is in already."""


class TooManyInvitations(Exception):
    """As many as may be pending at once."""


class UnknownInvitation(Exception):
    """No such invitation, or used, withdrawn, replaced, run out, or its author is no longer one who may invite."""


class WrongAddress(Exception):
    """The invitation is for another address than the one that is signed in."""


@dataclass(frozen=True)
class Removed:
    """Who was removed, and the revocation that ended what they could do here."""

    member: User
    revocation: Revocation


@revocation.in_turn
def invite(
    *, organisation: Organisation, email: str, role: str, by: User, visitor: Visitor = visitors.NOBODY
) -> Invitation:
    """Mails a link that lasts seven days and works once. A second invitation replaces the first."""
    ranks.check_may_touch(by, organisation.pk, role)
    email = User.objects.normalize_email(email)
    if Membership.objects.filter(organisation=organisation, user__email=email).exists():
        raise AlreadyMember
    open_ = Invitation.objects.filter(organisation=organisation, ended_at=None)
    open_.filter(email=email).update(ended_at=timezone.now())
    if open_.pending().count() >= MOST_PENDING:
        raise TooManyInvitations
    token = crypto.new_secret(PREFIX)
    invitation = Invitation.objects.create(
        organisation=organisation, email=email, role=role, invited_by=by, token_hash=crypto.digest(token)
    )
    events.record(events.Kind.MEMBER_INVITED, by=by, organisation=organisation, visitor=visitor, email=email, role=role)
    notices.invite(invitation, link=f"{settings.ISSUER}/invitations/{token}/")
    return invitation


def find(token: str) -> Invitation:
    """The pending invitation that the link's secret opens. Raises UnknownInvitation."""
    rows = Invitation.objects.pending().select_related("organisation", "invited_by")
    invitation = rows.filter(token_hash=crypto.digest(token)).first()
    if invitation is None:
        raise UnknownInvitation
    try:
        ranks.check_may_touch(invitation.invited_by, invitation.organisation_id, invitation.role)
    except ranks.NotAllowed:
        raise UnknownInvitation from None
    return invitation


@revocation.in_turn
def accept(token: str, *, by: User, visitor: Visitor = visitors.NOBODY) -> Membership:
    """Joins, for the one caller who is first. Their address is the invited one, and verified: sign-in saw to that.

    Raises UnknownInvitation, WrongAddress, and NotAllowed for whoever has been revoked since their request was let in.
    """
    ranks.check_still_in(by)
    invitation = find(token)
    if by.email != invitation.email:
        raise WrongAddress
    won = Invitation.objects.pending().filter(pk=invitation.pk).update(ended_at=timezone.now())
    if not won:
        raise UnknownInvitation
    try:
        with transaction.atomic():
            membership = Membership.objects.create(user=by, organisation=invitation.organisation, role=invitation.role)
    except IntegrityError:
        return Membership.objects.get(user=by, organisation=invitation.organisation)
    events.record(
        events.Kind.MEMBER_JOINED,
        user=by,
        by=by,
        organisation=invitation.organisation,
        visitor=visitor,
        role=invitation.role,
        invited_by=invitation.invited_by.email,
    )
    return membership


@revocation.in_turn
def add(user: User, organisation: Organisation, role: str, *, by: User, visitor: Visitor = visitors.NOBODY) -> None:
    """Without an invitation: an operator's to do, who vouches for them. Raises NotAllowed and AlreadyMember."""
    ranks.check_operator(by)
    if Membership.objects.filter(user=user, organisation=organisation).exists():
        raise AlreadyMember
    Membership.objects.create(user=user, organisation=organisation, role=Role(role))
    events.record(events.Kind.MEMBER_JOINED, user=user, by=by, organisation=organisation, visitor=visitor, role=role)


@transaction.atomic
def withdraw(
    organisation: Organisation, invitation_id: uuid.UUID, *, by: User, visitor: Visitor = visitors.NOBODY
) -> None:
    """Ends a pending invitation. Twice is once."""
    ranks.check_manager(by, organisation.pk)
    open_ = Invitation.objects.filter(pk=invitation_id, organisation=organisation, ended_at=None)
    invitation = open_.first()
    if invitation and open_.update(ended_at=timezone.now()):
        events.record(
            events.Kind.INVITATION_WITHDRAWN, by=by, organisation=organisation, visitor=visitor, email=invitation.email
        )


@revocation.in_turn
def change_role(membership: Membership, role: str, *, by: User, visitor: Visitor = visitors.NOBODY) -> None:
    """Gives a member another role. Takes effect on their next request: roles are read, never remembered."""
    _read_again(membership)
    ranks.check_may_touch(by, membership.organisation_id, membership.role, role)
    if role == membership.role:
        return
    _check_an_owner_stays(membership)
    before = membership.role
    Membership.objects.filter(pk=membership.pk).update(role=Role(role))
    events.record(
        events.Kind.ROLE_CHANGED,
        user=membership.user,
        by=by,
        organisation=membership.organisation,
        visitor=visitor,
        before=before,
        role=role,
    )


def is_last_owner(membership: Membership) -> bool:
    """Whose organisation would have none without them, that could come in."""
    owners = Membership.objects.filter(organisation=membership.organisation, role=Role.OWNER, user__is_active=True)
    return membership.role == Role.OWNER and not owners.exclude(pk=membership.pk).exists()


def scope_of(membership: Membership) -> Scope:
    """What ends with a membership: what its user may do in its organisation, and the sessions they would do it in."""
    return Scope(user=membership.user, organisation=membership.organisation)


@revocation.in_turn
def remove(membership: Membership, *, by: User, visitor: Visitor = visitors.NOBODY) -> Removed:
    """Ends what the member could do here, and then the membership. One may remove oneself."""
    _read_again(membership)
    user, organisation = membership.user, membership.organisation
    if by.pk != user.pk:
        ranks.check_may_touch(by, organisation.pk, membership.role)
    _check_an_owner_stays(membership)
    revoked = revocation.revoke(
        scope_of(membership), cause=Cause.ENDED, by=by, reason=f"Removed from {organisation}"[:500], visitor=visitor
    )
    Membership.objects.filter(pk=membership.pk).delete()
    events.record(events.Kind.MEMBER_REMOVED, user=user, by=by, organisation=organisation, visitor=visitor)
    return Removed(user, revoked)


def _check_an_owner_stays(membership: Membership) -> None:
    """In one's turn: two owners who demote each other at once count one after the other."""
    if is_last_owner(membership):
        raise LastOwner(membership.organisation)


def _read_again(membership: Membership) -> None:
    """As it is in one's turn. Raises NoLongerMember."""
    try:
        membership.refresh_from_db()
    except Membership.DoesNotExist:
        raise NoLongerMember from None
