"""Tokens: minted, verified, blacklisted. The only door to simplejwt and its token_blacklist.

An access token is a JWT as RFC 9068 wants it, and hangs from a grant: it is believed while its grant is live.
Anything that is not exactly what we would have signed is refused, with one message for the caller and the reason
for the log.
"""

import logging
import os
import secrets
import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenError
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken
from rest_framework_simplejwt.tokens import Token

from accounts import batches, ids, jws, keys, live_grants
from accounts.claims import Claims
from accounts.models import Grant
from accounts.verified import Verified

log = logging.getLogger(__name__)


class InvalidToken(Exception):
    """Not a token of ours, or no longer one. Which of the two is for the log alone."""


class _Backend(TokenBackend):
    """simplejwt's backend with several keys, told apart by `kid`, and a `typ` that says what a token is for."""

    def __init__(self, typ: str, audience: str, most_seconds: int) -> None:
        super().__init__(settings.SIGNING_ALGORITHM, audience=audience, issuer=settings.ISSUER)
        self.typ, self.most_seconds = typ, most_seconds

    def encode(self, payload: dict[str, Any]) -> str:
        return jws.write({**payload, "iss": self.issuer, "aud": self.audience}, typ=self.typ)

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:
        """The payload and its `kid`, once signature, issuer, audience and times hold; else TokenBackendError."""
        try:
            payload, kid = jws.read(token, typ=self.typ)
        except jws.NotOurs as error:
            raise TokenBackendError(str(error)) from error
        # Exactly, not by URL: a list of audiences or a trailing slash is not what we wrote.
        if payload.get("iss") != self.issuer or payload.get("aud") != self.audience:
            raise TokenBackendError("issuer or audience is not ours")
        if not _times_hold(payload, self.most_seconds):
            raise TokenBackendError("the times do not hold")
        return {**payload, "kid": kid}


def _times_hold(payload: dict[str, Any], most_seconds: int) -> bool:
    """Integers; alive, and for no longer than ours are. When it was issued is not compared with our clock, which may be
    the wrong one. How far ahead another's may be is said in accounts.revocation.list."""
    iat, exp = payload.get("iat"), payload.get("exp")
    if type(iat) is not int or type(exp) is not int or "nbf" in payload:
        return False
    return time.time() < exp and 0 < exp - iat <= most_seconds


class _Token(Token):
    def verify(self) -> None:
        """What its backend has not judged: the times it has, more strictly than simplejwt's own second look."""
        self.verify_token_type()


class AccessToken(_Token):
    token_type = "access"
    lifetime = timedelta(seconds=settings.ACCESS_TOKEN_AGE)
    _token_backend = _Backend("at+jwt", settings.AUDIENCE, settings.ACCESS_TOKEN_AGE)


class RefreshToken(_Token):
    token_type = "refresh"
    lifetime = timedelta(seconds=settings.REFRESH_TOKEN_AGE)
    _token_backend = _Backend("rt+jwt", settings.ISSUER, settings.REFRESH_TOKEN_AGE)

    def set_jti(self) -> None:
        """256 random bits: the grant keeps their digest, and they alone open the sealed answer (accounts.grants)."""
        self.payload["jti"] = secrets.token_urlsafe(32)


_verified: Verified[Claims] = Verified()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_verified.forget)


def mint(grant: Grant, scopes: tuple[str, ...]) -> str:
    """An access token of this grant, with the grant's epoch, never beyond the grant's end. Signed, as text."""
    return str(_born(AccessToken(), grant, scopes))


def mint_refresh(grant: Grant) -> tuple[str, str]:
    """A refresh token of this grant as text, and its jti. The grant notes which key signed it."""
    token = _born(RefreshToken(), grant, tuple(grant.scopes))
    text = str(token)
    grant.refresh_kid = jws.kid(text)
    return text, token["jti"]


def verify(text: str) -> Claims:
    """The claims of an access token. Proves signature and time; whether its grant stands is asked elsewhere.

    A token that this process has verified before costs a look-up; its time and its key are looked at all the same.
    """
    claims = _verified.get(text)
    if claims is None:
        claims = _claims(AccessToken, text)
        _verified.keep(text, claims)
    elif claims.exp <= time.time() or keys.verifying_key(claims.kid) is None:
        _verified.drop(text)
        raise InvalidToken
    return claims


def verify_refresh(text: str) -> Claims:
    return _claims(RefreshToken, text)


def is_live(claims: Claims) -> bool:
    """Whether the database lets this token in: one indexed query."""
    return live_grants.stands(claims)


def outstand(grant: Grant) -> OutstandingToken:
    """simplejwt's record that a grant is out there, under the grant's id. It never holds a token."""
    return OutstandingToken.objects.create(
        jti=grant.pk.hex, token="", user=grant.user, created_at=timezone.now(), expires_at=grant.expires_at
    )


def prolong(grant: Grant) -> None:
    """Moves the end of the outstanding row with the end of its grant: a purge takes what has run out."""
    if grant.outstanding_id:  # or somebody has deleted it
        OutstandingToken.objects.filter(pk=grant.outstanding_id).update(expires_at=grant.expires_at)


def _born(token: Any, grant: Grant, scopes: tuple[str, ...]) -> Any:
    # Its life counts from when the grant was seen to stand. Whoever is held up between that and this, for however long,
    # makes no token that outlives the revocation list's memory of what came in between.
    token.set_iat(at_time=grant.seen_at)
    token.set_exp(from_time=grant.seen_at)
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
        subject, grant = ids.parse(payload["sub"]), ids.parse(payload["grant"])
        epoch, jti = payload["epoch"], payload["jti"]
        if type(epoch) is not int or not 0 <= epoch < 2**63 or not isinstance(jti, str):
            raise ValueError("epoch or jti is not what ours are")
        return Claims(
            jti=jti,
            subject=subject,
            client_id=ids.parse(payload["client_id"]),
            grant=grant,
            organisation=ids.parse(payload["org"]),
            scopes=tuple(payload["scope"].split()),
            epoch=epoch,
            kid=payload["kid"],
            iat=payload["iat"],
            exp=payload["exp"],
            subject_hex=subject.hex,
            grant_hex=grant.hex,
        )
    except (TokenError, KeyError, ValueError, TypeError, AttributeError, OverflowError) as error:
        log.info("Refused %s: %s", kind.__name__, error.__cause__ or error)
        raise InvalidToken from error


def forget() -> None:
    """Drops what this process has verified."""
    _verified.forget()


def forget_expired() -> None:
    """Deletes simplejwt's rows of grants that have run out, or whose grant is gone."""
    stale = OutstandingToken.objects.filter(Q(expires_at__lt=timezone.now()) | Q(grant=None))
    batches.delete(stale)
