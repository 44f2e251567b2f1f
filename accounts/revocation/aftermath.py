"""What follows for a person whose account was declared compromised: a mail with the way back in."""

import logging

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction

from accounts.models import User

log = logging.getLogger(__name__)

SUBJECT = "Your account was secured: choose a new password"
TEXT = """\
Hello {name},

your account at {issuer} may have been in somebody else's hands, so we have ended every session and every
connected app of yours. Your old password no longer works.

To come back in, choose a new password here:

    {reset}

You will be asked for your e-mail address, and get a link. Everything that was signed in before stays out.
If you did not expect this, tell whoever looks after your organisation's accounts.
"""


def mail_the_way_back(user: User) -> None:
    """Sends once the revocation is committed. A mail server that is down undoes no revocation: the log says so."""

    def send() -> None:
        text = TEXT.format(name=user.get_short_name(), issuer=settings.ISSUER, reset=settings.PASSWORD_RESET_URL)
        try:
            send_mail(SUBJECT, text, None, [user.email])
        except OSError:  # smtplib's errors are among them
            log.exception("The mail with the way back did not reach user %s", user.pk)

    transaction.on_commit(send)
