"""Mails about what concerns people's security. Sent after the commit; one that cannot be sent fails nothing."""

import logging

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction

from accounts.models import Grant, Invitation, Membership, User

log = logging.getLogger(__name__)

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
        until=invitation.expires_at.strftime("%-d %B %Y, %H:%M"),
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
    text = REUSE_TEXT.format(
        integration=integration.name,
        subject=grant.user or integration.name,
        organisation=organisation.name,
        log=f"{settings.ISSUER}/dashboard/security-log/",
    )
    _mail(_one_line(REUSE_SUBJECT.format(integration=integration.name)), text, sorted(to))


def _mail(subject: str, text: str, addresses: list[str]) -> None:
    """One mail each, so that nobody learns who else was told."""

    def send() -> None:
        for address in addresses:
            try:
                send_mail(subject, text, None, [address])
            except OSError:  # smtplib's errors are among them
                log.exception("A notice could not be mailed: %s", subject)

    transaction.on_commit(send, robust=True)


def _one_line(text: str) -> str:
    """Names are people's own words; a header is one line."""
    return " ".join(text.split())


def _harmless(name: str) -> str:
    """For mail to strangers: nobody sends them an address of their own choice under our name."""
    return _one_line(name).replace("://", ": ").replace(".", ". ")[:80]
