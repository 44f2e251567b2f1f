"""Two things that a client may do with a token it holds: give it up (RFC 7009), and ask about it (RFC 7662)."""

from authlib.oauth2.rfc6749.errors import InvalidGrantError
from django.http import HttpRequest, HttpResponse

from accounts import grants, visitors
from integrations.oauth import limits, parameters
from integrations.oauth.endpoint import endpoint
from integrations.oauth.server import server


@endpoint
def revoke(request: HttpRequest) -> HttpResponse:
    """Ends the whole grant, access tokens included, at once. What is no token of ours is 200 too (RFC 7009, 2.2)."""
    client = server.client_of(request)
    limits.revoking(request, client)
    try:
        grants.end(client.integration, parameters.required(request, "token"), visitor=visitors.of(request))
    except grants.NotYours:
        raise InvalidGrantError("The token was issued to another client.") from None
    return server.handle_response(200, {}, [("Content-Type", "application/json")])


@endpoint
def introspect(request: HttpRequest) -> HttpResponse:
    """For confidential clients: a public one cannot show that it is itself (RFC 7662, 2.1)."""
    client = server.client_of(request)
    if not client.integration.is_confidential:
        raise parameters.invalid_client("Introspection needs a client that authenticates.")
    told = grants.introspect(client.integration, parameters.required(request, "token"))
    return server.handle_response(200, told, [("Content-Type", "application/json")])
