"""What a person sees when something cannot be done. Programs get JSON instead: the API, the OAuth endpoints."""

import logging
import sys

from django.core.exceptions import BadRequest
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

log = logging.getLogger(__name__)

# What failed may have come after the commit.
SEE_FIRST = "If you were changing something, see first whether it was done."
MACHINES = ("/api/", "/oauth/token", "/oauth/revoke", "/oauth/introspect", "/oauth/device_", "/.well-known/")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    named = str(exception) if isinstance(exception, BadRequest) else ""
    return _page(
        request, 400, "That request could not be read.", named or "Go back, reload the page, and try once more."
    )


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    is_in = request.user.is_authenticated
    advice = "You are signed in, but not with the rights for this page." if is_in else "You are not signed in."
    return _page(request, 403, "This is not yours to see.", advice)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(request, 403, "This form has grown old.", "Go back, reload the page, and send it again.")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 404, "There is nothing here.", "The address may be mistyped, or what was here has ended.")


def not_allowed(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """In the place of an empty answer that says no more than which methods there are."""
    advice = "This address is for another step than the one that was tried. Begin again from the page before."
    response = _page(request, 405, "That does not work here.", advice)
    response["Allow"] = answer["Allow"]
    return response


def under_way(request: HttpRequest) -> HttpResponse:
    return _page(request, 409, "Your first click is still being worked on.", "Wait a moment, then reload this page.")


def server_error(request: HttpRequest) -> HttpResponse:
    if isinstance(sys.exception(), OperationalError | InterfaceError):
        return _without_a_database(request)
    return _page(request, 500, "Something went wrong on our side.", f"It has been noted. {SEE_FIRST}")


def _without_a_database(request: HttpRequest) -> HttpResponse:
    """503: without its database the house lets nobody in. The page asks for nothing that would need one."""
    title = "We cannot reach our records just now."
    if request.path.startswith(MACHINES):
        response = _page(request, 503, title, "")
    else:
        advice = f"Try again in a moment. {SEE_FIRST}"
        response = HttpResponse(render_to_string("error.html", {"title": title, "advice": advice}), status=503)
    response["Retry-After"] = "2"
    # One line for each, and not Django's traceback: every open page asks twice a second.
    log.error("Refused for want of a database: %s: %s", request.path, sys.exception())
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def _page(request: HttpRequest, status: int, title: str, advice: str) -> HttpResponse:
    if request.path.startswith(MACHINES):
        body = {"type": "about:blank", "title": title, "status": status}
        return JsonResponse(body, status=status, content_type="application/problem+json")
    return render(request, "error.html", {"title": title, "advice": advice}, status=status)
