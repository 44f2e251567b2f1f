"""Alice owns Acme, Bob is a member of it, Mallory is a stranger. Sync acts for people, Export for itself."""

import base64
import hashlib
import secrets
from collections import Counter
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from allauth.account.models import EmailAddress
from django.test import Client

from accounts import clients, grants, late_tries, tokens
from accounts.clients import Client as OAuthClient
from accounts.late_tries import Kind, Try
from accounts.models import Grant, Integration, Membership, Organisation, User
from accounts.visitors import Visitor

PASSWORD = "correct horse battery"
CALLBACK = "https://sync.example/callback"
VERIFIER = secrets.token_urlsafe(48)
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def person(name: str) -> User:
    user = User.objects.create_user(f"{name.lower()}@example.com", PASSWORD, name=name)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


class World:
    def __init__(self, *, people: str = "") -> None:
        """`people` comes after their names, where several worlds share a database."""
        self.alice, self.bob, self.mallory = (person(f"{name}{people}") for name in ("Alice", "Bob", "Mallory"))
        self.acme = Organisation.objects.create(name="Acme")
        Membership.objects.create(user=self.alice, organisation=self.acme, role="owner")
        Membership.objects.create(user=self.bob, organisation=self.acme, role="member")
        self.sync, self.sync_secret = self.integration("Sync", ["authorization_code", "refresh_token"], [CALLBACK])
        self.export, self.export_secret = self.integration("Export", ["client_credentials"], [])
        self.pocket, _ = self.integration("Pocket", ["authorization_code", "refresh_token"], [CALLBACK], public=True)

    def integration(
        self,
        name: str,
        grant_types: list[str],
        redirect_uris: list[str],
        *,
        public: bool = False,
        scopes: tuple[str, ...] = ("profile",),
    ) -> tuple[Integration, str]:
        return clients.create_integration(
            organisation=self.acme,
            by=self.alice,
            name=name,
            is_confidential=not public,
            grant_types=grant_types,
            scopes=list(scopes),
            redirect_uris=redirect_uris,
        )

    def code(self, user: User, integration: Integration | None = None, scopes: tuple[str, ...] = ("profile",)) -> str:
        """An authorization code that the user has agreed to."""
        return grants.agree(
            user=user,
            integration=integration or self.sync,
            scopes=list(scopes),
            redirect_uri=CALLBACK,
            code_challenge=CHALLENGE,
        )

    def connect(
        self, user: User, integration: Integration | None = None, scopes: tuple[str, ...] = ("profile",)
    ) -> dict[str, Any]:
        """The tokens of a new grant on behalf of the user."""
        code = self.code(user, integration, scopes)
        grant = grants.find_code(code, integration=integration or self.sync)
        return grants.redeem(grant, code_verifier=VERIFIER)

    def own_tokens(self) -> dict[str, Any]:
        """The tokens of Export, on its own behalf."""
        secret = self.export.secrets.get()
        return grants.own(OAuthClient(self.export, secret), ("profile",))

    def refresh(self, tokens_: dict[str, Any]) -> dict[str, Any]:
        return grants.refresh(integration=self.sync, refresh_token=tokens_["refresh_token"])

    def try_again(self, grant: Grant, times: int = 1, agent: str = "curl/8.5") -> None:
        """As when an access token of this grant, which has ended, was refused so often."""
        tried = Try(Kind.ACCESS_TOKEN, grant.pk, Visitor("203.0.113.7", agent))
        late_tries._write(Counter({tried: times}))

    def grant_of(self, tokens_: dict[str, Any]) -> Grant:
        return Grant.objects.get(pk=tokens.verify(tokens_["access_token"]).grant)


def ask_token(client: Client, integration: Integration, secret: str | None, **fields: Any) -> Any:
    """POST /oauth/token, with the secret in the Authorization header where there is one."""
    return ask(client, "/oauth/token", integration, secret, **fields)


def ask(client: Client, path: str, integration: Integration, secret: str | None, **fields: Any) -> Any:
    headers = {}
    if secret is None:
        fields["client_id"] = str(integration.pk)
    else:
        both = base64.b64encode(f"{integration.pk}:{secret}".encode()).decode()
        headers["Authorization"] = f"Basic {both}"
    return client.post(path, fields, headers=headers)


def authorize_url(integration: Integration, **changed: str | None) -> str:
    query: dict[str, str | None] = {
        "response_type": "code",
        "client_id": str(integration.pk),
        "redirect_uri": CALLBACK,
        "scope": "profile",
        "state": "xyz",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changed,
    }
    return "/oauth/authorize?" + urlencode({name: value for name, value in query.items() if value is not None})


def redirected(answer: Any) -> dict[str, str]:
    """The query of the address that an answer redirects to."""
    return {name: values[0] for name, values in parse_qs(urlsplit(answer["Location"]).query).items()}
