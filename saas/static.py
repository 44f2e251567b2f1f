"""The collected static files. Where nobody has collected them pages are bare and work, and the start says why."""

import logging
from typing import Any

from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.checks import CheckMessage, Error
from whitenoise.storage import CompressedManifestStaticFilesStorage

log = logging.getLogger(__name__)
WORDS = (
    "Static files have not been collected: pages are unstyled, "
    "and open pages will not notice that their session has ended."
)
HINT = "Run: python manage.py collectstatic --noinput"


class CollectedFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # WhiteNoise has no types
    """By names that change with their content. In a bad hour a page without style is better than none at all."""

    def stored_name(self, name: str) -> str:
        try:
            return str(super().stored_name(name))
        except ValueError:  # not in the manifest, or there is none
            return name


def are_collected(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """For `manage.py check --deploy`."""
    is_needed = isinstance(staticfiles_storage, CollectedFiles)
    missing = is_needed and not staticfiles_storage.hashed_files  # type: ignore[attr-defined]
    return [Error(WORDS, hint=HINT, id="saas.E001")] if missing else []


def complain() -> None:
    """For the start of a server, which runs no checks."""
    for problem in are_collected():
        log.error("%s %s", problem.msg, problem.hint)
