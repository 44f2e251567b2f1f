"""Mails about what concerns people's security. Sent after the commit; one that cannot be sent fails nothing."""

import logging
from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts import crypto, visitors
from accounts.letters import Letter, Step
from accounts.models import Grant, Invitation, LateTry, Membership, Notice, Revocation, SecurityEvent, User
from accounts.visitors import Visitor

log = logging.getLogger(__name__)

NOT_ME_PREFIX = "pc_notme"
# The password is the present one, which a thief may have chosen, and not "the old one", which may be its owner's.
NOT_ME_TEXT = (
    "{unless}, this link ends every session, every connected app and every client secret of yours in one go, and the "
    "present password stops working, whoever chose it. It asks before it does, works once, and for a week:"
)
# What people change on their own pages: the subject of the mail that tells of it, and its first sentence.
CHANGES = {
    "password_changed": ("Your password was changed", "The password of your account at {issuer} was changed just now."),
    "password_set": ("A password was set", "Your account at {issuer} was given a password just now."),
    "password_reset": (
        "Your password was replaced",
        "The password of your account at {issuer} was replaced just now, by the link of a mail.",
    ),
    "email_changed": (
        "Your e-mail address was changed",
        "The e-mail address of your account at {issuer} was changed just now, from {from_email} to {to_email}.",
    ),
    "email_deleted": (
        "A new e-mail address was taken back",
        "Your account at {issuer} was to have another e-mail address, {deleted_email}, and keeps the one that it has.",
    ),
    "totp_activated": (
        "An authenticator app was added",
        "An authenticator app was made a second factor of your account at {issuer} just now.",
    ),
    "totp_deactivated": (
        "An authenticator app was removed",
        "An authenticator app, a second factor of your account at {issuer}, was removed just now.",
    ),
    "webauthn_added": ("A passkey was added", "A passkey was added to your account at {issuer} just now."),
    "webauthn_removed": ("A passkey was removed", "A passkey of your account at {issuer} was removed just now."),
    "recovery_codes_generated": (
        "New recovery codes were made",
        "New recovery codes of your account at {issuer} were made just now. Those of before do nothing any more.",
    ),
}


def invite(invitation: Invitation, *, link: str) -> None:
    author, address = invitation.invited_by, invitation.invited_by.email
    name, organisation = _harmless(author.name) or address, _harmless(invitation.organisation.name)
    who = address if name == address else f"{name} ({address})"
    role = str(invitation.get_role_display()).lower()
    letter = Letter(
        subject=f"{name} invites you to {organisation}",
        opening=f"{who} invites you to join {organisation} as {role}, at {settings.ISSUER}.",
        steps=(Step("Open this link to answer. Opening it changes nothing yet:", "Answer the invitation", link),),
        closing=f"The link works once, until {_moment(invitation.expires_at)}. If you do not know {name}, do nothing, "
        "and you will not hear of this again.",
    )
    _mail(letter, [invitation.email])


def tell_of_reuse(grant: Grant) -> None:
    """Mails the person that the grant acted for, and the owners of its organisation."""
    name, organisation, user = grant.integration.name, grant.organisation, grant.user
    owners = User.objects.filter(
        is_active=True, memberships__organisation=organisation, memberships__role=Membership.Role.OWNER
    )
    look = Step(
        "If you know why, connect the app again. If you do not, look at the security log:",
        "Open the security log",
        f"{settings.ISSUER}/dashboard/security-log/",
    )
    letter = Letter(
        subject=f"{name} was disconnected: its token was used twice",
        opening=f"Somebody presented a token of {name} that had been used before. That happens when a copy of it is in "
        "other hands, or when the app was restored from a backup. To be safe we have ended this connection, and every "
        "token that came of it:",
        facts={"app": name, "acting for": str(user or name), "organisation": organisation.name},
        steps=(look,),
    )
    _mail(letter, sorted({owner.email for owner in owners} - {user.email if user else ""}))
    if user:
        way_out = _way_out(user, "refresh_reused", unless="If something is wrong")
        _mail(replace(letter, steps=(look, way_out)), [user.email])


def tell_of_late_try(late_try: LateTry, event: SecurityEvent, revocation: Revocation) -> None:
    """Mails whom it concerns, if they are a member still, and the owners of the organisation."""
    is_told = Q(memberships__role=Membership.Role.OWNER) | Q(pk=event.user_id)
    # In one filter, so that all is said of the same membership.
    to = User.objects.filter(is_told, is_active=True, memberships__organisation=event.organisation)
    letter = Letter(
        subject=f"Revoked credential used again: {late_try.what}",
        opening="Somebody has tried again what had been ended, and was refused:",
        facts={
            "tried": late_try.what,
            "device": _harmless(late_try.device),  # in the words of whoever tried
            "place": _where(late_try.ip_address),
            "organisation": str(event.organisation),
            "ended": f"{_moment(revocation.at)}: {revocation.get_cause_display()}",
        },
        advice="An app that has not noticed the end tries again too, until it is connected anew or given its new "
        "secret. So look at the address and the program: where they are not the app's, somebody has a copy. Nobody "
        "gets in with it.",
        steps=(
            Step(
                "This is said once. What is tried from now on is counted here:",
                "See what was tried",
                f"{settings.ISSUER}/dashboard/security-log/{event.pk}/",
            ),
        ),
    )
    _mail(letter, list(to.order_by("email").values_list("email", flat=True)))


def tell_of_sign_in(user: User, visitor: Visitor, *, news: str) -> None:
    """Such as news="in a browser we have not seen before"."""
    letter = Letter(
        subject="Somebody signed in to your account",
        opening=f"Somebody has just signed in to your account at {settings.ISSUER}, {news}:",
        name=_short_name(user),
        facts=_facts(visitor),
        advice="If that was you, there is nothing to do.",
        steps=(_way_out(user, "new_sign_in"),),
    )
    _mail(letter, [user.email])


def tell_of_change(user: User, change: str, visitor: Visitor, *, address: str = "", **about: str) -> None:
    """One of CHANGES, with what its sentence names. To the address that the user had, where that is what changed."""
    subject, opening = CHANGES[change]
    letter = Letter(
        subject=subject,
        opening=opening.format(issuer=settings.ISSUER, **about),
        name=_short_name(user),
        facts=_facts(visitor),
        advice="If that was you, there is nothing to do.",
        steps=(_way_out(user, change, address=address),),
    )
    _mail(letter, [address or user.email])


def tell_of_compromise(user: User, revocation: Revocation) -> None:
    """What was ended, and the way back in. It has no link that would end everything: that has just happened."""
    letter = Letter(
        subject="Your account was secured: choose a new password",
        opening=f"Your account at {settings.ISSUER} may have been in somebody else's hands, so we have ended "
        "everything that could act for you. The password of before no longer works, whoever chose it.",
        name=_short_name(user),
        advice=_what_ended(revocation),
        steps=(
            Step("To come back in, choose a new password here:", "Choose a new password", settings.PASSWORD_RESET_URL),
        ),
        closing="You will be asked for your e-mail address, and get a link. Everything that was signed in before stays "
        "out. If you did not expect this, tell whoever looks after your organisation's accounts.",
    )
    _mail(letter, [user.email])


def tell_of_removed_factor(user: User, what: str) -> None:
    """By an operator, not by themselves."""
    letter = Letter(
        subject="A second factor was removed",
        opening=f"An administrator of {settings.ISSUER} has taken a second factor away from your account: {what}. "
        "Every browser of yours signs in anew.",
        name=_short_name(user),
        advice="If you asked for that, there is nothing to do but to set up a new one.",
        steps=(_way_out(user, "factor_removed", unless="If you did not"),),
    )
    _mail(letter, [user.email])


def not_me_link(user: User, about: str, *, address: str = "") -> str:
    """The link of one notice, with its secret: for the mail to that address and nowhere else."""
    token = crypto.new_secret(NOT_ME_PREFIX)
    Notice.objects.create(user=user, email=address or user.email, about=about[:40], token_hash=crypto.digest(token))
    return f"{settings.ISSUER}/not-me/{token}/"


def _way_out(user: User, about: str, *, address: str = "", unless: str = "If it was not") -> Step:
    return Step(NOT_ME_TEXT.format(unless=unless), "End everything", not_me_link(user, about, address=address))


def _mail(letter: Letter, addresses: list[str]) -> None:
    """One mail each, so that nobody learns who else was told."""

    def send() -> None:
        for address in addresses:
            try:
                letter.send(address)
            except OSError as error:  # smtplib's errors are among them
                log.error("Not mailed to %s: %r. %s: %s", address, letter.subject, type(error).__name__, error)

    transaction.on_commit(send, robust=True)


def _what_ended(revocation: Revocation) -> str:
    """In numbers. Of client secrets it says what follows: a nightly job that uses one has nobody to tell."""
    if revocation.in_words == "nothing":
        return ""
    ended = f"What ended: {revocation.in_words}."
    if not revocation.client_secrets:
        return ended
    if revocation.client_secrets == 1:
        return f"{ended} You created that client secret: programs that use it stop until they get a new one."
    return f"{ended} You created those client secrets: programs that use them stop until they get new ones."


def _facts(visitor: Visitor) -> dict[str, str]:
    return {
        "device": _harmless(visitors.device(visitor.user_agent)),  # in its own words
        "place": _where(visitor.ip_address),
        "time": _moment(timezone.now()),
    }


def _where(ip_address: str | None) -> str:
    return f"{visitors.place(ip_address)} {ip_address or ''}".strip()


def _moment(at: datetime) -> str:
    return at.strftime("%-d %B %Y, %H:%M UTC")


def _short_name(user: User) -> str:
    """None where all that we could say is the address."""
    return user.get_short_name() if user.name else ""


def _harmless(name: str) -> str:
    """For mail to strangers: nobody sends them an address of their own choice under our name."""
    return " ".join(name.split()).replace("://", ": ").replace(".", ". ")[:80]
