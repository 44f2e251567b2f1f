"""Signing keys: one signs, all that are published verify. The only reader of their private halves.

Each process keeps a copy of the public keys, so verifying a token asks nobody. It is read anew when somebody is to be
signed for and it is KEY_REREAD old, and for an unknown `kid`, once a second at most: so a new key is found without a
restart. When a key signs and when it retires is written on it (accounts.rotation), and every worker keeps to the clock.
"""

import os
import threading
import time
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import jwt
from cryptography.fernet import InvalidToken
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from django.conf import settings
from django.utils import timezone
from joserfc import jwk

from accounts import crypto
from accounts.models import SigningKey

KEY_REREAD = 5.0  # seconds

_GENERATORS: dict[str, Any] = {
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
    "RS256": lambda: rsa.generate_private_key(public_exponent=65537, key_size=3072),
}


@dataclass(frozen=True, slots=True)
class Key:
    """A key of ours, ready for use. `material` is the private half when it signs, the public one when it verifies."""

    kid: str
    algorithm: str
    material: Any
    signs_at: datetime
    retires_at: float  # seconds since the epoch; infinite while it has no successor

    @property
    def has_retired(self) -> bool:
        return time.time() >= self.retires_at


@dataclass(frozen=True, slots=True)
class Ring:
    """The keys as they were read at one moment. Never changed: a new reading takes its place."""

    keys: dict[str, Key]  # by kid
    read_at: float  # on the monotonic clock


_ring = Ring({}, float("-inf"))
_private: dict[str, Key] = {}  # by kid, of those that have signed
_generation = 0  # rises with each `forget`, so that what was being read meanwhile is not kept
_lock = threading.Lock()


class CannotSign(Exception):
    """KEY_ENCRYPTION_KEYS does not open the signing key. Says which."""


def signing_key() -> Key:
    """The key that signs now, with its private half. Raises CannotSign."""
    key = signs_now()
    known = _private.get(key.kid)
    if known is None:
        encrypted = SigningKey.objects.values_list("private_encrypted", flat=True).get(pk=key.kid)
        try:
            pem = crypto.decrypt(encrypted)
        except InvalidToken:
            raise CannotSign(f"None of KEY_ENCRYPTION_KEYS opens the signing key {key.kid}.") from None
        private = serialization.load_pem_private_key(pem.encode(), password=None)
        known = _private[key.kid] = replace(key, material=private)
    return known  # and not what is kept: another thread may have dropped that just now


def signs_now() -> Key:
    """The public half of the key that signs now. Made the first time that one is needed."""
    key = _signer(_current())
    if key is None:
        make(settings.SIGNING_ALGORITHM, signs_at=timezone.now())
        _read()
        return signs_now()
    return key


def _signer(ring: Ring) -> Key | None:
    """The newest of its algorithm whose time has come; without one, the next: it is published, at least."""
    mine = [key for key in ring.keys.values() if key.algorithm == settings.SIGNING_ALGORITHM and not key.has_retired]
    ready = [key for key in mine if key.signs_at <= timezone.now()]
    if ready:
        return max(ready, key=_signs_at)
    return min(mine, key=_signs_at, default=None)


def verifying_key(kid: str) -> Key | None:
    """The public key of that name, or None. The name is looked up, and nothing else is done with it."""
    key = _ring.keys.get(kid) or _look_up(kid)
    return None if key is None or key.has_retired else key


def jwks() -> dict[str, Any]:
    """The public keys as a JWK Set (RFC 7517): what will sign, what signs, and what has signed and is believed yet."""
    signs_now()  # a fresh installation has a key to show as soon as somebody asks
    return {"keys": [_jwk(key) for key in _current().keys.values() if not key.has_retired]}


def forget() -> None:
    """Drops what this process holds in memory."""
    global _ring, _generation
    _generation += 1
    _ring = Ring({}, float("-inf"))
    _private.clear()


def make(algorithm: str, *, signs_at: datetime) -> SigningKey:
    """A new key pair, published from now on."""
    private = _GENERATORS[algorithm]()
    # On a command line, a name with a dash in front would be taken for an option.
    while (kid := _thumbprint(algorithm, private.public_key())).startswith("-"):
        private = _GENERATORS[algorithm]()
    public_pem = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    private_pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SigningKey.objects.create(
        kid=kid,
        algorithm=algorithm,
        public_pem=public_pem.decode(),
        private_encrypted=crypto.encrypt(private_pem.decode()),
        signs_at=signs_at,
    )


def _current() -> Ring:
    """Not older than KEY_REREAD; where one reads it anew already, the others go on with what there is."""
    ring = _ring
    if time.monotonic() - ring.read_at < KEY_REREAD or not _lock.acquire(blocking=not ring.keys):
        return ring
    try:
        return _read()
    finally:
        _lock.release()


def _look_up(kid: str) -> Key | None:
    """Asks the database, once a second at most: made-up names are not to keep it busy."""
    with _lock:  # whoever comes while another one looks waits for the answer
        ring = _ring
        if kid not in ring.keys and time.monotonic() - ring.read_at > 1:
            ring = _read()
    return ring.keys.get(kid)


def _read() -> Ring:
    global _ring
    while True:
        generation = _generation
        started = time.monotonic()
        rows = SigningKey.objects.filter(revoked_at=None).order_by("signs_at", "kid")
        ring = Ring({row.kid: _public(row) for row in rows}, started)
        if generation == _generation:
            _ring = ring
            return ring


def _signs_at(key: Key) -> datetime:
    return key.signs_at


def _public(row: SigningKey) -> Key:
    material = serialization.load_pem_public_key(row.public_pem.encode())
    retires_at = row.retires_at.timestamp() if row.retires_at else float("inf")
    return Key(row.kid, row.algorithm, material, row.signs_at, retires_at)


def _thumbprint(algorithm: str, public: Any) -> str:
    """RFC 7638."""
    return jwk.import_key(_members(algorithm, public)).thumbprint()


def _jwk(key: Key) -> dict[str, Any]:
    return {**_members(key.algorithm, key.material), "kid": key.kid, "use": "sig", "alg": key.algorithm}


def _members(algorithm: str, public: Any) -> dict[str, Any]:
    members: dict[str, Any] = jwt.get_algorithm_by_name(algorithm).to_jwk(public, as_dict=True)
    return {name: value for name, value in members.items() if name != "key_ops"}


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()  # somebody else's thread may have held it


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
