"""Authlib's authorization server, wired to accounts: who the client is, and which grants there are."""

import json
from typing import Any

from authlib.common.urls import add_params_to_uri
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts import assertions, clients, visitors
from accounts.clients import Client
from accounts.visitors import Visitor
from integrations.oauth import grants, limits, parameters
from integrations.oauth.client import OAuthClient
from integrations.oauth.device_grant import DeviceCodeGrant


class Request(OAuth2Request):  # type: ignore[misc]
    """A Django request as Authlib reads it: the query at the authorization endpoint, the form at the token endpoint."""

    def __init__(self, request: HttpRequest) -> None:
        # Authlib refuses plain http by the look of the URL. Behind a proxy that look is wrong, and on a laptop there
        # is no TLS; SECURE_SSL_REDIRECT holds the rule where it matters. So it is shown a URL that passes.
        # Headers are for its own client authentication, which is not asked.
        super().__init__(request.method or "", f"https://localhost{request.path}")
        self.django = request
        # Never both merged, as Authlib's own for Django has it: only one of them has been checked.
        asks_a_person = request.resolver_match is not None and request.resolver_match.url_name == "oauth_authorize"
        self.payload = BasicOAuth2Payload((request.GET if asks_a_person else request.POST).dict())
        self.visitor = visitors.of(request)

    @property
    def form(self) -> Any:
        return self.django.POST


class Server(AuthorizationServer):  # type: ignore[misc]
    def create_oauth2_request(self, request: HttpRequest) -> Request:
        return Request(request)

    def query_client(self, client_id: str) -> OAuthClient | None:
        """For the authorization endpoint, where a client is named but has yet to show who it is."""
        try:
            return OAuthClient(Client(clients.find(client_id), None))
        except clients.UnknownClient:
            return None

    def authenticate_client(self, request: Request, methods: list[str], endpoint: str = "token") -> OAuthClient:
        return OAuthClient(self.client_of(request.django))

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> HttpResponse:
        content = json.dumps(body) if isinstance(body, dict) else body
        response = HttpResponse(content, status=status, headers=dict(headers))
        if "Location" in response:
            # RFC 9207: the answer says whose it is, so that a client of several servers is not mixed up.
            response["Location"] = add_params_to_uri(response["Location"], {"iss": settings.ISSUER})
        challenge = response.get("WWW-Authenticate", "")
        if challenge.startswith("Basic "):  # Authlib leaves out the realm, which RFC 7617 requires
            response["WWW-Authenticate"] = f'Basic realm="{settings.ISSUER}", {challenge.removeprefix("Basic ")}'
        response["Cache-Control"] = "no-store"
        return response

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Authlib announces; nobody here listens: what has to follow is called by name."""

    def authorize(self, request: HttpRequest, grant: Any, *, agreed: bool) -> HttpResponse:
        """The redirect with a code, or with the person's no."""
        response: HttpResponse = self.create_authorization_response(request, request.user if agreed else None, grant)
        return response

    def token(self, request: HttpRequest) -> HttpResponse:
        response: HttpResponse = self.create_token_response(request)
        return response

    def error(self, error: OAuth2Error) -> HttpResponse:
        """As the RFCs have it: a redirect where the error knows a proven address, else JSON."""
        return self.handle_response(*error())

    def client_of(self, request: HttpRequest) -> Client:
        """Who asks. Raises InvalidClientError.

        One way for all endpoints, and one answer to all who hold no key of the client: nobody learns which ids exist.
        """
        shown = parameters.client_credentials(request)
        try:
            client = _authenticated(shown, visitors.of(request))
        except clients.UnknownClient as error:
            limits.failed(request, shown.client_id or "")
            raise parameters.invalid_client(str(error) or "Unknown client, or not its secret or key.") from None
        limits.authenticated(request, shown.client_id or "", client)
        return client


def _authenticated(shown: parameters.Shown, visitor: Visitor) -> Client:
    if shown.assertion:
        return assertions.authenticate(shown.assertion, shown.client_id, visitor)
    return clients.authenticate(shown.client_id or "", shown.secret, visitor)


server = Server()
server.register_grant(grants.AuthorizationCodeGrant, [grants.S256Only()])
server.register_grant(grants.ClientCredentialsGrant)
server.register_grant(grants.RefreshTokenGrant)
server.register_grant(DeviceCodeGrant)
