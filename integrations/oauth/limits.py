"""How often clients may ask, the same at every OAuth endpoint. Raises OAuth2Errors that say when to come back.

Failures are counted by client and source, so that whoever guesses at a client's secret does not keep the client out;
a public client, which anybody can name, has a share for each source.
"""

from collections.abc import Iterable

from authlib.oauth2.rfc6749.errors import OAuth2Error
from django.http import HttpRequest

from accounts import rates
from accounts.clients import Client
from accounts.rates import Share
from integrations import rates as described


class TooManyRequests(OAuth2Error):  # type: ignore[misc]  # Authlib has no types
    error = "temporarily_unavailable"  # RFC 6749 has no word of its own for 429
    description = "Too many requests. Retry-After says when to come back."
    status_code = 429


def failed(request: HttpRequest, client_id: str) -> None:
    """Counts a client that did not show who it is."""
    for name, *who in _failures(request, client_id):
        _hit(request, str(name), *who)


def authenticated(request: HttpRequest, client_id: str, client: Client) -> None:
    """Counts a request of a client that has shown who it is, by the name that it gave.

    Refuses all the same whoever has failed too often of late: a guess that hits says so no sooner than one that does
    not, except where the same client has just shown who it is from the same address. Asked here, and not before, since
    one round trip then serves both; a failure costs no more than a query.
    """
    _hit(request, "client", *_whose(request, client), unless=_failures(request, client_id))


def beginning(request: HttpRequest) -> None:
    """Counts a device that begins: each is a row, and anybody can name a public client."""
    _hit(request, "device-codes", described.source(request))


def revoking(request: HttpRequest, client: Client) -> None:
    """Counts what a client wants ended, with what it asks of the API: each takes its turn, and is kept."""
    _hit(request, "revocations", *_whose(request, client))


def _whose(request: HttpRequest, client: Client) -> list[object]:
    """The client's share; of a public client, which anybody can name, the share of each source."""
    shares: list[object] = [] if client.integration.is_confidential else [described.source(request)]
    return [client.integration.pk, *shares]


def _failures(request: HttpRequest, client_id: str) -> list[Share]:
    """From this address as any client, and as this one.

    In this order, or an address would no longer be counted once its share of one client is used up.
    """
    source = described.source(request)
    return [("source-failures", source), ("client-failures", source, client_id[:36])]


def _hit(request: HttpRequest, name: str, *who: object, unless: Iterable[Share] = ()) -> None:
    try:
        described.hit(request, name, *who, unless=unless)
    except rates.TooMany:
        raise TooManyRequests from None
