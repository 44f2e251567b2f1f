"""Who else authenticates a request, and with what class. Credentials for each are made in benchmarks.credentials."""

import os
from dataclasses import dataclass
from typing import Any

from allauth.headless.contrib.rest_framework.authentication import JWTTokenAuthentication
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from django.core.cache import caches
from knox.auth import TokenAuthentication as KnoxAuthentication
from oauth2_provider.contrib.rest_framework import OAuth2Authentication
from rest_framework.authentication import SessionAuthentication, TokenAuthentication
from rest_framework_simplejwt.authentication import JWTAuthentication, JWTStatelessUserAuthentication
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import InvalidToken
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken
from rest_framework_simplejwt.tokens import AccessToken

from integrations.authentication import AccessTokenAuthentication

# One key per algorithm, the same in every process of a run. RSA's is as long as ours.
_SEED = (os.environ.get("SECRET_KEY", "") * 8).encode()
KEYS: dict[str, Any] = {
    "ES256": ec.derive_private_key(int.from_bytes(_SEED[:31], "big") or 1, ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.from_private_bytes(_SEED[:32].ljust(32, b"0")),
    "RS256": serialization.load_pem_private_key(os.environ["BENCH_RSA_KEY"].replace("|", "\n").encode(), None),
}


@dataclass(frozen=True)
class Rival:
    slug: str
    label: str
    authentication: type[Any]


class _Stateless(JWTStatelessUserAuthentication):  # type: ignore[misc,unused-ignore]
    """simplejwt's stateless class, told which kind of token it reads; it has one kind per project."""

    token_class: type[AccessToken]

    def get_validated_token(self, raw_token: bytes) -> Any:
        return self.token_class(raw_token)  # type: ignore[arg-type]


def _stateless(algorithm: str) -> type[Any]:
    private = KEYS[algorithm]
    backend = TokenBackend(algorithm, private, private.public_key())
    token = type("Token", (AccessToken,), {"_token_backend": backend})
    return type(f"Stateless{algorithm}", (_Stateless,), {"token_class": token})


class BlacklistChecked(JWTStatelessUserAuthentication):
    """simplejwt's blacklist asked about access tokens too, which it never is by itself."""

    def get_validated_token(self, raw_token: bytes) -> Any:
        token = super().get_validated_token(raw_token)
        if BlacklistedToken.objects.filter(token__jti=token["jti"]).exists():
            raise InvalidToken
        return token


class RedisAsked(JWTStatelessUserAuthentication):
    """The usual cure: each request asks Redis whether the token is denied."""

    def get_validated_token(self, raw_token: bytes) -> Any:
        token = super().get_validated_token(raw_token)
        if caches["plain"].get(f"denied:{token['jti']}") is not None:
            raise InvalidToken
        return token


OURS = Rival("ours", "**Portcullis**, revocation included, ES256", AccessTokenAuthentication)
STATELESS = Rival("simplejwt-hs256", "simplejwt stateless HS256, cannot revoke", JWTStatelessUserAuthentication)
STATELESS_BY_ALGORITHM = {
    algorithm: Rival(
        f"simplejwt-{algorithm.lower()}", f"simplejwt stateless {algorithm}, cannot revoke", _stateless(algorithm)
    )
    for algorithm in KEYS
}
DEFAULT = Rival("simplejwt", "simplejwt as it comes (user from SQL)", JWTAuthentication)
BLACKLIST = Rival("simplejwt-blacklist", "simplejwt stateless + its SQL blacklist", BlacklistChecked)
REDIS = Rival("simplejwt-redis", "simplejwt stateless + one Redis GET", RedisAsked)
DRF_TOKEN = Rival("drf-token", "DRF TokenAuthentication", TokenAuthentication)
KNOX = Rival("knox", "django-rest-knox", KnoxAuthentication)
TOOLKIT = Rival("toolkit", "django-oauth-toolkit", OAuth2Authentication)
HEADLESS = Rival("headless", "allauth headless JWT RS256, user read", JWTTokenAuthentication)
SESSION = Rival("session", "Django session", SessionAuthentication)

BY_TOKEN = [STATELESS, *STATELESS_BY_ALGORITHM.values(), DEFAULT, BLACKLIST, REDIS, DRF_TOKEN, KNOX, TOOLKIT, HEADLESS]
# Under load the algorithms differ by less than the rounds do; one stands for the three.
LOADED = [one for one in BY_TOKEN if one.slug not in {"simplejwt-eddsa", "simplejwt-rs256"}]
ALL = [*BY_TOKEN, SESSION]
