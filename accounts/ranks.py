"""What a member's role lets them do in their organisation. Asked where it is done, in the transaction that does it: a
page may have asked before, of somebody who has been removed or ended since."""

import uuid

from django.core.exceptions import PermissionDenied

from accounts.models import Membership, Session, User

Role = Membership.Role


class NotAllowed(PermissionDenied):
    """Not by somebody of this role, or who is no member, or was ended since they were read."""


def is_still_in(user: User) -> bool:
    """Whether they have not been ended since they were read: not all of them, nor the session that they act in.

    To be called in the transaction that acts: a session that ends at the same moment ends after it.
    """
    acting = user.acting_in
    rows = Session.objects.select_for_update(no_key=True)
    if acting is not None and not rows.filter(pk=acting.pk, user=user).exists():
        return False
    return User.objects.filter(pk=user.pk, epoch=user.epoch, is_active=True).exists()


def check_still_in(user: User) -> None:
    if not is_still_in(user):
        raise NotAllowed


def _role_of(user: User, organisation_id: uuid.UUID) -> str:
    """Raises NotAllowed for whoever has none, or has been ended since they were read."""
    check_still_in(user)
    theirs = Membership.objects.filter(user=user)
    role = theirs.filter(organisation=organisation_id).values_list("role", flat=True).first()
    if role is None:
        raise NotAllowed
    return str(role)


def check_manager(user: User, organisation_id: uuid.UUID) -> None:
    if _role_of(user, organisation_id) not in Membership.MANAGERS:
        raise NotAllowed


def check_may_touch(user: User, organisation_id: uuid.UUID, *roles: str) -> None:
    """Members of these roles, or who are to have them. Owners may touch everybody; admins no owner; members nobody."""
    own = _role_of(user, organisation_id)
    if own != Role.OWNER and (own != Role.ADMIN or Role.OWNER in roles):
        raise NotAllowed


def check_owner(user: User, organisation_id: uuid.UUID) -> None:
    if _role_of(user, organisation_id) != Role.OWNER:
        raise NotAllowed
