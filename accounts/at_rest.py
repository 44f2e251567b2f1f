"""What is encrypted at rest comes under the newest of KEY_ENCRYPTION_KEYS, so that an older one can be taken away.

Signing keys, the secrets of authenticator apps, and recovery codes. What no key opens stays as it is, and is logged.
"""

import logging
from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken
from django.conf import settings

from accounts import crypto
from accounts.models import SigningKey

log = logging.getLogger(__name__)

ENCRYPTED = ("secret", "seed", "migrated_codes")  # of an authenticator's data, as allauth has them


def renew() -> None:
    """Twice is once. What changes at the same moment is left for the next time."""
    if len(settings.KEY_ENCRYPTION_KEYS) < 2:
        return
    for key in SigningKey.objects.exclude(private_encrypted=""):
        found = key.private_encrypted
        renewed = _renewed(found, f"signing key {key.pk}")
        if renewed != found:
            SigningKey.objects.filter(pk=key.pk, private_encrypted=found).update(private_encrypted=renewed)
    for one in Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).iterator():
        data = {name: _renewed(value, f"authenticator {one.pk}", name) for name, value in one.data.items()}
        if data != one.data:
            Authenticator.objects.filter(pk=one.pk, data=one.data).update(data=data)


def _renewed(value: Any, what: str, name: str = "secret") -> Any:
    if name not in ENCRYPTED:
        return value
    if isinstance(value, list):
        return [_renewed(each, what) for each in value]
    try:
        return crypto.renewed(value)
    except InvalidToken:
        log.error("None of KEY_ENCRYPTION_KEYS opens the %s.", what)
        return value
