"""What a member's role lets them do in their organisation. Asked where it is done, in the transaction that does it: a
page may have asked before, of somebody who has been removed or ended since."""

import uuid

from django.core.exceptions import PermissionDenied

from accounts.models import Membership, User

Role = Membership.Role


class NotAllowed(PermissionDenied):
    """Not by somebody of this role, or who is no member, or was ended since they were read."""


def role_of(user: User, organisation_id: uuid.UUID) -> str:
    """Raises NotAllowed for whoever has none."""
    theirs = Membership.objects.filter(user=user, user__epoch=user.epoch, user__is_active=True)
    role = theirs.filter(organisation=organisation_id).values_list("role", flat=True).first()
    if role is None:
        raise NotAllowed
    return str(role)


def check_manager(user: User, organisation_id: uuid.UUID) -> None:
    if role_of(user, organisation_id) not in Membership.MANAGERS:
        raise NotAllowed


def check_may_touch(user: User, organisation_id: uuid.UUID, *roles: str) -> None:
    """Members of these roles, or who are to have them. Owners may touch everybody; admins no owner; members nobody."""
    own = role_of(user, organisation_id)
    if own != Role.OWNER and (own != Role.ADMIN or Role.OWNER in roles):
        raise NotAllowed


def check_owner(user: User, organisation_id: uuid.UUID) -> None:
    if role_of(user, organisation_id) != Role.OWNER:
        raise NotAllowed
