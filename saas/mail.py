"""Mail on a laptop: printed, and on standard error, so that what a command says for programs stays theirs to read."""

import copy
import sys
from typing import Any

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends import console


class Printed(console.EmailBackend):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, stream=sys.stderr, **kwargs)

    def write_message(self, message: EmailMessage) -> None:
        """The text alone: the HTML says the same, and is not for reading in a terminal."""
        plain = copy.copy(message)
        if isinstance(plain, EmailMultiAlternatives):
            plain.alternatives = []
        super().write_message(plain)
