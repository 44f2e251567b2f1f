"""Two hundred people and what lets them in: one credential each, for us and for every rival."""

import uuid
from datetime import timedelta
from importlib import import_module
from typing import Any

from allauth.headless.tokens.strategies.jwt import internal as headless
from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest
from django.utils import timezone
from knox.models import AuthToken
from oauth2_provider.models import AccessToken as ToolkitToken
from oauth2_provider.models import Application
from rest_framework.authtoken.models import Token as DRFToken
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import AccessToken

from accounts import tokens
from accounts.models import Grant, Integration, Membership, Organisation, User
from benchmarks import rivals

SIZE = 200
SCOPES = ["profile"]
NOBODY_HAS = "!"  # a password hash that none gives
Headers = list[str]  # values of the Authorization header, one a person


def people(count: int = SIZE) -> list[User]:
    """Members of one organisation, with a password that nobody has."""
    organisation = Organisation.objects.create(name=f"Acme {uuid.uuid4().hex[:8]}")
    users = [User(email=f"{uuid.uuid4().hex}@acme.example", password=NOBODY_HAS) for _ in range(count)]
    User.objects.bulk_create(users)
    Membership.objects.bulk_create(
        Membership(user=user, organisation=organisation, role=Membership.Role.MEMBER) for user in users
    )
    return list(User.objects.filter(memberships__organisation=organisation))


def integration_of(user: User, *grant_types: str) -> Integration:
    return Integration.objects.create(
        organisation=user.memberships.get().organisation,
        name="Sync",
        created_by=user,
        grant_types=list(grant_types or ("authorization_code", "refresh_token")),
        scopes=SCOPES,
        redirect_uris=["https://sync.example/callback"],
    )


def grants(users: list[User], integration: Integration) -> list[Grant]:
    """A redeemed grant for each."""
    now, end = timezone.now(), timezone.now() + timedelta(days=30)
    made = [
        Grant(
            integration=integration,
            organisation=integration.organisation,
            user=user,
            scopes=SCOPES,
            epoch=user.epoch,
            redeemed_at=now,
            expires_at=end,
        )
        for user in users
    ]
    outstanding = [OutstandingToken(jti=g.pk.hex, token="", user=g.user, created_at=now, expires_at=end) for g in made]
    for grant, row in zip(made, OutstandingToken.objects.bulk_create(outstanding), strict=True):
        grant.outstanding = row
    return Grant.objects.bulk_create(made)


def access_tokens(users: list[User]) -> list[str]:
    return [tokens.mint(grant, tuple(SCOPES)) for grant in grants(users, integration_of(users[0]))]


def credentials(users: list[User]) -> dict[str, Headers]:
    """For us and each rival that reads a header, by slug."""
    stateless = simplejwts(users)
    for_simplejwt = {rivals.STATELESS, rivals.DEFAULT, rivals.REDIS, rivals.BLACKLIST}
    return {
        rivals.OURS.slug: [f"Bearer {token}" for token in access_tokens(users)],
        **{rival.slug: stateless for rival in for_simplejwt},
        **{rival.slug: _signed_by(rival, users) for rival in rivals.STATELESS_BY_ALGORITHM.values()},
        rivals.DRF_TOKEN.slug: [f"Token {DRFToken.objects.create(user=user).key}" for user in users],
        rivals.KNOX.slug: [f"Token {AuthToken.objects.create(user=user)[1]}" for user in users],
        rivals.TOOLKIT.slug: _of_the_toolkit(users),
        rivals.HEADLESS.slug: [f"Bearer {_headless(user)}" for user in users],
    }


def simplejwts(users: list[User]) -> Headers:
    """By HS256, which it signs by as it comes."""
    return [f"Bearer {AccessToken.for_user(user)}" for user in users]


def blacklist_filled(users: list[User], count: int = 1000) -> None:
    """simplejwt's blacklist is never empty where it is used."""
    now, end = timezone.now(), timezone.now() + timedelta(days=1)
    rows = [OutstandingToken(jti=uuid.uuid4().hex, token="", created_at=now, expires_at=end) for _ in range(count)]
    BlacklistedToken.objects.bulk_create(BlacklistedToken(token=r) for r in OutstandingToken.objects.bulk_create(rows))


def session_keys(users: list[User], engine: str) -> list[str]:
    """Each person signed in once, by that engine."""
    store = import_module(engine).SessionStore
    return [_signed_in(user, store()) for user in users]


def _signed_in(user: User, session: Any) -> str:
    request = HttpRequest()
    request.META["REMOTE_ADDR"] = "127.0.0.1"
    request.session = session
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    session.save()
    return str(session.session_key)


def _signed_by(rival: rivals.Rival, users: list[User]) -> Headers:
    return [f"Bearer {rival.authentication.token_class.for_user(user)}" for user in users]


def _headless(user: User) -> str:
    claims: dict[str, Any] = {"sub": str(user.pk), "sid": "none", "expires_in": 3600}
    return str(headless.create_token("access", **claims)[0])


def _of_the_toolkit(users: list[User]) -> Headers:
    application = toolkit_application(users[0], Application.GRANT_AUTHORIZATION_CODE)
    end, made = timezone.now() + timedelta(hours=1), []
    for user in users:
        token = uuid.uuid4().hex
        ToolkitToken.objects.create(user=user, application=application, token=token, expires=end, scope="profile")
        made.append(f"Bearer {token}")
    return made


def toolkit_application(user: User, grant_type: str, **options: Any) -> Application:
    return Application.objects.create(
        name="Sync",
        user=user,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=grant_type,
        redirect_uris="https://sync.example/callback",
        **options,
    )
