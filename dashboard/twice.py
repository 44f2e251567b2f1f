"""A form that is sent twice acts once: a second click, or a reload of the answer, gets the first answer again.

Each page that is shown carries another token against forgery (`{% csrf_token %}`), so the token names the form. The
answer may show a secret: it is kept sealed under that token, of which we keep no more than a digest, and for a day.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from accounts import crypto, idempotency
from dashboard import errors

PATIENCE = 10  # seconds in which the second of two at once waits for the first


def acts_once(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For what creates something. Below `sudo`: that it asked who you are is no answer to keep."""

    @wraps(view)
    def once(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        token = request.POST.get("csrfmiddlewaretoken", "")
        if not token:
            return view(request, *args, **kwargs)

        def act() -> idempotency.Answer:
            answer = view(request, *args, **kwargs)
            page = answer.render() if hasattr(answer, "render") else answer
            return answer.status_code, {
                "page": crypto.seal(page.content.decode(), under=token),
                "to": answer.get("Location"),
            }

        try:
            status, kept = _patiently(request, act)
        except idempotency.UnderWay:
            return errors.under_way(request)
        headers = {"Location": kept["to"]} if kept["to"] else {}
        return HttpResponse(crypto.unseal(kept["page"], under=token), status=status, headers=headers)

    return once


def _patiently(request: HttpRequest, act: Callable[[], idempotency.Answer]) -> idempotency.Answer:
    sent = f"{request.path}?{request.POST.urlencode()}"
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return idempotency.once(act, holder=f"user {request.user.pk}", key=sent, request=sent)
        except idempotency.UnderWay:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
