""" "This wasn't me": the link of a notice ends everything of its user and starts the way back. Works once, a week long.

It refuses what was used or has run out, and never asks for a sign-in: whoever is locked out needs it most.
"""

from datetime import timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.utils import timezone

from accounts import crypto, events, revocation, visitors
from accounts.models import Cause, Notice, Revocation, User
from accounts.revocation import Preview, Scope
from accounts.visitors import Visitor

# The notice was written a moment after what it tells of.
A_MOMENT = timedelta(minutes=1)


class UnknownNotice(Exception):
    """No such link, or used, or run out. Which of them is nobody's business."""


def find(token: str) -> Notice:
    rows = Notice.objects.select_related("user").filter(used_at=None, expires_at__gt=timezone.now())
    notice = rows.filter(token_hash=crypto.digest(token)).first()
    if notice is None:
        raise UnknownNotice
    return notice


def preview(notice: Notice) -> Preview:
    return revocation.preview(Scope(user=notice.user))


@revocation.in_turn
def not_me(token: str, *, visitor: Visitor = visitors.NOBODY) -> Revocation:
    """Ends everything, takes back a change of address, forgets second factors added since, mails the way back."""
    notice = find(token)
    if not Notice.objects.filter(pk=notice.pk, used_at=None).update(used_at=timezone.now()):
        raise UnknownNotice
    user = notice.user
    _spend_what_was_told_elsewhere_since(notice)
    _believe(notice.email, user)
    Authenticator.objects.filter(user=user, created_at__gte=notice.at - A_MOMENT).delete()
    events.record(events.Kind.NOT_ME, user=user, visitor=visitor, what=notice.about)
    revoked = revocation.revoke(
        Scope(user=user), cause=Cause.COMPROMISED, reason=f"Not me: {notice.about}", visitor=visitor
    )
    Notice.objects.filter(pk=notice.pk).update(revocation=revoked)
    return revoked


def _spend_what_was_told_elsewhere_since(notice: Notice) -> None:
    """Whoever changed the address was told of everything after it: their links would take the account back."""
    since = Notice.objects.filter(user=notice.user, used_at=None, at__gte=notice.at - A_MOMENT)
    since.exclude(email=notice.email).update(used_at=timezone.now())


def _believe(email: str, user: User) -> None:
    """The address that the notice went to is the user's again, unless somebody else has it by now."""
    email = User.objects.normalize_email(email)
    is_taken = User.objects.filter(email=email).exclude(pk=user.pk).exists()
    if is_taken or EmailAddress.objects.filter(email=email, verified=True).exclude(user=user).exists():
        return
    EmailAddress.objects.filter(user=user).exclude(email=email).delete()
    EmailAddress.objects.update_or_create(user=user, email=email, defaults={"primary": True, "verified": True})
    User.objects.filter(pk=user.pk).update(email=email)
    user.refresh_from_db(fields=["email"])
