"""Random secrets, their digests, and encryption at rest. Knows nothing of who uses them."""

import base64
import hashlib
import secrets

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def new_secret(prefix: str) -> str:
    """256 random bits behind a prefix by which people and secret scanners recognise it."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def digest(secret: str) -> str:
    """SHA-256, in 64 hex digits. Enough for secrets that nobody can guess; passwords are not among them."""
    # surrogatepass: a hostile string may hold what UTF-8 cannot.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def encrypt(text: str) -> str:
    """Under the newest of KEY_ENCRYPTION_KEYS."""
    return _at_rest().encrypt(text.encode()).decode()


def decrypt(text: str) -> str:
    """Under any of KEY_ENCRYPTION_KEYS; raises `cryptography.fernet.InvalidToken` when none fits."""
    return _at_rest().decrypt(text.encode()).decode()


def renewed(text: str) -> str:
    """The same under the newest of KEY_ENCRYPTION_KEYS, just as it stands where it is already. Raises as `decrypt`."""
    newest = Fernet(settings.KEY_ENCRYPTION_KEYS[0])
    try:
        newest.decrypt(text.encode())
    except InvalidToken:
        return encrypt(decrypt(text))
    return text


def seal(text: str, *, under: str) -> str:
    """Encrypts so that only the holder of the secret `under` can read it: we keep no key to it."""
    return _sealed(under).encrypt(text.encode()).decode()


def unseal(text: str, *, under: str) -> str | None:
    """What was sealed, or None under any other secret."""
    try:
        return _sealed(under).decrypt(text.encode()).decode()
    except InvalidToken:
        return None


def _at_rest() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.KEY_ENCRYPTION_KEYS])


def _sealed(under: str) -> Fernet:
    key = HKDF(hashes.SHA256(), length=32, salt=None, info=b"accounts.crypto.seal").derive(under.encode())
    return Fernet(base64.urlsafe_b64encode(key))
