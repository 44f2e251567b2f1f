"""The headers of the API's answers, as the OpenAPI document describes them, and which answer carries which."""

from typing import Any

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter

ETAG = '"0cc175b9c0f1b6a831c399e269772661"'
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The `ETag` of the answer that you have: while it still holds, you get 304 and no body.",
    examples=[OpenApiExample("Example", ETAG)],
)
_quota, _window = settings.RATES["api"]
# What it says, its schema, an example.
HEADERS: dict[str, tuple[str, str, Any]] = {
    "ETag": ("What `If-None-Match` takes to ask whether this is still so.", "string", ETAG),
    "Location": ("Where it can be read again.", "string", "/api/v1/revocations/16fd2706-8baf-433b-82eb-8c7fada847da"),
    "RateLimit-Policy": (
        "The share that this request was counted in: its name, `q` requests in `w` seconds.",
        "string",
        f'"api";q={_quota};w={_window}',
    ),
    "RateLimit": (
        "What is left of it: `r` requests; all are back in `t` seconds.",
        "string",
        f'"api";r={_quota - 1};t=42',
    ),
    "Retry-After": ("Seconds to wait before trying again.", "integer", 2),
    "WWW-Authenticate": (
        "The challenge (RFC 6750): `invalid_token`, or `insufficient_scope` with the scopes that are needed; and where "
        "tokens come from (RFC 9728).",
        "string",
        f'Bearer realm="{settings.AUDIENCE}", error="invalid_token"',
    ),
}
_ALWAYS = {201: ["Location"], 304: ["ETag"], 401: ["WWW-Authenticate"], 403: ["WWW-Authenticate"]}
_ALWAYS |= {429: ["Retry-After"], 503: ["Retry-After"]}
# 304 says nothing new, and the others may come before anything is counted.
_UNCOUNTED = {304, 401, 403, 404, 406, 503}


def of(code: int, method: str, *, is_counted: bool) -> list[str]:
    """The names of those that the answer to this method surely carries."""
    named = ["ETag"] if (method, code) == ("GET", 200) else _ALWAYS.get(code, [])
    return named + (["RateLimit-Policy", "RateLimit"] if is_counted and code not in _UNCOUNTED else [])


def described(name: str) -> dict[str, Any]:
    """A header object of the document."""
    text, kind, example = HEADERS[name]
    return {"description": text, "required": True, "schema": {"type": kind}, "example": example}
