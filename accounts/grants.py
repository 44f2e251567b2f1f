"""Grants: a person agrees and a code is given; the code becomes tokens once; a refresh token becomes new ones once.

Each "once" is a conditional UPDATE that one caller wins, on every database and whatever is in flight. It refuses
with one error, and the log has the reason.
"""

import base64
import hashlib
import json
import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts import crypto, events, revocation, tokens, visitors
from accounts.clients import Client
from accounts.models import Cause, Grant, Integration, User
from accounts.revocation import Scope
from accounts.visitors import Visitor

log = logging.getLogger(__name__)

CODE_PREFIX = "pc_code"
Answer = dict[str, Any]  # RFC 6749, 5.1


class InvalidGrant(Exception):
    """The code or refresh token gives nothing: unknown, used, run out, ended, or somebody else's."""


class InvalidScope(Exception):
    """More than was agreed to."""


class NotAMember(Exception):
    """Only members of the integration's organisation may connect it."""


def agree(
    *,
    user: User,
    integration: Integration,
    scopes: list[str],
    redirect_uri: str,
    code_challenge: str,
    visitor: Visitor = visitors.NOBODY,
) -> str:
    """Notes the person's consent and returns the code, in clear this once.

    The grant is born under the epoch that the person's session was read with: consent given in a browser that is
    revoked at the same moment is worth nothing.
    """
    if not user.memberships.filter(organisation=integration.organisation).exists():
        raise NotAMember
    code = crypto.new_secret(CODE_PREFIX)
    Grant.objects.create(
        integration=integration,
        organisation=integration.organisation,
        user=user,
        scopes=scopes,
        epoch=user.epoch,
        expires_at=timezone.now() + timedelta(seconds=settings.AUTHORIZATION_CODE_AGE),
        code_hash=crypto.digest(code),
        code_challenge=code_challenge,
        redirect_uri=redirect_uri,
    )
    events.record(
        events.Kind.APP_CONNECTED, user=user, by=user, integration=integration, visitor=visitor, scopes=scopes
    )
    return code


def find_code(code: str, *, integration: Integration) -> Grant:
    """The grant that a code of this client stands for. A code that was used already ends what it gave."""
    grant = Grant.objects.select_related("user", "integration").filter(code_hash=crypto.digest(code)).first()
    if grant is None or grant.integration_id != integration.pk:
        raise InvalidGrant
    if grant.redeemed_at is not None:
        _end_reused(grant, events.Kind.CODE_REUSED)
        raise InvalidGrant
    return grant


def redeem(grant: Grant, *, code_verifier: str) -> Answer:
    """The first tokens of a grant, for the one caller who redeems its code."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(code_verifier.encode()).digest()).rstrip(b"=").decode()
    if not constant_time_compare(challenge, grant.code_challenge):
        raise InvalidGrant
    if not Grant.objects.live().filter(pk=grant.pk).exists():
        raise InvalidGrant
    grant.expires_at = grant.created_at + timedelta(seconds=settings.GRANT_AGE)
    answer, refresh_jti = _answer(grant, tuple(grant.scopes))
    if _claim(grant, refresh_jti):
        return answer
    grant.refresh_from_db()
    if grant.redeemed_at is not None:
        _end_reused(grant, events.Kind.CODE_REUSED)
    raise InvalidGrant


@transaction.atomic
def _claim(grant: Grant, refresh_jti: str) -> bool:
    """Turns a code into a standing grant, for the first who comes."""
    now = timezone.now()
    # Conditions on the row itself, no join: PostgreSQL looks at them again when it had to wait for the row.
    won = Grant.objects.filter(pk=grant.pk, redeemed_at=None, ended_at=None, expires_at__gt=now).update(
        redeemed_at=now,
        last_used_at=now,
        expires_at=grant.expires_at,
        refresh_hash=crypto.digest(refresh_jti) if refresh_jti else "",
    )
    if won:
        Grant.objects.filter(pk=grant.pk).update(outstanding=tokens.outstand(grant))
    return bool(won)


def own(client: Client, scopes: tuple[str, ...]) -> Answer:
    """An access token for the integration itself (RFC 6749, 4.4). One standing grant a secret, however many tokens."""
    grant = _own_grant(client)
    now = timezone.now()
    if grant.last_used_at is None or now - grant.last_used_at > timedelta(minutes=1):
        grant.expires_at = now + timedelta(seconds=settings.GRANT_AGE)
        Grant.objects.filter(pk=grant.pk, ended_at=None).update(last_used_at=now, expires_at=grant.expires_at)
    if grant.ended_at is not None:
        raise InvalidGrant
    return _access(grant, scopes)


def _own_grant(client: Client) -> Grant:
    assert client.secret is not None  # noqa: S101  # the caller has authenticated a confidential client
    found = Grant.objects.filter(client_secret=client.secret).first()
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
            grant.outstanding = tokens.outstand(grant)
            grant.save(force_insert=True)
    except IntegrityError:  # somebody was first
        return Grant.objects.get(client_secret=client.secret)
    return grant


def refresh(*, integration: Integration, refresh_token: str, scopes: tuple[str, ...] | None = None) -> Answer:
    """New tokens for a refresh token. At most three statements, client authentication aside.

    The token just replaced, presented again within REFRESH_REPLAY_AGE by the same client for the same scopes, gets
    the same answer again: a lost response or fifty tabs neither sign anybody out nor fork the family. Whatever else
    was used before ends the whole grant (RFC 9700, 4.14.2).
    """
    try:
        claims = tokens.verify_refresh(refresh_token)
    except tokens.InvalidToken as error:
        raise InvalidGrant from error
    rows = Grant.objects.live().select_related("user", "integration").filter(redeemed_at__isnull=False)
    grant = rows.filter(pk=claims.grant, epoch=claims.epoch, integration=integration).first()
    if grant is None:
        raise InvalidGrant
    asked = tuple(grant.scopes) if scopes is None else scopes
    if not set(asked) <= set(grant.scopes):
        raise InvalidScope
    presented = crypto.digest(claims.jti)
    if presented == grant.refresh_hash:
        answer, refresh_jti = _answer(grant, asked)
        now = timezone.now()
        won = Grant.objects.filter(pk=grant.pk, refresh_hash=presented, ended_at=None).update(
            refresh_hash=crypto.digest(refresh_jti),
            replaced_hash=presented,
            replaced_at=now,
            replay=crypto.seal(json.dumps({"asked": asked, "answer": answer}), under=claims.jti),
            last_used_at=now,
        )
        if won:
            return answer
        grant.refresh_from_db()
    return _again(grant, presented, claims.jti, asked)


def _again(grant: Grant, presented: str, jti: str, asked: tuple[str, ...]) -> Answer:
    """For a refresh token that is no longer the current one: the same answer, or the end of the grant."""
    if grant.ended_at is not None:
        raise InvalidGrant
    if presented == grant.replaced_hash and grant.replaced_at:
        sealed = crypto.unseal(grant.replay, under=jti)
        kept = json.loads(sealed) if sealed else {}
        in_time = timezone.now() - grant.replaced_at <= timedelta(seconds=settings.REFRESH_REPLAY_AGE)
        if in_time and kept.get("asked") == list(asked):
            answer: Answer = kept["answer"]
            return answer
    _end_reused(grant, events.Kind.REFRESH_REUSED)
    raise InvalidGrant


def _end_reused(grant: Grant, kind: events.Kind) -> None:
    log.warning("%s: ending grant %s", kind.label, grant.pk)
    if grant.ended_at is None:
        events.record(kind, user=grant.user, integration=grant.integration, grant=str(grant.pk))
        revocation.revoke(Scope(grant=grant), cause=Cause.REUSED, reason=str(kind.label))


def _answer(grant: Grant, scopes: tuple[str, ...]) -> tuple[Answer, str]:
    """An access token, and a refresh token where the client may have one; with the latter's jti ("" without)."""
    answer = _access(grant, scopes)
    if Integration.GrantType.REFRESH_TOKEN not in grant.integration.grant_types:
        return answer, ""
    answer["refresh_token"], jti = tokens.mint_refresh(grant)
    return answer, jti


def _access(grant: Grant, scopes: tuple[str, ...]) -> Answer:
    return {
        "access_token": tokens.mint(grant, scopes),
        "token_type": "Bearer",
        "expires_in": settings.ACCESS_TOKEN_AGE,
        "scope": " ".join(scopes),
    }
