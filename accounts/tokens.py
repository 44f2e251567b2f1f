"""Tokens: minted, verified, blacklisted. The only door to simplejwt and its token_blacklist.

An access token is a JWT as RFC 9068 wants it, and hangs from a grant: it is believed while its grant is live.
Anything that is not exactly what we would have signed is refused, with one message for the caller and the reason
for the log.
"""

import json
import logging
import re
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
from django.conf import settings
from django.db import connection
from django.db.models import Exists, Q
from django.utils import timezone
from joserfc import util
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenError
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import Token

from accounts import keys
from accounts.models import Grant, Revocation, SigningKey
from accounts.models.credentials import GrantQuerySet

log = logging.getLogger(__name__)

MOST_CHARACTERS = 4096
COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


class InvalidToken(Exception):
    """Not a token of ours, or no longer one. Which of the two is for the log alone."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token of ours says. Times are aware; `subject` is the user's id, or the client's for its own token."""

    jti: str
    subject: uuid.UUID
    client_id: uuid.UUID
    grant: uuid.UUID
    organisation: uuid.UUID
    scopes: tuple[str, ...]
    epoch: int
    kid: str
    expires_at: datetime

    @property
    def is_the_clients_own(self) -> bool:
        return self.subject == self.client_id


class _Backend(TokenBackend):
    """simplejwt's backend with several keys, told apart by `kid`, and a `typ` that says what a token is for."""

    def __init__(self, typ: str, audience: str) -> None:
        super().__init__(settings.SIGNING_ALGORITHM, audience=audience, issuer=settings.ISSUER)
        self.typ = typ

    def encode(self, payload: dict[str, Any]) -> str:
        key = keys.signing_key()
        claims = {**payload, "iss": self.issuer, "aud": self.audience}
        return jwt.encode(claims, key.material, algorithm=key.algorithm, headers={"typ": self.typ, "kid": key.kid})

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:
        """The payload, once header, signature, issuer, audience and expiry all hold; else TokenBackendError."""
        key = self._key_of(token)
        try:
            return jwt.decode(
                token,
                key.material,
                algorithms=[key.algorithm],
                audience=self.audience,
                issuer=self.issuer,
                options={"require": ["exp", "iat", "jti", "iss", "aud", "sub"], "strict_aud": True},
            )
        except (jwt.InvalidTokenError, ValueError, OverflowError, RecursionError) as error:
            raise TokenBackendError(str(error)) from error

    def _key_of(self, token: Any) -> keys.Key:
        if len(token) > MOST_CHARACTERS or not COMPACT.fullmatch(token):
            raise TokenBackendError("not a compact JWS of bearable size")
        try:
            header = json.loads(util.urlsafe_b64decode(token.split(".")[0].encode()))
        except (ValueError, RecursionError) as error:
            raise TokenBackendError("header is not JSON") from error
        if not isinstance(header, dict) or set(header) != {"alg", "kid", "typ"} or header["typ"] != self.typ:
            raise TokenBackendError("header is not one of ours")
        key = keys.verifying_key(header["kid"]) if isinstance(header["kid"], str) else None
        if key is None or header["alg"] != key.algorithm:
            raise TokenBackendError("key is not one of ours")
        return key


class AccessToken(Token):
    token_type = "access"
    lifetime = timedelta(seconds=settings.ACCESS_TOKEN_AGE)
    _token_backend = _Backend("at+jwt", settings.AUDIENCE)


class RefreshToken(Token):
    token_type = "refresh"
    lifetime = timedelta(seconds=settings.REFRESH_TOKEN_AGE)
    _token_backend = _Backend("rt+jwt", settings.ISSUER)

    def set_jti(self) -> None:
        """256 random bits: the grant keeps their digest, and they alone open the sealed answer (accounts.grants)."""
        self.payload["jti"] = secrets.token_urlsafe(32)


def mint(grant: Grant, scopes: tuple[str, ...]) -> str:
    """An access token of this grant, with the grant's epoch, never beyond the grant's end. Signed, as text."""
    return str(_born(AccessToken(), grant, scopes))


def mint_refresh(grant: Grant) -> tuple[str, str]:
    """A refresh token of this grant as text, and its jti. The grant notes which key signed it."""
    token = _born(RefreshToken(), grant, tuple(grant.scopes))
    text = str(token)
    grant.refresh_kid = jwt.get_unverified_header(text)["kid"]
    return text, token["jti"]


def verify(text: str) -> Claims:
    """The claims of an access token. Proves signature and time; whether its grant lives is `is_live`'s to say."""
    return _claims(AccessToken, text)


def verify_refresh(text: str) -> Claims:
    return _claims(RefreshToken, text)


def live_grant(claims: Claims) -> GrantQuerySet:
    """The grant that a token hangs from, while it stands with all that it hangs from, and the token's key too."""
    key = SigningKey.objects.filter(kid=claims.kid, revoked_at=None)
    return Grant.objects.live().filter(Exists(key), pk=claims.grant, epoch=claims.epoch)


def is_live(claims: Claims) -> bool:
    """Whether the database lets this token in: one indexed query."""
    return live_grant(claims).exists()


def outstand(grant: Grant) -> OutstandingToken:
    """simplejwt's record that a grant is out there, under the grant's id. It never holds a token."""
    return OutstandingToken.objects.create(
        jti=grant.pk.hex, token="", user=grant.user, created_at=timezone.now(), expires_at=grant.expires_at
    )


def blacklist(revocation: Revocation) -> None:
    """Blacklists all grants that a revocation ended, in one statement however many."""
    grant, outstanding, blacklisted = (model._meta.db_table for model in (Grant, OutstandingToken, BlacklistedToken))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {blacklisted} (token_id, blacklisted_at) "  # noqa: S608  # table names, from the models
            f"SELECT o.id, %s FROM {outstanding} o JOIN {grant} g ON g.outstanding_id = o.id "
            "WHERE g.revocation_id = %s ON CONFLICT (token_id) DO NOTHING",
            [revocation.at, Grant._meta.pk.get_db_prep_value(revocation.pk, connection)],
        )


def _born(token: Any, grant: Grant, scopes: tuple[str, ...]) -> Any:
    token.payload |= {
        "sub": str(grant.user_id or grant.integration_id),
        "client_id": str(grant.integration_id),
        "grant": str(grant.pk),
        "org": str(grant.organisation_id),
        "scope": " ".join(scopes),
        "epoch": grant.epoch,
        "exp": min(token["exp"], int(grant.expires_at.timestamp())),
    }
    return token


def _claims(kind: type[Token], text: str) -> Claims:
    try:
        payload = kind(text).payload  # type: ignore[arg-type]  # simplejwt annotates text as Token
        return Claims(
            jti=payload["jti"],
            subject=uuid.UUID(payload["sub"]),
            client_id=uuid.UUID(payload["client_id"]),
            grant=uuid.UUID(payload["grant"]),
            organisation=uuid.UUID(payload["org"]),
            scopes=tuple(payload["scope"].split()),
            epoch=payload["epoch"],
            kid=jwt.get_unverified_header(text)["kid"],
            expires_at=datetime.fromtimestamp(payload["exp"], timezone.get_default_timezone()),
        )
    except (TokenError, KeyError, ValueError, TypeError, AttributeError, OverflowError) as error:
        log.info("Refused %s: %s", kind.__name__, error.__cause__ or error)
        raise InvalidToken from error


def forget_expired() -> None:
    """Deletes simplejwt's rows of grants that have run out, or whose grant is gone."""
    stale = OutstandingToken.objects.filter(Q(expires_at__lt=timezone.now()) | Q(grant=None))
    BlacklistedToken.objects.filter(token__in=stale).delete()
    stale.delete()
