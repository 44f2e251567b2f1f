"""Tokens for the integration itself (RFC 6749, 4.4): one standing grant a secret, however many tokens."""

from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import UUIDField
from django.utils import timezone

from accounts import revocation, tokens
from accounts.clients import Client
from accounts.grants.answers import Answer, InvalidGrant, access
from accounts.models import ClientSecret, Grant
from accounts.statements import Given, Rows

OF_SECRET = Rows(Grant.objects.filter(client_secret=Given("client_secret", UUIDField())))


def own(client: Client, scopes: tuple[str, ...]) -> Answer:
    """An access token of the client's own. One statement, two more once a minute, and some for the very first."""
    now = timezone.now()
    grant = _own_grant(client)
    grant.seen_at = now  # not later: the answer may have lain here unread, while this process was stopped
    if grant.last_used_at is None or now - grant.last_used_at > timedelta(minutes=1):
        grant.expires_at = now + timedelta(seconds=settings.GRANT_AGE)
        Grant.objects.filter(pk=grant.pk, ended_at=None).update(last_used_at=now, expires_at=grant.expires_at)
        tokens.prolong(grant)
    if grant.ended_at is not None:
        raise InvalidGrant
    return access(grant, scopes)


def _own_grant(client: Client) -> Grant:
    assert client.secret is not None  # noqa: S101  # the caller has authenticated a confidential client
    found = OF_SECRET.one(client_secret=client.secret.pk)
    if found:
        return found
    now = timezone.now()
    grant = Grant(
        integration=client.integration,
        organisation_id=client.integration.organisation_id,
        client_secret=client.secret,
        scopes=client.integration.scopes,
        redeemed_at=now,
        expires_at=now + timedelta(seconds=settings.GRANT_AGE),
    )
    try:
        with transaction.atomic():
            # What ends the secret, be it SQL, comes before, and is seen here, or after, and finds the grant: one that
            # it did not find would not be in the list, and a token of it would be believed.
            revocation.take_turn()
            if not ClientSecret.objects.live().select_for_update().filter(pk=client.secret.pk).exists():
                raise InvalidGrant
            grant.outstanding = tokens.outstand(grant)
            grant.save(force_insert=True)
    except IntegrityError:  # somebody was first
        return Grant.objects.get(client_secret=client.secret)
    return grant
