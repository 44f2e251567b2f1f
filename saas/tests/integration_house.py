"""A live house for third parties: a server that knows its own address, people in it, and clients of every kind."""

from dataclasses import dataclass
from typing import Any

import pytest

from accounts import clients, tokens
from accounts.models import SCOPES, Integration
from accounts.tests.world import PASSWORD, World
from saas.browser import Browser

CALLBACK = "http://127.0.0.1:9000/callback"


@dataclass
class House:
    """What a stranger is told: the issuer, and the credentials of one client."""

    issuer: str
    world: World

    def client(self, grant_types: list[str], *, public: bool = False) -> tuple[str, str]:
        integration, secret = clients.create_integration(
            organisation=self.world.acme,
            by=self.world.alice,
            name="Stranger",
            is_confidential=not public,
            grant_types=grant_types,
            scopes=list(SCOPES),
            redirect_uris=[CALLBACK] if Integration.GrantType.AUTHORIZATION_CODE in grant_types else [],
        )
        return str(integration.pk), secret

    def agree(self, url: str) -> str:
        """What Alice does: signs in, opens the address, agrees. Returns where she is sent."""
        alice = Browser(self.issuer, "Mozilla/5.0 Firefox/132.0")
        alice.sign_in(self.world.alice.email, PASSWORD)
        return alice.submit(url, {"decision": "allow"}).location


@pytest.fixture
def house(live_server: Any, settings: Any, monkeypatch: Any, world: World) -> House:
    settings.ISSUER = live_server.url
    settings.AUDIENCE = f"{live_server.url}/api"
    for kind, audience in ((tokens.AccessToken, settings.AUDIENCE), (tokens.RefreshToken, settings.ISSUER)):
        monkeypatch.setattr(kind._token_backend, "issuer", settings.ISSUER)
        monkeypatch.setattr(kind._token_backend, "audience", audience)
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")  # the live server has no TLS
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    return House(live_server.url, world)
