"""What people change about how they come in: a password, being let in at all. Each ends in a revocation."""

from allauth.account.models import EmailAddress
from django.contrib.auth import tokens
from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts import events, ranks, revocation, visitors
from accounts.models import Cause, Revocation, Session, User
from accounts.revocation import Scope
from accounts.visitors import Visitor


class ChangedMeanwhile(Exception):
    """The account was secured, or changed elsewhere, between the first step of this and the last. Nothing was done."""


class PasswordResetTokenGenerator(tokens.PasswordResetTokenGenerator):
    """A reset link dies with whatever ends the user's other credentials, besides its own hour and its first use."""

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.epoch}"


def change_password(
    user: User,
    password: str,
    *,
    by: User | None = None,
    keep: Session | None = None,
    visitor: Visitor = visitors.NOBODY,
) -> Revocation:
    """Sets the password and ends everything that was let in before it, but the session `keep`.

    The organisation's client secrets stay: a new password must not stop its servers. Works only on the user as they
    were read: a reset or change that was under way when the account was secured raises ChangedMeanwhile.
    """
    hashed = make_password(password)
    with transaction.atomic():
        revocation.take_turn()
        if not User.objects.filter(pk=user.pk, epoch=user.epoch, is_active=True).update(password=hashed):
            raise ChangedMeanwhile
        # By nobody who was signed in: by whoever has the link of a mail.
        kind = events.Kind.PASSWORD_CHANGED if by else events.Kind.PASSWORD_RESET
        events.record(kind, user=user, by=by, visitor=visitor)
        revoked = revocation.revoke(
            Scope(user=user, spare_secrets=True, keep=keep), cause=Cause.PASSWORD_CHANGED, by=by, visitor=visitor
        )
    user.refresh_from_db(fields=["password", "epoch"])
    return revoked


def check_new_address(user: User, address: EmailAddress) -> None:
    """Before its link is mailed. Forgets it again, and raises NotAllowed, where the user has been ended since they were
    read: whoever confirms it later would have the account."""
    with transaction.atomic():
        revocation.take_turn()
        if ranks.is_still_in(user):
            return
        EmailAddress.objects.filter(pk=address.pk, verified=False).delete()
    raise ranks.NotAllowed


def reactivate(user: User, *, by: User | None = None, visitor: Visitor = visitors.NOBODY) -> None:
    """Lets somebody come in again, by signing in anew. Nothing of before comes back."""
    with transaction.atomic():
        revocation.take_turn()
        if User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
            events.record(events.Kind.REACTIVATED, user=user, by=by, visitor=visitor)
    user.refresh_from_db(fields=["is_active"])


def delete(user: User, *, by: User | None = None, visitor: Visitor = visitors.NOBODY) -> Revocation:
    """Ends everything of theirs, for the record, and then removes them."""
    with transaction.atomic():
        revoked = revocation.revoke(
            Scope(user=user), cause=Cause.DEACTIVATED, by=by, reason="Account deleted", visitor=visitor
        )
        user.delete()
    return revoked
