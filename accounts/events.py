"""The security log: the one function that writes it."""

from typing import Any

from accounts import visitors
from accounts.models import Integration, Organisation, SecurityEvent, User
from accounts.statements import Insert
from accounts.visitors import Visitor

Kind = SecurityEvent.Kind
ADD = Insert(SecurityEvent)


def record(
    kind: SecurityEvent.Kind,
    *,
    user: User | None = None,
    by: User | None = None,
    organisation: Organisation | None = None,
    integration: Integration | None = None,
    visitor: Visitor = visitors.NOBODY,
    **details: Any,
) -> SecurityEvent:
    """Adds one event. `details` is what an auditor would ask next; never a secret, a token or a code."""
    event = SecurityEvent(
        kind=kind,
        user=user,
        user_label=user.email if user else "",
        actor=by,
        actor_label=by.email if by else "",
        organisation=organisation or (integration.organisation if integration else None),
        integration=integration,
        ip_address=visitor.ip_address,
        user_agent=visitor.user_agent,
        details=details,
    )
    ADD(event)
    return event
