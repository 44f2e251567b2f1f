"""Rate limits in the words of HTTP: RateLimit, RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers), Retry-After."""

import ipaddress
from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from rest_framework.exceptions import Throttled

from accounts import rates, visitors
from accounts.rates import Share, Standing

_NOTED = "_rate_standing"


def hit(request: HttpRequest, name: str, *who: object, unless: Iterable[Share] = ()) -> None:
    """Counts one, and notes where the client stands for `describe`. Raises rates.TooMany."""
    try:
        setattr(request, _NOTED, rates.hit(name, *who, unless=unless))
    except rates.TooMany as error:
        setattr(request, _NOTED, error.standing)
        raise


def describe(request: HttpRequest, response: HttpResponseBase) -> None:
    """Says on the answer what was counted for its request."""
    standing: Standing | None = getattr(request, _NOTED, None)
    if standing is None:
        return
    response["RateLimit-Policy"] = f'"{standing.name}";q={standing.quota};w={standing.window}'
    response["RateLimit"] = f'"{standing.name}";r={standing.remaining};t={standing.reset}'
    if response.status_code == 429:
        response["Retry-After"] = str(standing.reset)


def hit_api(request: Any, name: str = "api") -> None:
    """One call of the API, by a request that came with a token. Raises DRF's Throttled."""
    try:
        hit(request._request, name, request.auth.client_id)
    except rates.TooMany as error:
        raise Throttled(wait=error.standing.reset) from None


def source(request: HttpRequest) -> str:
    """Where it comes from, as far as limits are concerned: an IPv6 network of 64 bits is one household."""
    address = visitors.of(request).ip_address or ""
    return f"{int(ipaddress.IPv6Address(address)) >> 64:x}" if ":" in address else address
