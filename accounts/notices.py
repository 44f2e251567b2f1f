"""Mails about what concerns people's security. Sent after the commit; one that cannot be sent fails nothing."""

import logging
from datetime import datetime

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts import crypto, visitors
from accounts.models import Grant, Invitation, LateTry, Membership, Notice, Revocation, SecurityEvent, User
from accounts.visitors import Visitor

log = logging.getLogger(__name__)

NOT_ME_PREFIX = "pc_notme"

REUSE_SUBJECT = "{integration} was disconnected: its key was used twice"
REUSE_TEXT = """\
Hello,

somebody presented a key of {integration} that had been used before. That happens when a copy of it is in other
hands, or when the app was restored from a backup. To be safe we have ended this connection, and every token that
came of it:

    app           {integration}
    acting for    {subject}
    organisation  {organisation}

If you know why, connect the app again. If you do not, look at the security log:

    {log}
"""
LATE_TRY_SUBJECT = "What had been ended was tried again: {what}"
LATE_TRY_TEXT = """\
Hello,

somebody has tried again what had been ended, and was refused:

    tried         {what}
    from          {place}
    by            {device}
    organisation  {organisation}
    ended         {ended} UTC: {cause}

An app that has not noticed the end tries again too, until it is connected anew or given its new secret. So look at the
address and the program: where they are not the app's, somebody has a copy. Nobody gets in with it. This is said once;
what is tried from now on is counted here:

    {link}
"""
NOT_ME_TEXT = """
If something is wrong, this link ends every session and every connected app of yours in one go, and lets nobody in with
the old password. It asks before it does, works once, and for a week:

    {link}
"""
COMPROMISED_TEXT = """\
Hello {name},

your account at {issuer} may have been in somebody else's hands, so we have ended every session and every
connected app of yours. Your old password no longer works.

To come back in, choose a new password here:

    {reset}

You will be asked for your e-mail address, and get a link. Everything that was signed in before stays out.
If you did not expect this, tell whoever looks after your organisation's accounts.
"""
REMOVED_TEXT = """\
Hello {name},

an administrator of {issuer} has taken a second factor away from your account: {what}. Every browser of yours
signs in anew.

If you asked for that, there is nothing to do but to set up a new one.
"""
SIGN_IN_SUBJECT = "A new sign-in to your account"
SIGN_IN_TEXT = """\
Hello {name},

somebody has just signed in to your account at {issuer}, {news}:

    {device}
    {place}
    {at} UTC

If that was you, there is nothing to do.
"""

INVITE_SUBJECT = "{author} invites you to {organisation}"
INVITE_TEXT = """\
Hello,

{author} ({address}) invites you to join {organisation} as {role}, at {issuer}.

Open this link to answer. Opening it changes nothing yet; it works once, until {until} UTC:

    {link}

If you do not know {author}, do nothing, and you will not hear of this again.
"""


def invite(invitation: Invitation, *, link: str) -> None:
    names = {
        "author": _harmless(invitation.invited_by.get_full_name()),
        "organisation": _harmless(invitation.organisation.name),
    }
    text = INVITE_TEXT.format(
        **names,
        address=invitation.invited_by.email,
        role=str(invitation.get_role_display()).lower(),
        issuer=settings.ISSUER,
        until=_moment(invitation.expires_at),
        link=link,
    )
    _mail(INVITE_SUBJECT.format(**names), text, [invitation.email])


def tell_of_reuse(grant: Grant) -> None:
    """Mails the person that the grant acted for, and the owners of its organisation."""
    integration, organisation = grant.integration, grant.organisation
    owners = User.objects.filter(
        is_active=True, memberships__organisation=organisation, memberships__role=Membership.Role.OWNER
    )
    to = {owner.email for owner in owners} | ({grant.user.email} if grant.user else set())
    addressed = grant.user.email if grant.user else ""
    text = REUSE_TEXT.format(
        integration=integration.name,
        subject=grant.user or integration.name,
        organisation=organisation.name,
        log=f"{settings.ISSUER}/dashboard/security-log/",
    )
    subject = _one_line(REUSE_SUBJECT.format(integration=integration.name))
    _mail(subject, text, sorted(to - {addressed}))
    if grant.user:
        _mail(subject, text + _way_out(grant.user, "refresh_reused"), [addressed])


def tell_of_late_try(late_try: LateTry, event: SecurityEvent, revocation: Revocation) -> None:
    """Mails whom it concerns, if they are a member still, and the owners of the organisation."""
    is_told = Q(memberships__role=Membership.Role.OWNER) | Q(pk=event.user_id)
    # In one filter, so that all is said of the same membership.
    to = User.objects.filter(is_told, is_active=True, memberships__organisation=event.organisation)
    text = LATE_TRY_TEXT.format(
        what=late_try.what,
        place=_where(late_try.ip_address),
        device=_harmless(late_try.device),  # in the words of whoever tried
        organisation=event.organisation,
        ended=_moment(revocation.at),
        cause=revocation.get_cause_display(),
        link=f"{settings.ISSUER}/dashboard/security-log/{event.pk}/",
    )
    subject = _one_line(LATE_TRY_SUBJECT.format(what=late_try.what))
    _mail(subject, text, list(to.order_by("email").values_list("email", flat=True)))


def tell_of_sign_in(user: User, visitor: Visitor, *, news: str) -> None:
    """Such as news="in a browser we have not seen before"."""
    text = SIGN_IN_TEXT.format(
        name=_one_line(user.get_short_name()),
        issuer=settings.ISSUER,
        news=news,
        device=visitors.device(visitor.user_agent),
        place=_where(visitor.ip_address),
        at=_moment(timezone.now()),
    )
    _mail(SIGN_IN_SUBJECT, text + _way_out(user, "new_sign_in"), [user.email])


def tell_of_compromise(user: User) -> None:
    """The way back in. It has no link that would end everything: that is what has just happened."""
    name = _one_line(user.get_short_name())
    text = COMPROMISED_TEXT.format(name=name, issuer=settings.ISSUER, reset=settings.PASSWORD_RESET_URL)
    _mail("Your account was secured: choose a new password", text, [user.email])


def tell_of_removed_factor(user: User, what: str) -> None:
    """By an operator, not by themselves."""
    text = REMOVED_TEXT.format(name=_one_line(user.get_short_name()), issuer=settings.ISSUER, what=what)
    _mail("A second factor was taken away", text + _way_out(user, "factor_removed"), [user.email])


def not_me_link(user: User, about: str, *, address: str = "") -> str:
    """The link of one notice, with its secret: for the mail to that address and nowhere else."""
    token = crypto.new_secret(NOT_ME_PREFIX)
    Notice.objects.create(user=user, email=address or user.email, about=about[:40], token_hash=crypto.digest(token))
    return f"{settings.ISSUER}/not-me/{token}/"


def _way_out(user: User, about: str) -> str:
    return NOT_ME_TEXT.format(link=not_me_link(user, about))


def _mail(subject: str, text: str, addresses: list[str]) -> None:
    """One mail each, so that nobody learns who else was told."""

    def send() -> None:
        for address in addresses:
            try:
                send_mail(subject, text, None, [address])
            except OSError as error:  # smtplib's errors are among them
                log.error("Not mailed to %s: %r. %s: %s", address, subject, type(error).__name__, error)

    transaction.on_commit(send, robust=True)


def _where(ip_address: str | None) -> str:
    return f"{visitors.place(ip_address)} {ip_address or ''}".strip()


def _moment(at: datetime) -> str:
    return at.strftime("%-d %B %Y, %H:%M")


def _one_line(text: str) -> str:
    """Names are people's own words; a header is one line."""
    return " ".join(text.split())


def _harmless(name: str) -> str:
    """For mail to strangers: nobody sends them an address of their own choice under our name."""
    return _one_line(name).replace("://", ": ").replace(".", ". ")[:80]
