"""One shape for every error of the API: application/problem+json (RFC 9457), and the challenge of RFC 6750."""

import logging
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from integrations import scopes

log = logging.getLogger(__name__)

PROBLEM = "application/problem+json"


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


def not_found(request: HttpRequest) -> JsonResponse:
    """For an address below /api/ that is none of ours."""
    return JsonResponse(_body(404, Http404()), status=404, content_type=PROBLEM)


def _body(status: int, error: Exception) -> dict[str, Any]:
    body: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    if isinstance(error, exceptions.ValidationError):
        body["errors"] = error.detail
    elif isinstance(error, exceptions.APIException):
        body["detail"] = str(error.detail)
    return body


def _challenge(error: Exception, context: dict[str, Any]) -> str:
    # RFC 9728, 5.1: where a client that has never heard of us finds the server that gives tokens.
    metadata = f"{settings.ISSUER}/.well-known/oauth-protected-resource/api"
    realm = f'Bearer realm="{settings.AUDIENCE}", resource_metadata="{metadata}"'
    if isinstance(error, exceptions.NotAuthenticated):
        return realm
    if isinstance(error, exceptions.AuthenticationFailed):
        return f'{realm}, error="invalid_token", error_description="The access token is not valid, or no longer."'
    if isinstance(error, exceptions.PermissionDenied):
        required = " ".join(scopes.required(context["view"], context["request"].method) or ())
        return f'{realm}, error="insufficient_scope", scope="{required}"'
    return ""
