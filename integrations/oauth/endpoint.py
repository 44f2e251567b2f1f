"""What every OAuth endpoint for programs holds to: POST, a form, each parameter once, nothing in the URL, no cache."""

import logging
from collections.abc import Callable
from functools import wraps

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import InvalidRequestError
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from integrations import rates
from integrations.oauth import parameters
from integrations.oauth.server import server

log = logging.getLogger(__name__)

View = Callable[[HttpRequest], HttpResponse]


def endpoint(view: View) -> View:
    """Hands the view a request that is fit to read, and turns its OAuth2Error into RFC 6749's JSON."""

    @csrf_exempt  # clients authenticate by their secret or verifier; there is no cookie to forge with
    @wraps(view)
    def checked(request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return _post_alone()
        response = _answer(view, request)
        rates.describe(request, response)
        return response

    return checked


def _answer(view: View, request: HttpRequest) -> HttpResponse:
    try:
        parameters.check_form(request)
        return view(request)
    except OAuth2Error as error:
        return server.error(error)
    except (OperationalError, InterfaceError):
        log.exception("The database did not answer")
        return _unavailable()


def _unavailable() -> HttpResponse:
    response = server.error(OAuth2Error("Try again shortly.", status_code=503, error="temporarily_unavailable"))
    response["Retry-After"] = "2"
    return response


def _post_alone() -> HttpResponse:
    response = server.error(InvalidRequestError("This endpoint takes POST alone.", status_code=405))
    response["Allow"] = "POST"
    return response
