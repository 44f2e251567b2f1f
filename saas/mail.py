"""Mail on a laptop: printed, and on standard error, so that what a command says for programs stays theirs to read."""

import sys
from typing import Any

from django.core.mail.backends import console


class Printed(console.EmailBackend):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, stream=sys.stderr, **kwargs)
