"""Devices without a browser (RFC 8628): they show a short code, a person agrees elsewhere, and they ask until then.

Agreeing makes a grant like any other, which revocation ends like any other. The device redeems it once.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts import batches, crypto, events, ranks, revocation, visitors
from accounts.grants.answers import Answer, InvalidGrant
from accounts.grants.codes import check_may_connect, exchange
from accounts.models import DeviceRequest, Grant, Integration, User
from accounts.visitors import Visitor

DEVICE_PREFIX = "pc_device"
# No vowels and no digits: it spells no word, and no letter is taken for another. 20 ** 8 of them (RFC 8628, 6.1).
ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
HURRIED = 5  # seconds added to the interval of a device that asks too soon (RFC 8628, 3.5)


class UnknownUserCode(Exception):
    """No device is waiting under this code, or no longer."""


class Pending(Exception):
    """Nobody has decided yet."""


class SlowDown(Exception):
    """Nobody has decided yet, and the device polls faster than its interval."""


class Denied(Exception):
    """The person said no."""


class Expired(Exception):
    """Nobody decided in time."""


@dataclass(frozen=True)
class Begun:
    """What the device is told, in clear this once."""

    device_code: str
    user_code: str
    interval: int  # seconds between two polls


def begin(integration: Integration, scopes: list[str]) -> Begun:
    letters = "".join(secrets.choice(ALPHABET) for _ in range(8))
    device_code, user_code = crypto.new_secret(DEVICE_PREFIX), f"{letters[:4]}-{letters[4:]}"
    row = DeviceRequest.objects.create(
        device_hash=crypto.digest(device_code),
        user_code_hash=_user_code_hash(user_code),
        integration=integration,
        scopes=scopes,
        expires_at=timezone.now() + timedelta(seconds=settings.DEVICE_CODE_AGE),
    )
    return Begun(device_code, user_code, row.interval)


def waiting(user_code: str, *, user: User) -> DeviceRequest:
    """The device that shows this code, to a person who may connect it. Raises UnknownUserCode and NotAMember."""
    rows = DeviceRequest.objects.open().select_related("integration__organisation")
    found = rows.filter(user_code_hash=_user_code_hash(user_code)).first()
    if found is None:
        raise UnknownUserCode
    check_may_connect(user, found.integration)
    return found


@revocation.in_turn
def decide(user_code: str, *, user: User, agreed: bool, visitor: Visitor = visitors.NOBODY) -> DeviceRequest:
    """The person's yes or no, for the first who gives one. The grant is born under the epoch of their session.

    Raises UnknownUserCode, NotAMember, and NotAllowed where that session has ended.
    """
    ranks.check_still_in(user)
    asked = waiting(user_code, user=user)
    open_still = DeviceRequest.objects.open().filter(pk=asked.pk)
    if not agreed:
        if not open_still.update(denied_at=timezone.now()):
            raise UnknownUserCode
        return asked
    grant = Grant.objects.create(
        integration=asked.integration,
        organisation=asked.integration.organisation,
        user=user,
        scopes=asked.scopes,
        epoch=user.epoch,
        expires_at=asked.expires_at,
    )
    if not open_still.update(grant=grant):
        raise UnknownUserCode  # and the grant is rolled back
    events.record(
        events.Kind.APP_CONNECTED,
        user=user,
        by=user,
        integration=asked.integration,
        visitor=visitor,
        scopes=asked.scopes,
        device=True,
    )
    return asked


def poll(device_code: str, *, integration: Integration) -> Answer:
    """The first tokens, once the person has agreed. Raises Pending, SlowDown, Denied, Expired, InvalidGrant."""
    rows = DeviceRequest.objects.select_related("grant__user", "grant__integration")
    asked = rows.filter(device_hash=crypto.digest(device_code), integration=integration).first()
    if asked is None:
        raise InvalidGrant
    if asked.denied_at is not None:
        raise Denied
    if asked.grant is not None:
        return exchange(asked.grant)
    if asked.expires_at <= timezone.now():
        raise Expired
    raise SlowDown if _hurries(asked) else Pending


def forget_expired() -> int:
    """Deletes requests that ran out an hour ago, so that a device that asks late is still told why."""
    return batches.delete(DeviceRequest.objects.filter(expires_at__lt=timezone.now() - timedelta(hours=1)))


def _hurries(asked: DeviceRequest) -> bool:
    now = timezone.now()
    hurries = asked.polled_at is not None and now - asked.polled_at < timedelta(seconds=asked.interval)
    interval = min(asked.interval + HURRIED, settings.DEVICE_CODE_AGE) if hurries else asked.interval
    DeviceRequest.objects.filter(pk=asked.pk).update(polled_at=now, interval=interval)
    return hurries


def _user_code_hash(user_code: str) -> str:
    """Keyed: it is short enough to be typed, and so to be guessed from a plain digest. In any case, with any dashes."""
    letters = "".join(letter for letter in user_code.upper() if letter in ALPHABET)
    return salted_hmac("accounts.grants.devices", letters[:20], algorithm="sha256").hexdigest()
