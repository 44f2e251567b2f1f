"""Changing the key that signs, in three steps that need no restart: publish first, sign later, retire last.

One call publishes the next key and writes down when it signs and when its predecessors retire; every worker, and every
service that verifies by our JWKS, has met the new key by the first moment, and nothing that an old one signed is alive
at the second. No token is refused on the way.
"""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts import keys, revocation, visitors
from accounts.models import Cause, Revocation, SigningKey, User
from accounts.revocation import Scope
from accounts.visitors import Visitor

MARGIN = timedelta(minutes=2)  # for clocks that differ


class RotationUnderWay(Exception):
    """A key is published that does not sign yet. Its argument is the key."""


@revocation.in_turn
def publish(*, algorithm: str | None = None, now: bool = False) -> SigningKey:
    """The next key of the algorithm (SIGNING_ALGORITHM without one). `now` signs at once: for an emergency.

    A service that keeps our JWKS for as long as it says would not know a key that signs at once, and would refuse
    its tokens for that long.
    """
    chosen = algorithm or settings.SIGNING_ALGORITHM
    live = SigningKey.objects.filter(revoked_at=None, algorithm=chosen)
    pending = live.filter(signs_at__gt=timezone.now()).first()
    if pending and not now:
        raise RotationUnderWay(pending)
    ahead = timedelta(0) if now else timedelta(seconds=2 * settings.JWKS_MAX_AGE)
    key = keys.make(chosen, signs_at=timezone.now() + ahead)
    _retire_before(key)
    transaction.on_commit(keys.forget)
    return key


def _retire_before(key: SigningKey) -> None:
    """Its predecessors retire once nothing that they signed can be alive: refresh tokens live longest."""
    last = key.signs_at + timedelta(seconds=max(settings.REFRESH_TOKEN_AGE, settings.ACCESS_TOKEN_AGE)) + MARGIN
    others = SigningKey.objects.filter(retires_at=None).exclude(pk=key.pk)
    alike = others.filter(algorithm=key.algorithm)
    # Published, and overtaken in an emergency: it would sign after its successor, and retire before what it signed.
    alike.filter(signs_at__gt=key.signs_at).update(retires_at=key.signs_at)
    # Those of an algorithm of before go with the next of the one that signs.
    (others if key.algorithm == settings.SIGNING_ALGORITHM else alike).update(retires_at=last)


def revoke(
    key: SigningKey,
    *,
    by: User | None = None,
    reason: str = "",
    visitor: Visitor = visitors.NOBODY,
    patience: float | None = None,
) -> Revocation:
    """Ends a key that has leaked, and every token that it signed. Where it is the one that signs, another does at once.

    `patience` as for accounts.revocation.revoke.
    """
    if keys.signs_now().kid == key.kid:
        publish(now=True)  # or else each worker that notices would make its own
    return revocation.revoke(
        Scope(signing_key=key), cause=Cause.ENDED, by=by, reason=reason, visitor=visitor, patience=patience
    )


def forget_private_halves() -> int:
    """Erases what could still sign, of keys that never will again. Their public halves stay, for the audit."""
    gone = Q(revoked_at__isnull=False) | Q(retires_at__lt=timezone.now())
    return SigningKey.objects.filter(gone).exclude(private_encrypted="").update(private_encrypted="")
