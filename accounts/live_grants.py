"""The grant that a token hangs from, asked of the database: one indexed statement a question, compiled once.

What it takes to be live stands in GrantQuerySet.live; here the token's own key and epoch come to it.
"""

from django.db import models
from django.db.models import Exists
from django.utils import timezone

from accounts import crypto
from accounts.claims import Claims
from accounts.models import Grant, Integration, SigningKey
from accounts.statements import Given, Rows, Whether

_signed_by = SigningKey.objects.filter(kid=Given("kid", models.CharField()), revoked_at=None)
_rows = Grant.objects.live(now=Given("now", models.DateTimeField())).filter(
    Exists(_signed_by),
    pk=Given("grant", models.UUIDField()),
    epoch=Given("epoch", models.PositiveBigIntegerField()),
)
_connected = _rows.connected()

STANDS = Whether(_rows)
IS_CURRENT = Whether(_connected.filter(refresh_hash=Given("refresh_hash", models.CharField())))
OF_CLIENT = Rows(_connected.filter(integration=Given("integration", models.UUIDField())))


def stands(claims: Claims) -> bool:
    """Whether what this token hangs from stands, and all that that hangs from."""
    return STANDS(**_of(claims))


def is_current(claims: Claims) -> bool:
    """Whether this is the refresh token that its grant waits for."""
    return IS_CURRENT(**_of(claims), refresh_hash=crypto.digest(claims.jti))


def find(claims: Claims, integration: Integration) -> Grant | None:
    """The live grant of this client that a refresh token hangs from, be it the current one or one before."""
    asked_at = timezone.now()
    grant = OF_CLIENT.one(**_of(claims), integration=integration.pk)
    if grant is not None:
        grant.seen_at = asked_at  # the answer may have lain here unread, while this process was stopped
        grant.integration = integration  # the caller has just read it
    return grant


def _of(claims: Claims) -> dict[str, object]:
    return {"now": timezone.now(), "kid": claims.kid, "grant": claims.grant, "epoch": claims.epoch}
