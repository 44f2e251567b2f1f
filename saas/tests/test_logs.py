"""One-time links stay out of the log."""

import logging

import pytest

from saas.logs import MaskLinks


@pytest.mark.parametrize(
    "path",
    ["/not-me/{}/", "/invitations/{}/", "/accounts/password/reset/key/{}/", "/accounts/confirm-email/{}/"],
)
def test_of_a_link_the_secret_is_not_written_down(path):
    said = ("x", path.format("s3-Cr_et"))
    record = logging.LogRecord("django", logging.WARNING, "", 0, "Forbidden (%s): %s", said, None)
    assert MaskLinks().filter(record)
    assert record.getMessage() == f"Forbidden (x): {path.format('...')}"


def test_what_is_no_link_is_written_as_it_is():
    record = logging.LogRecord("django", logging.WARNING, "", 0, "Not Found: %s", ("/dashboard/%s",), None)
    assert MaskLinks().filter(record)
    assert record.getMessage() == "Not Found: /dashboard/%s"


def test_the_log_uses_it(settings):
    assert "mask_links" in settings.LOGGING["handlers"]["console"]["filters"]
