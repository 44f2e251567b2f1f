"""A mail, written once and sent as text and as HTML. What it says may hold strangers' words: names, programs.

So each piece of it is one line, with which nobody adds a header, a paragraph or a link, and the HTML is escaped.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string


@dataclass(frozen=True)
class Step:
    """Something to do, and its link. The first of a letter is a button too."""

    text: str
    button: str
    url: str


@dataclass(frozen=True)
class Letter:
    subject: str
    opening: str  # why it came
    name: str = ""  # whom it greets, where we know what to call them
    facts: Mapping[str, str] = field(default_factory=dict)
    advice: str = ""
    steps: tuple[Step, ...] = ()
    closing: str = ""

    def send(self, address: str) -> None:
        """Raises OSError, of which smtplib's errors are some, where the mail server does not take it."""
        says = _in_lines(asdict(self))
        message = EmailMultiAlternatives(
            says["subject"],
            render_to_string("mail/letter.txt", says).strip() + "\n",
            to=[address],
            headers={"Auto-Submitted": "auto-generated"},  # RFC 3834: nobody's holiday answers it
        )
        message.attach_alternative(render_to_string("mail/letter.html", says), "text/html")
        message.send()


def _in_lines(said: Any) -> Any:
    if isinstance(said, str):
        return " ".join(said.split())
    if isinstance(said, dict):
        return {key: _in_lines(each) for key, each in said.items()}
    return [_in_lines(each) for each in said]
