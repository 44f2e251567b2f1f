"""Mail on a laptop is printed to be read: as text, whatever other forms it has."""

import pytest
from django.core.mail import EmailMultiAlternatives

from saas.mail import Printed


def test_the_text_of_a_mail_is_printed_and_its_html_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    message = EmailMultiAlternatives("Hello", "The text", to=["bob@example.com"], connection=Printed())
    message.attach_alternative("<p>The HTML</p>", "text/html")
    message.send()
    printed = capsys.readouterr()
    assert "The text" in printed.err and "HTML" not in printed.err + printed.out
    assert message.alternatives, "the mail itself keeps it"
