"""What a client gets for a grant that stands (RFC 6749, 5.1), and the two ways of getting nothing."""

from typing import Any

from django.conf import settings

from accounts import tokens, usage
from accounts.models import Grant, Integration

Answer = dict[str, Any]


class InvalidGrant(Exception):
    """The code or refresh token gives nothing: unknown, used, run out, ended, or somebody else's."""


class InvalidScope(Exception):
    """More than was agreed to."""


def answer(grant: Grant, scopes: tuple[str, ...]) -> tuple[Answer, str]:
    """An access token, and a refresh token where the client may have one; with the latter's jti ("" without)."""
    given = access(grant, scopes)
    if Integration.GrantType.REFRESH_TOKEN not in grant.integration.grant_types:
        return given, ""
    given["refresh_token"], jti = tokens.mint_refresh(grant)
    return given, jti


def access(grant: Grant, scopes: tuple[str, ...]) -> Answer:
    usage.tally.write_if_due()
    return {
        "access_token": tokens.mint(grant, scopes),
        "token_type": "Bearer",
        "expires_in": settings.ACCESS_TOKEN_AGE,
        "scope": " ".join(scopes),
    }
