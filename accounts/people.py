"""People join: an account, with an organisation of its own to own."""

from allauth.account.models import EmailAddress
from django.db import transaction

from accounts import events, visitors
from accounts.models import Membership, Organisation, User
from accounts.visitors import Visitor


@transaction.atomic
def sign_up(
    user: User, *, organisation_name: str = "", is_invited: bool = False, visitor: Visitor = visitors.NOBODY
) -> Organisation | None:
    """Saves a new user, as owner of a new organisation (named for their address when no name is given).

    Whoever was invited, and names none, comes without: an organisation awaits them.
    """
    user.email = User.objects.normalize_email(user.email)
    user.save()
    if is_invited and not organisation_name:
        events.record(events.Kind.SIGNED_UP, user=user, by=user, visitor=visitor)
        return None
    organisation = Organisation.objects.create(name=organisation_name or user.email.split("@")[0][:150])
    Membership.objects.create(user=user, organisation=organisation, role=Membership.Role.OWNER)
    events.record(events.Kind.SIGNED_UP, user=user, by=user, organisation=organisation, visitor=visitor)
    return organisation


def is_theirs(user: User, email: str) -> bool:
    """Whether it is the address of the account, or one that has been shown to be this user's."""
    email = User.objects.normalize_email(email)
    return user.email == email or EmailAddress.objects.filter(user=user, email=email, verified=True).exists()


def rename(user: User, name: str) -> None:
    """What mails and members call them. Ends nothing."""
    User.objects.filter(pk=user.pk).update(name=name)
