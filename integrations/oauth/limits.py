"""How often clients may ask, the same at every OAuth endpoint. Raises OAuth2Errors that say when to come back.

Failures are counted by client and source, so that whoever guesses at a client's secret does not keep the client out;
a public client, which anybody can name, has a share for each source.
"""

from authlib.oauth2.rfc6749.errors import OAuth2Error
from django.http import HttpRequest

from accounts import rates
from accounts.clients import Client
from integrations import rates as described


class TooManyRequests(OAuth2Error):  # type: ignore[misc]  # Authlib has no types
    error = "temporarily_unavailable"  # RFC 6749 has no word of its own for 429
    description = "Too many requests. Retry-After says when to come back."
    status_code = 429


def before_authentication(request: HttpRequest, client_id: str) -> None:
    """Refuses whoever has failed too often of late: as this client, or from this address as any."""
    source = described.source(request)
    try:
        rates.check(("client-failures", source, client_id[:36]), ("source-failures", source))
    except rates.TooMany as error:
        described.note(request, error.standing)
        raise TooManyRequests from None


def failed(request: HttpRequest, client_id: str) -> None:
    """Counts a client that did not show who it is."""
    source = described.source(request)
    for name, who in (("client-failures", (source, client_id[:36])), ("source-failures", (source,))):
        try:
            described.hit(request, name, *who)
        except rates.TooMany:
            raise TooManyRequests from None


def authenticated(request: HttpRequest, client: Client) -> None:
    """Counts a request of a client that has shown who it is."""
    shares = [] if client.integration.is_confidential else [described.source(request)]
    try:
        described.hit(request, "client", client.integration.pk, *shares)
    except rates.TooMany:
        raise TooManyRequests from None
