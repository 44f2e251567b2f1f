"""Signing keys: one signs, all that are published verify. The only reader of their private halves.

Public keys are kept in memory, so verifying a token asks nobody; an unknown `kid` is looked up, at most once a second.
"""

import threading
import time
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from django.conf import settings
from django.db.models import QuerySet
from joserfc import jwk

from accounts import crypto
from accounts.models import SigningKey

_GENERATORS: dict[str, Any] = {
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
    "RS256": lambda: rsa.generate_private_key(public_exponent=65537, key_size=3072),
}


@dataclass(frozen=True)
class Key:
    """A key of ours, ready for use. `material` is the private half when it signs, the public one when it verifies."""

    kid: str
    algorithm: str
    material: Any


_signing: dict[str, Key] = {}  # by algorithm
_verifying: dict[str, Key] = {}  # by kid
_looked_up_at = float("-inf")
_lock = threading.Lock()


def signing_key() -> Key:
    """The key that signs, generated the first time that it is needed."""
    algorithm = settings.SIGNING_ALGORITHM
    if algorithm not in _signing:
        row = _unrevoked().filter(algorithm=algorithm).order_by("created_at").last() or _generate(algorithm)
        private = serialization.load_pem_private_key(crypto.decrypt(row.private_encrypted).encode(), password=None)
        _signing[algorithm] = Key(row.kid, row.algorithm, private)
    return _signing[algorithm]


def verifying_key(kid: str) -> Key | None:
    """The public key of that name, or None. The name is looked up, and nothing else is done with it."""
    return _verifying.get(kid) or _look_up(kid)


def _look_up(kid: str) -> Key | None:
    """Asks the database, once a second at most: made-up names are not to keep it busy."""
    global _looked_up_at
    with _lock:  # whoever comes while another one looks waits for the answer
        if kid not in _verifying and time.monotonic() - _looked_up_at > 1:
            _looked_up_at = time.monotonic()
            _verifying.update({row.kid: _public(row) for row in _unrevoked()})
        return _verifying.get(kid)


def jwks() -> dict[str, Any]:
    """The public keys as a JWK Set (RFC 7517)."""
    return {"keys": [_jwk(_public(row)) for row in _unrevoked()]}


def forget() -> None:
    """Drops what this process holds in memory."""
    global _looked_up_at
    _looked_up_at = float("-inf")
    _signing.clear()
    _verifying.clear()


def _unrevoked() -> QuerySet[SigningKey]:
    return SigningKey.objects.filter(revoked_at=None)


def _generate(algorithm: str) -> SigningKey:
    private = _GENERATORS[algorithm]()
    public_pem = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    private_pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SigningKey.objects.create(
        kid=_thumbprint(algorithm, private.public_key()),
        algorithm=algorithm,
        public_pem=public_pem.decode(),
        private_encrypted=crypto.encrypt(private_pem.decode()),
    )


def _public(row: SigningKey) -> Key:
    return Key(row.kid, row.algorithm, serialization.load_pem_public_key(row.public_pem.encode()))


def _thumbprint(algorithm: str, public: Any) -> str:
    """RFC 7638."""
    return jwk.import_key(_members(algorithm, public)).thumbprint()


def _jwk(key: Key) -> dict[str, Any]:
    return {**_members(key.algorithm, key.material), "kid": key.kid, "use": "sig", "alg": key.algorithm}


def _members(algorithm: str, public: Any) -> dict[str, Any]:
    members: dict[str, Any] = jwt.get_algorithm_by_name(algorithm).to_jwk(public, as_dict=True)
    return {name: value for name, value in members.items() if name != "key_ops"}
