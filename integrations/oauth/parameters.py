"""What a request to an OAuth endpoint may look like before anybody reads it: each parameter once, as plain text."""

import base64
import binascii
import re
from dataclasses import dataclass
from urllib.parse import unquote

from authlib.oauth2.rfc6749.errors import InvalidClientError, InvalidRequestError
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FORM = "application/x-www-form-urlencoded"
LONGEST = 4096  # characters in one value
# RFC 6749, appendix A. Of our parameters only `state`, which is the client's own, may hold a quote or a backslash.
PRINTABLE = re.compile(r"[\x20-\x7e]*")
PLAIN = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]*")


def check(parameters: QueryDict) -> None:
    """Raises InvalidRequestError, naming the parameter, for a repeated, overlong or unprintable one."""
    for name, values in parameters.lists():
        shown = name if PLAIN.fullmatch(name) else "a parameter"
        if len(values) > 1:
            raise InvalidRequestError(f"{shown[:40]} is repeated.")
        if len(values[0]) > LONGEST:
            raise InvalidRequestError(f"{shown[:40]} is longer than {LONGEST} characters.")
        if not (PRINTABLE if name == "state" else PLAIN).fullmatch(values[0]):
            raise InvalidRequestError(f"{shown[:40]} holds characters that are not printable ASCII.")


def check_form(request: HttpRequest) -> None:
    """Raises InvalidRequestError for a body that is no form, for parameters in the URL, and as `check` does."""
    if request.GET:
        raise InvalidRequestError("Parameters belong in the body, not in the URL.")
    try:
        form = request.POST
    except (BadRequest, SuspiciousOperation, MultiPartParserError, UnreadablePostError):
        raise InvalidRequestError("The body is not a form that can be read.") from None
    if not form and request.body and request.content_type != FORM:
        raise InvalidRequestError(f"The body must be {FORM}.")
    check(form)


def required(request: HttpRequest, name: str) -> str:
    """The form's parameter. Raises InvalidRequestError where it is missing or empty."""
    value = request.POST.get(name)
    if not value:
        raise InvalidRequestError(f"{name} is missing.")
    return value


@dataclass(frozen=True)
class Shown:
    """What a client shows of itself: its id with a secret or, if it is public, without; or an assertion (RFC 7523)."""

    client_id: str | None
    secret: str | None = None
    assertion: str | None = None


def client_credentials(request: HttpRequest) -> Shown:
    """From the Authorization header, from the form, or an assertion; never two of them (RFC 6749, 2.3)."""
    header = request.META.get("HTTP_AUTHORIZATION", "")
    client_id, secret = request.POST.get("client_id"), request.POST.get("client_secret")
    assertion = request.POST.get("client_assertion")
    if sum(map(bool, (header, secret is not None, assertion))) > 1:
        raise InvalidRequestError("Two ways of client authentication in one request.")
    if assertion:
        if request.POST.get("client_assertion_type") != ASSERTION_TYPE:
            raise InvalidRequestError(f"client_assertion_type is not {ASSERTION_TYPE}.")
        return Shown(client_id, assertion=assertion)
    if header:
        basic_id, basic_secret = _basic(header)
        if client_id not in {None, basic_id}:
            raise InvalidRequestError("Two client ids in one request.")
        return Shown(basic_id, basic_secret)
    if not client_id:
        raise invalid_client("client_id is missing.")
    return Shown(client_id, secret)


def _basic(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    try:
        decoded = base64.b64decode(encoded, validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        decoded = ""
    client_id, colon, secret = decoded.partition(":")
    if scheme.lower() != "basic" or not colon:
        raise invalid_client("The Authorization header is not HTTP Basic.")
    # RFC 6749, 2.3.1: both were form-encoded first.
    return unquote(client_id), unquote(secret)


def invalid_client(description: str) -> InvalidClientError:
    return InvalidClientError(description, status_code=401)
