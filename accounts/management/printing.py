"""How a revocation with its receipt is printed: for people, and for programs."""

import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from accounts.models import Revocation

LATE_TRY = ("kind", "credential", "integration_id", "ip_address", "user_agent", "times", "first_at", "last_at")


def as_json(revoked: Revocation) -> str:
    facts: dict[str, Any] = {
        "id": str(revoked.pk),
        "at": revoked.at.isoformat(),
        "cause": revoked.cause,
        "reason": revoked.reason,
        "scope": revoked.scope,
        "ended": revoked.ended,
        "receipt": revoked.receipt,
        "receipt_in_words": revoked.receipt_in_words,
        "receipt_jws": revoked.receipt_jws,
        "late_tries": list(revoked.late_tries.values(*LATE_TRY)),
    }
    return json.dumps(facts, cls=DjangoJSONEncoder)


def as_text(revoked: Revocation) -> str:
    lines = [
        f"Revoked {revoked.user or _scope(revoked)}: {revoked.get_cause_display()}.",
        f"  ended     {revoked.in_words}",
        f"  receipt   {revoked.receipt_in_words}",
        *_workers(revoked),
        *[f"  tried     {each.in_words}" for each in revoked.late_tries.select_related("integration")],
        f"  record    {revoked.pk}",
    ]
    return "\n".join(lines)


def _scope(revoked: Revocation) -> str:
    return ", ".join(name if value is True else f"{name} {value}" for name, value in revoked.scope.items())


def _workers(revoked: Revocation) -> list[str]:
    receipt = revoked.receipt or {"confirmed": [], "fenced": [], "pending": []}
    confirmed = [f"    {each['worker']:<40} {each['ms']:>8} ms" for each in receipt["confirmed"]]
    silent = [f"    {name:<40} {kind:>11}" for kind in ("fenced", "pending") for name in receipt[kind]]
    return confirmed + silent
