"""A code or refresh token that was used before is in two hands: the whole grant ends, and its people are told."""

import logging

from accounts import events, notices, revocation
from accounts.models import Cause, Grant
from accounts.revocation import Scope

log = logging.getLogger(__name__)


@revocation.in_turn
def end_reused(grant: Grant, kind: events.Kind) -> None:
    """Ends it once, however many present the token at once (RFC 9700, 4.14.2)."""
    if not Grant.objects.filter(pk=grant.pk, ended_at=None).exists():
        return
    log.warning("%s: ending grant %s", kind.label, grant.pk)
    events.record(kind, user=grant.user, integration=grant.integration, grant=str(grant.pk))
    revocation.revoke(Scope(grant=grant), cause=Cause.REUSED, reason=str(kind.label))
    notices.tell_of_reuse(grant)
