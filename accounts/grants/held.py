"""What a client may do with a token that it holds: ask whether it still works, and give it up. Only its own."""

from typing import Any

from django.conf import settings
from django.db import transaction

from accounts import live_grants, revocation, tokens, visitors
from accounts.claims import Claims
from accounts.models import Cause, Grant, Integration
from accounts.revocation import Scope
from accounts.visitors import Visitor

NO_LONGER = {"active": False}  # and not a word more (RFC 7662, 2.2)
REASON = "Given up by the integration itself"


class NotYours(Exception):
    """A token of ours, but another client's."""


def introspect(integration: Integration, text: str) -> dict[str, Any]:
    """What a live token of this client says (RFC 7662); NO_LONGER for every other text.

    An access token stands here by the same rule as at the API: this worker's list while it has a lease. A refresh
    token's is one statement. Raises django.db.Error where nobody can say.
    """
    try:
        claims, is_refresh = _read(text)
    except tokens.InvalidToken:
        return NO_LONGER
    if claims.client_id != integration.pk:
        return NO_LONGER
    stands = live_grants.is_current(claims) if is_refresh else revocation.stands(claims)
    return _told(claims, is_refresh) if stands else NO_LONGER


def end(integration: Integration, text: str, *, visitor: Visitor = visitors.NOBODY) -> None:
    """Ends the token's whole grant (RFC 7009). What is no token, or none any more, is ended already."""
    try:
        claims, _ = _read(text)
    except tokens.InvalidToken:
        return
    if claims.client_id != integration.pk:
        raise NotYours
    with transaction.atomic():
        revocation.take_turn()
        grant = Grant.objects.filter(pk=claims.grant, integration=integration, ended_at=None).first()
        if grant is None:
            return
        revocation.revoke(Scope(grant=grant), cause=Cause.ENDED, reason=REASON, visitor=visitor)
        # A client that gives up its own token keeps its secret, and may come back for another.
        Grant.objects.filter(pk=grant.pk).update(client_secret=None)


def _read(text: str) -> tuple[Claims, bool]:
    """The claims, and whether they are a refresh token's. A hint of which it is (token_type_hint) would save nothing:
    the header says so, and either kind is refused in microseconds where it does not."""
    try:
        return tokens.verify(text), False
    except tokens.InvalidToken:
        return tokens.verify_refresh(text), True


def _told(claims: Claims, is_refresh: bool) -> dict[str, Any]:
    return {
        "active": True,
        "scope": " ".join(claims.scopes),
        "client_id": str(claims.client_id),
        "sub": str(claims.subject),
        "iss": settings.ISSUER,
        "aud": settings.ISSUER if is_refresh else settings.AUDIENCE,
        "iat": claims.iat,
        "exp": claims.exp,
        "jti": claims.jti,
        # Ours, under the names that they have in an access token: which permission it hangs from, and what it reaches.
        "grant": str(claims.grant),
        "org": str(claims.organisation),
        "token_type": "refresh_token" if is_refresh else "Bearer",
    }
