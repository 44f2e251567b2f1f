"""Clients that prove themselves by a key of their own (RFC 7523, private_key_jwt): no secret ever leaves them.

A key stands beside the secrets: made by somebody, ended like a secret, two alive at most. An assertion is for us and
nobody else (`aud` is the issuer, exactly: one for the token endpoint's URL could be replayed by another server), lives
an hour at most, and works once.
"""

import json
import time
import uuid
from datetime import datetime
from typing import Any

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from joserfc import jwk

from accounts import batches, clients, crypto, events, ids, late_tries, visitors
from accounts.clients import Client, UnknownClient
from accounts.models import ClientSecret, Integration, UsedAssertion, User
from accounts.visitors import Visitor

ALGORITHMS = ("ES256", "EdDSA", "RS256")
LONGEST_LIFE = 3600  # seconds; what client libraries give them, and each works once anyway
CLOCK_SKEW = 60  # seconds that the client's clock may be ahead
LEAST_RSA, MOST_RSA = 2048, 8192  # bits
MOST_EXPONENT = 32  # bits
MOST_ENDED = 4  # keys that have ended, of which it is asked whether one is tried again
_ALGORITHM_OF = {("EC", "P-256"): "ES256", ("OKP", "Ed25519"): "EdDSA", ("RSA", None): "RS256"}
_MEMBERS = {"kty", "crv", "x", "y", "n", "e", "kid", "use", "alg", "key_ops"}


class BadKey(ValueError):
    """Not a public key that a client may prove itself by. Says why."""


def read(text: str) -> Any:
    """The JWK Set that somebody pasted or piped in, or that of the one public key in PEM. Raises BadKey."""
    if text.lstrip().startswith("-----BEGIN"):
        return {"keys": [_from_pem(text.strip())]}
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise BadKey("It is neither a JWK Set (JSON) nor a public key in PEM.") from None


@transaction.atomic
def add_keys(
    integration: Integration, jwks: Any, *, by: User, visitor: Visitor = visitors.NOBODY
) -> list[ClientSecret]:
    """Takes the public keys of a JWK Set (RFC 7517). Raises BadKey, and what `clients.make_room` raises."""
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(keys, list) or not keys:
        raise BadKey('It must be a JWK Set: {"keys": [...]}.')
    return [_add(integration, key, by, visitor) for key in keys]


def authenticate(assertion: str, client_id: str | None = None, visitor: Visitor = visitors.NOBODY) -> Client:
    """The client that signed this. Raises UnknownClient, and tells whoever holds the key what else is wrong."""
    claimed = _unverified(assertion)
    rows = ClientSecret.objects.select_related("integration").filter(integration=claimed).exclude(public_jwk=None)
    for row in rows.live():
        claims = _verified(assertion, row)
        if claims is not None:
            wrong = "client_id is another's." if client_id not in {None, str(claimed)} else _objection(claims, claimed)
            if wrong or not _first_use(claims):
                raise UnknownClient(f"The assertion is signed, but {wrong or 'its jti was used before.'}")
            clients.note_use(row)
            return Client(row.integration, row)
    for row in rows.exclude(ended_at=None).order_by("-ended_at")[:MOST_ENDED]:
        if _verified(assertion, row) is not None:
            late_tries.note(late_tries.Kind.CLIENT_SECRET, row.secret_hash, visitor)
            break
    raise UnknownClient


def forget_expired() -> int:
    return batches.delete(UsedAssertion.objects.filter(expires_at__lt=timezone.now()))


def _add(integration: Integration, key: Any, by: User, visitor: Visitor) -> ClientSecret:
    public = _checked(key)
    clients.make_room(integration, by)
    thumbprint = jwk.import_key(public).thumbprint()
    row = ClientSecret.objects.create(
        integration=integration,
        created_by=by,
        secret_hash=crypto.digest(crypto.new_secret("unused")),  # of nothing that anybody knows
        hint=thumbprint[-4:],
        public_jwk=public,
    )
    events.record(events.Kind.SECRET_CREATED, by=by, integration=integration, visitor=visitor, key=thumbprint)
    return row


def _checked(key: Any) -> dict[str, Any]:
    if not isinstance(key, dict) or not all(isinstance(name, str) for name in key):
        raise BadKey("A key must be a JSON object.")
    if not set(key) <= _MEMBERS:
        raise BadKey("A key holds members that are not a public key's. Never send a private one.")
    algorithm = _ALGORITHM_OF.get((str(key.get("kty")), key.get("crv") if isinstance(key.get("crv"), str) else None))
    if algorithm is None or key.get("alg", algorithm) != algorithm or key.get("use", "sig") != "sig":
        raise BadKey("A key must be EC on P-256, OKP on Ed25519, or RSA, and for signatures.")
    try:
        material = jwt.PyJWK.from_dict({**key, "alg": algorithm}).key
    except (jwt.PyJWTError, ValueError, TypeError):
        raise BadKey("A key cannot be read.") from None
    if algorithm == "RS256" and not LEAST_RSA <= material.key_size <= MOST_RSA:
        raise BadKey(f"An RSA key must have {LEAST_RSA} to {MOST_RSA} bits.")
    # A long one makes whatever anybody sends a hundred times as dear to refuse.
    if algorithm == "RS256" and material.public_numbers().e.bit_length() > MOST_EXPONENT:
        raise BadKey(f"The exponent of an RSA key must have {MOST_EXPONENT} bits at most; it is mostly 65537.")
    # Written anew: what was sent may be spelt in ways that a database does not keep, and names that nobody uses.
    return {**jwt.get_algorithm_by_name(algorithm).to_jwk(material, as_dict=True), "alg": algorithm}


def _from_pem(text: str) -> dict[str, Any]:
    kinds: list[tuple[type, str]] = [(ec.EllipticCurvePublicKey, "ES256"), (rsa.RSAPublicKey, "RS256")]
    kinds += [(ed25519.Ed25519PublicKey, "EdDSA")]
    try:
        material = load_pem_public_key(text.encode())
        algorithm = next(name for kind, name in kinds if isinstance(material, kind))
        public: dict[str, Any] = jwt.get_algorithm_by_name(algorithm).to_jwk(material, as_dict=True)
    except (ValueError, UnsupportedAlgorithm, StopIteration, jwt.PyJWTError):
        raise BadKey("It is no public key in PEM that can be read. Never send a private one.") from None
    return public


def _unverified(assertion: str) -> uuid.UUID:
    """Whose it says it is, to find the keys by. Believed for nothing else."""
    try:
        claims = jwt.decode(assertion, options={"verify_signature": False})
        return ids.parse(claims["sub"])
    except (jwt.PyJWTError, KeyError, ValueError, TypeError, AttributeError, RecursionError):
        raise UnknownClient from None


def _verified(assertion: str, row: ClientSecret) -> dict[str, Any] | None:
    """The claims, where this key has signed them by its own algorithm."""
    key = jwt.PyJWK.from_dict(row.public_jwk or {})
    try:
        claims: dict[str, Any] = jwt.decode(
            assertion, key.key, algorithms=[str(key.algorithm_name)], options=_SIGNATURE_ALONE
        )
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        return None
    return claims


# The claims are judged below, by their types too, which PyJWT is lenient about.
_SIGNATURE_ALONE: Any = dict.fromkeys(
    ("verify_exp", "verify_nbf", "verify_iat", "verify_aud", "verify_iss", "verify_sub", "verify_jti"), False
)


def _objection(claims: dict[str, Any], client_id: uuid.UUID) -> str:
    """What is wrong with them; "" when nothing is."""
    exp, iat, nbf, jti = claims.get("exp"), claims.get("iat", 0), claims.get("nbf", 0), claims.get("jti")
    if claims.get("iss") != str(client_id):
        return "its iss is not the client_id."
    if claims.get("aud") != settings.ISSUER:
        return f"its aud is not {settings.ISSUER}, alone and exactly."
    if not isinstance(jti, str) or not 0 < len(jti) <= 255:
        return "its jti is no text of 1 to 255 characters."
    if type(exp) is not int or type(iat) is not int or type(nbf) is not int:
        return "its exp, iat or nbf is no whole number of seconds."
    now = time.time()
    if exp <= now:
        return "its exp has passed."
    if exp > now + LONGEST_LIFE + CLOCK_SKEW:
        return f"its exp is more than {LONGEST_LIFE} seconds ahead."
    return "its iat or nbf lies ahead." if max(iat, nbf) > now + CLOCK_SKEW else ""


def _first_use(claims: dict[str, Any]) -> bool:
    expires_at = datetime.fromtimestamp(claims["exp"], timezone.get_default_timezone())
    used = UsedAssertion(jti_hash=crypto.digest(f"{claims['iss']}:{claims['jti']}"), expires_at=expires_at)
    try:
        with transaction.atomic():
            used.save(force_insert=True)
    except IntegrityError:
        return False
    return True
