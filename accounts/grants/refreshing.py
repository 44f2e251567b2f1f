"""New tokens for a refresh token: one winner, a short grace for the honest loser, and the end for everybody else."""

import json
from datetime import timedelta

from django.conf import settings
from django.db.models import CharField, DateTimeField, TextField, UUIDField
from django.utils import timezone

from accounts import crypto, events, late_tries, live_grants, tokens, visitors
from accounts.grants.answers import Answer, InvalidGrant, InvalidScope, answer
from accounts.grants.reuse import end_reused
from accounts.models import Grant, Integration
from accounts.statements import Given, Update
from accounts.visitors import Visitor

_hash, _now = CharField(), Given("now", DateTimeField())
# Conditions on the row itself, no join: PostgreSQL looks at them again when it had to wait for the row.
ROTATE = Update(
    Grant.objects.filter(pk=Given("pk", UUIDField()), refresh_hash=Given("presented", _hash), ended_at=None),
    refresh_hash=Given("refresh_hash", _hash),
    refresh_kid=Given("refresh_kid", CharField()),
    replaced_hash=Given("presented", _hash),
    replaced_at=_now,
    replay=Given("replay", TextField()),
    last_used_at=_now,
)


def refresh(
    *,
    integration: Integration,
    refresh_token: str,
    scopes: tuple[str, ...] | None = None,
    visitor: Visitor = visitors.NOBODY,
) -> Answer:
    """New tokens for a refresh token. At most three statements, client authentication aside.

    The token just replaced, presented again within REFRESH_REPLAY_AGE by the same client for the same scopes, gets
    the same answer again: a lost response or fifty tabs neither sign anybody out nor fork the family. Whatever else
    was used before ends the whole grant (RFC 9700, 4.14.2).
    """
    try:
        claims = tokens.verify_refresh(refresh_token)
    except tokens.InvalidToken as error:
        raise InvalidGrant from error
    grant = live_grants.find(claims, integration)
    if grant is None:
        late_tries.note(late_tries.Kind.REFRESH_TOKEN, claims.grant, visitor)
        raise InvalidGrant
    asked = tuple(grant.scopes) if scopes is None else tuple(dict.fromkeys(scopes))
    if not set(asked) <= set(grant.scopes):
        raise InvalidScope
    presented = crypto.digest(claims.jti)
    if presented == grant.refresh_hash:
        given, refresh_jti = answer(grant, asked)
        if _rotate(grant, presented, refresh_jti, crypto.seal(_kept(asked, given), under=claims.jti)):
            return given
        grant = live_grants.find(claims, integration)  # somebody was faster: with another token, or with its end
        if grant is None:
            raise InvalidGrant
    return _again(grant, presented, claims.jti, asked)


def _rotate(grant: Grant, presented: str, refresh_jti: str, replay: str) -> bool:
    now = timezone.now()
    won = ROTATE(
        pk=grant.pk,
        presented=presented,
        refresh_hash=crypto.digest(refresh_jti),
        refresh_kid=grant.refresh_kid,
        replay=replay,
        now=now,
    )
    return bool(won)


def _kept(asked: tuple[str, ...], given: Answer) -> str:
    return json.dumps({"asked": sorted(asked), "answer": given})


def _again(grant: Grant, presented: str, jti: str, asked: tuple[str, ...]) -> Answer:
    """For a refresh token that is no longer the current one: the same answer, or the end of the grant."""
    if grant.ended_at is not None:
        raise InvalidGrant
    if presented == grant.replaced_hash and grant.replaced_at:
        sealed = crypto.unseal(grant.replay, under=jti)
        kept = json.loads(sealed) if sealed else {}
        in_time = timezone.now() - grant.replaced_at <= timedelta(seconds=settings.REFRESH_REPLAY_AGE)
        if in_time and kept.get("asked") == sorted(asked):
            again: Answer = kept["answer"]
            return again
    end_reused(grant, events.Kind.REFRESH_REUSED)
    raise InvalidGrant
