"""Endpoints that issue tokens or tell of them: where each is, what it is asked, and fresh tokens to ask with."""

import base64
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from django.urls import Resolver404, resolve
from django.utils import timezone
from oauth2_provider.models import AccessToken, Application, RefreshToken
from rest_framework_simplejwt.tokens import AccessToken as SimpleAccessToken
from rest_framework_simplejwt.tokens import RefreshToken as SimpleRefreshToken

from accounts import clients, crypto, tokens
from accounts.models import Grant, Integration, User
from benchmarks import world

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
CREDENTIALS, REFRESH, INTROSPECT = "client credentials", "refresh", "introspection"
OURS = "**Portcullis**"
OUR_REFRESH = f"{OURS}, {REFRESH}"
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
    rotates: bool = True  # False: simplejwt as it comes, on a server of its own

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
    export, sync = (world.integration_of(users[0], *kinds) for kinds in (["client_credentials"], []))
    secrets = {one: clients.create_secret(one, by=users[0])[1] for one in (export, sync)}
    found = [
        Endpoint(
            f"{OURS}, {CREDENTIALS}",
            CREDENTIALS,
            "/oauth/token",
            basic(export.pk, secrets[export]),
            "grant_type=client_credentials",
        ),
        Endpoint(
            OUR_REFRESH,
            REFRESH,
            "/oauth/token",
            basic(sync.pk, secrets[sync]),
            "grant_type=refresh_token&refresh_token=",
            partial(_our_refresh_tokens, users, sync),
        ),
        Endpoint(
            f"{OURS}, {INTROSPECT}",
            INTROSPECT,
            "/oauth/introspect",
            basic(sync.pk, secrets[sync]),
            "token=",
            partial(_our_access_tokens, users, sync),
        ),
    ]
    return [one for one in found if _exists(one.path)]


def simplejwt(users: list[User]) -> list[Endpoint]:
    users[0].set_password(PASSWORD)
    users[0].save()
    base, json = "/bench/simplejwt", {"Content-Type": JSON}
    password = f'{{"email": "{users[0].email}", "password": "{PASSWORD}"}}'
    refresh = partial(_simple_tokens, users, SimpleRefreshToken)
    name = "simplejwt, refresh"
    return [
        Endpoint("simplejwt, password for tokens (Argon2)", "password", f"{base}/obtain", json, password),
        Endpoint(f"{name}, rotating as ours does", REFRESH, f"{base}/refresh", json, '{"refresh": "', refresh, '"}'),
        Endpoint(
            f"{name}, as it comes: no rotation",
            "refresh without rotation",
            f"{base}/refresh",
            json,
            '{"refresh": "',
            refresh,
            '"}',
            False,
        ),
        Endpoint(
            "simplejwt, verify",
            INTROSPECT,
            f"{base}/verify",
            json,
            '{"token": "',
            partial(_simple_tokens, users, SimpleAccessToken),
            '"}',
        ),
    ]


def toolkit(users: list[User]) -> list[Endpoint]:
    """Its client secrets twice: under Django's password hasher, as they come, and in clear, which is faster."""
    own, code = Application.GRANT_CLIENT_CREDENTIALS, Application.GRANT_AUTHORIZATION_CODE
    hashed = world.toolkit_application(users[0], own, client_secret=PASSWORD)
    clear = world.toolkit_application(users[0], own, client_secret=PASSWORD, hash_client_secret=False)
    app = world.toolkit_application(users[0], code, client_secret=PASSWORD, hash_client_secret=False)
    asker = _toolkit_token(users[0], app, "introspection")
    name, path, grant = "django-oauth-toolkit", "/bench/toolkit/token/", "grant_type=client_credentials"
    return [
        Endpoint(f"{name}, {CREDENTIALS}", CREDENTIALS, path, basic(hashed.client_id, PASSWORD), grant),
        Endpoint(f"{name}, {CREDENTIALS}, secret in clear", CREDENTIALS, path, basic(clear.client_id, PASSWORD), grant),
        Endpoint(
            f"{name}, {REFRESH}, secret in clear",
            REFRESH,
            path,
            basic(app.client_id, PASSWORD),
            "grant_type=refresh_token&refresh_token=",
            partial(_toolkit_refresh_tokens, users, app),
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


def _exists(path: str) -> bool:
    try:
        return bool(resolve(path))
    except Resolver404:
        return False


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


def _toolkit_refresh_tokens(users: list[User], application: Application, count: int = world.SIZE) -> list[str]:
    texts = []
    for user in users[:count]:
        access = AccessToken.objects.get(token=_toolkit_token(user, application))
        token = uuid.uuid4().hex
        RefreshToken.objects.create(user=user, application=application, token=token, access_token=access)
        texts.append(token)
    return texts
