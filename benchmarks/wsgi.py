"""The application that gunicorn serves for `make bench`. Each answer names the worker that gave it."""

import os
from collections.abc import Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

from saas import loaded

django_application = get_wsgi_application()
loaded.keep()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
        return start_response(status, [*headers, ("X-Worker", str(os.getpid()))], *rest)

    answer: Iterable[bytes] = django_application(environ, start)
    return answer
