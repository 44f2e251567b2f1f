"""What a member's role lets them do in their organisation. Asked where it is done, in the transaction that does it: a
page may have asked before, of somebody who has been removed or revoked since."""

import uuid

from django.core.exceptions import PermissionDenied

from accounts.models import Membership, Session, User
from accounts.models.second_factors import second_factors_of

Role = Membership.Role


class NotAllowed(PermissionDenied):
    """The acting user lacks the role, or the second factor that the organisation requires, is no member, or has been
    revoked since this request loaded them."""


def is_still_in(user: User) -> bool:
    """Whether they have not been revoked since they were read: not all of them, nor the session that they act in.

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


def check_second_factor(user: User, *, is_required: bool) -> None:
    """The pages lead there first; what was begun before the organisation required one goes past them."""
    if is_required and not second_factors_of(user).exists():
        raise NotAllowed


def _role_of(user: User, organisation_id: uuid.UUID) -> str:
    """Raises NotAllowed for whoever has none."""
    check_still_in(user)
    theirs = Membership.objects.filter(user=user, organisation=organisation_id)
    found = theirs.values_list("role", "organisation__requires_mfa").first()
    if found is None:
        raise NotAllowed
    role, is_required = found
    check_second_factor(user, is_required=is_required)
    return str(role)


def check_manager(user: User, organisation_id: uuid.UUID) -> None:
    if _role_of(user, organisation_id) not in Membership.MANAGERS:
        raise NotAllowed


def is_operator(user: User) -> bool:
    """Of the platform, who looks after every organisation's members, as the admin's pages let them."""
    return user.is_staff and user.has_perm("accounts.change_membership")


def check_operator(user: User) -> None:
    check_still_in(user)
    if not is_operator(user):
        raise NotAllowed


def check_may_touch(user: User, organisation_id: uuid.UUID, *roles: str) -> None:
    """Members of these roles, or who are to have them. Owners may touch everybody; admins no owner; members nobody.

    So may operators, whom no organisation made what they are.
    """
    if is_operator(user):
        check_still_in(user)
        return
    own = _role_of(user, organisation_id)
    if own != Role.OWNER and (own != Role.ADMIN or Role.OWNER in roles):
        raise NotAllowed


def check_owner(user: User, organisation_id: uuid.UUID) -> None:
    if _role_of(user, organisation_id) != Role.OWNER:
        raise NotAllowed
