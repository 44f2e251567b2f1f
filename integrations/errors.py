"""One shape for every error of the API: application/problem+json (RFC 9457), and the challenge of RFC 6750."""

import logging
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from integrations import scopes

log = logging.getLogger(__name__)

PROBLEM = "application/problem+json"


# What DRF says in words of its own, or of nothing in particular.
WORDS: dict[type[Exception], str] = {
    exceptions.NotAuthenticated: "There is no access token in the Authorization header.",
    exceptions.AuthenticationFailed: "The access token is not valid, or no longer.",
    exceptions.NotFound: "There is no such thing, or it is not yours.",
    exceptions.NotAcceptable: "Answers are application/json.",
}


class Conflict(exceptions.APIException):
    status_code = 409
    default_detail = "Not as things stand."


class Unprocessable(exceptions.APIException):
    status_code = 422
    default_detail = "It cannot be done like this."


class Unavailable(exceptions.APIException):
    """The database did not answer. What cannot be looked up is not let in, and not made up."""

    status_code = 503
    default_detail = "The service cannot answer just now. Try again shortly."
    wait = 2  # seconds, for Retry-After


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER."""
    if isinstance(error, (OperationalError, InterfaceError)):
        log.error("The database did not answer", exc_info=error)
        error = Unavailable()
    response = exception_handler(error, context)
    if response is None:
        return None
    response.data = _body(response.status_code, error)
    response.content_type = PROBLEM
    challenge = _challenge(error, context)
    if challenge:
        response["WWW-Authenticate"] = challenge
    return response


@csrf_exempt  # or whatever posts here would be told of a form, and not that there is nothing
def not_found(request: HttpRequest) -> JsonResponse:
    """For an address below /api/ that is none of ours."""
    return _answer(exceptions.NotFound("There is no such address."))


def public(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """For a document that anybody may read: GET and HEAD; anything else is 405, with or without a cookie."""

    @csrf_exempt  # nothing is done here, so there is nothing to forge
    @wraps(view)
    def read(request: HttpRequest) -> HttpResponse:
        if request.method in {"GET", "HEAD"}:
            return view(request)
        response = _answer(exceptions.MethodNotAllowed(request.method or ""))
        response["Allow"] = "GET, HEAD"
        return response

    return read


def _answer(error: exceptions.APIException) -> JsonResponse:
    return JsonResponse(_body(error.status_code, error), status=error.status_code, content_type=PROBLEM)


def _body(status: int, error: Exception) -> dict[str, Any]:
    body: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    if isinstance(error, exceptions.ValidationError):
        body["errors"] = error.detail
    elif isinstance(error, exceptions.APIException):
        is_plain = type(error) in WORDS and error.detail == type(error).default_detail
        body["detail"] = WORDS[type(error)] if is_plain else str(error.detail)
    return body


def _challenge(error: Exception, context: dict[str, Any]) -> str:
    # RFC 9728, 5.1: where a client that has never heard of us finds the server that gives tokens.
    metadata = f"{settings.ISSUER}/.well-known/oauth-protected-resource/api"
    realm = f'Bearer realm="{settings.AUDIENCE}", resource_metadata="{metadata}"'
    if isinstance(error, exceptions.NotAuthenticated):
        return realm
    if isinstance(error, exceptions.AuthenticationFailed):
        return f'{realm}, error="invalid_token", error_description="{WORDS[exceptions.AuthenticationFailed]}"'
    if isinstance(error, exceptions.PermissionDenied):
        required = " ".join(scopes.required(context["view"], context["request"].method) or ())
        return f'{realm}, error="insufficient_scope", scope="{required}"'
    return ""
