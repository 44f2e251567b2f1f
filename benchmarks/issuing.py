"""Endpoints that issue tokens or tell of them: where each is, what it is asked, and fresh tokens to ask with."""

import base64
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from django.utils import timezone
from oauth2_provider.models import AccessToken, Application, RefreshToken
from rest_framework_simplejwt.tokens import AccessToken as SimpleAccessToken
from rest_framework_simplejwt.tokens import RefreshToken as SimpleRefreshToken

from accounts import clients, crypto, tokens
from accounts.models import Grant, Integration, Membership, User
from benchmarks import world

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
CREDENTIALS, REFRESH, INTROSPECT = "client credentials", "refresh", "introspection"
OURS = "**Portcullis**"
OUR_REFRESH = f"{OURS}, {REFRESH}"
# Like with like; and what each does for its answer.
NOTES = """
- **Portcullis** authenticates the client on each of these (one query), counts it, and looks at its failures in Redis:
  one round trip for up to sixty requests, since a worker holds some of a large share in reserve. A refresh checks the
  token's signature, finds its grant with all that it hangs from (user, epoch, membership, integration, key), signs two
  tokens by ES256, and writes the rotation, with the answer sealed for whoever lost it. Introspection looks the token up
  in the worker's revocation list, which knows what was revoked elsewhere.
- **simplejwt** authenticates no client and limits nobody. Rotating, it blacklists the old token and signs two by HS256;
  its verify checks a signature and asks its blacklist. As it comes it does neither: a refresh token is used again and
  again, and nothing that was revoked is known to its verify.
- **django-oauth-toolkit** authenticates the client and limits nobody; its tokens are random text in tables. Its client
  secrets are hashed by Django's first hasher as it comes (here Argon2), and stored in clear where the row says so.
  Introspection is asked with a bearer token, which it is quickest with. It remembers each access token of a client's
  own, a row each.
- gunicorn, Django, the middleware and the health check of the connection are the same for all.
"""
PASSWORD = "correct horse battery staple"  # of an account that lives for one run


@dataclass(frozen=True)
class Endpoint:
    name: str
    act: str
    path: str
    headers: dict[str, str]
    prefix: str
    tokens: Callable[..., list[str]] = field(default=lambda count=1: [""] * count)
    suffix: str = ""
    rotates: bool = True  # False: simplejwt as it comes, on a server of its own: it neither rotates nor blacklists

    @property
    def is_ours(self) -> bool:
        return self.name.startswith(OURS)

    @property
    def is_refresh(self) -> bool:
        """Whether each answer gives the token for the next request."""
        return self.act == REFRESH and self.rotates

    def body(self, token: str) -> str:
        return f"{self.prefix}{token}{self.suffix}"


def endpoints() -> list[Endpoint]:
    users = world.people()
    return [*ours(users), *simplejwt(users), *toolkit(users)]


def ours(users: list[User]) -> list[Endpoint]:
    users[0].memberships.update(role=Membership.Role.ADMIN)  # who may create secrets
    export, sync = (world.integration_of(users[0], *kinds) for kinds in (["client_credentials"], []))
    secrets = {one: clients.create_secret(one, by=users[0])[1] for one in (export, sync)}
    return [
        Endpoint(
            f"{OURS}, {CREDENTIALS}",
            CREDENTIALS,
            "/bench/portcullis/token",
            basic(export.pk, secrets[export]),
            "grant_type=client_credentials",
        ),
        Endpoint(
            OUR_REFRESH,
            REFRESH,
            "/bench/portcullis/token",
            basic(sync.pk, secrets[sync]),
            "grant_type=refresh_token&refresh_token=",
            partial(_our_refresh_tokens, users, sync),
        ),
        Endpoint(
            f"{OURS}, {INTROSPECT}",
            INTROSPECT,
            "/bench/portcullis/introspect",
            basic(sync.pk, secrets[sync]),
            "token=",
            partial(_our_access_tokens, users, sync),
        ),
    ]


def simplejwt(users: list[User]) -> list[Endpoint]:
    users[0].set_password(PASSWORD)
    users[0].save()
    base, json = "/bench/simplejwt", {"Content-Type": JSON}
    password = f'{{"email": "{users[0].email}", "password": "{PASSWORD}"}}'
    refresh, access = (partial(_simple_tokens, users, kind) for kind in (SimpleRefreshToken, SimpleAccessToken))
    name = "simplejwt, refresh"
    return [
        Endpoint("simplejwt, password for tokens (Argon2)", "password", f"{base}/obtain", json, password),
        Endpoint(f"{name}, rotating as ours does", REFRESH, f"{base}/refresh", json, '{"refresh": "', refresh, '"}'),
        Endpoint(
            f"{name}, as it comes: no rotation", REFRESH, f"{base}/refresh", json, '{"refresh": "', refresh, '"}', False
        ),
        Endpoint(
            "simplejwt, verify, its blacklist asked", INTROSPECT, f"{base}/verify", json, '{"token": "', access, '"}'
        ),
        Endpoint(
            "simplejwt, verify, as it comes: no blacklist",
            INTROSPECT,
            f"{base}/verify",
            json,
            '{"token": "',
            access,
            '"}',
            False,
        ),
    ]


def toolkit(users: list[User]) -> list[Endpoint]:
    """Its client secrets twice: under Django's password hasher, as they come, and in clear, which is faster."""
    own, code = Application.GRANT_CLIENT_CREDENTIALS, Application.GRANT_AUTHORIZATION_CODE
    hashed = world.toolkit_application(users[0], own, client_secret=PASSWORD)
    clear = world.toolkit_application(users[0], own, client_secret=PASSWORD, hash_client_secret=False)
    app = world.toolkit_application(users[0], code, client_secret=PASSWORD, hash_client_secret=False)
    hashed_app = world.toolkit_application(users[0], code, client_secret=PASSWORD)
    asker = _toolkit_token(users[0], app, "introspection")
    name, path, grant = "django-oauth-toolkit", "/bench/toolkit/token/", "grant_type=client_credentials"
    refresh = "grant_type=refresh_token&refresh_token="
    return [
        Endpoint(f"{name}, {CREDENTIALS}", CREDENTIALS, path, basic(hashed.client_id, PASSWORD), grant),
        Endpoint(f"{name}, {CREDENTIALS}, secret in clear", CREDENTIALS, path, basic(clear.client_id, PASSWORD), grant),
        *(
            Endpoint(label, REFRESH, path, basic(one.client_id, PASSWORD), refresh, _toolkit_refresh(users, one))
            for label, one in {f"{name}, {REFRESH}": hashed_app, f"{name}, {REFRESH}, secret in clear": app}.items()
        ),
        Endpoint(
            f"{name}, {INTROSPECT}",
            INTROSPECT,
            "/bench/toolkit/introspect/",
            {"Authorization": f"Bearer {asker}", "Content-Type": FORM},
            "token=",
            lambda count=world.SIZE: [_toolkit_token(user, app) for user in users[:count]],
        ),
    ]


def basic(client_id: Any, secret: str) -> dict[str, str]:
    both = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {both}", "Content-Type": FORM}


def _our_access_tokens(users: list[User], integration: Integration, count: int = world.SIZE) -> list[str]:
    return [tokens.mint(grant, tuple(world.SCOPES)) for grant in world.grants(users[:count], integration)]


def _our_refresh_tokens(users: list[User], integration: Integration, count: int = world.SIZE) -> list[str]:
    made = world.grants(users[:count], integration)
    texts = []
    for grant in made:
        text, jti = tokens.mint_refresh(grant)
        grant.refresh_hash = crypto.digest(jti)
        texts.append(text)
    Grant.objects.bulk_update(made, ["refresh_hash"])
    return texts


def _simple_tokens(users: list[User], kind: Any, count: int = world.SIZE) -> list[str]:
    return [str(kind.for_user(user)) for user in users[:count]]


def _toolkit_token(user: User, application: Application, scope: str = "profile") -> str:
    token = uuid.uuid4().hex
    end = timezone.now() + timedelta(hours=1)
    AccessToken.objects.create(user=user, application=application, token=token, expires=end, scope=scope)
    return token


def _toolkit_refresh(users: list[User], application: Application) -> Callable[..., list[str]]:
    return partial(_toolkit_refresh_tokens, users, application)


def _toolkit_refresh_tokens(users: list[User], application: Application, count: int = world.SIZE) -> list[str]:
    texts = []
    for user in users[:count]:
        access = AccessToken.objects.get(token=_toolkit_token(user, application))
        token = uuid.uuid4().hex
        RefreshToken.objects.create(user=user, application=application, token=token, access_token=access)
        texts.append(token)
    return texts
