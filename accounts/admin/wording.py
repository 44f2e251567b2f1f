"""A revocation in plain words, for whoever is woken up by it: whose it was, since when it holds, what comes next."""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings

from accounts.models import Cause, Revocation

# What a scope names, the narrowest first: in the singular and the plural, and the model whose row has a name.
PARTS = {
    "session": ("session", "sessions", ""),
    "grant": ("connected app", "connected apps", "Grant"),
    "client_secret": ("client secret", "client secrets", "ClientSecret"),
    "integration": ("integration", "integrations", "Integration"),
    "signing_key": ("signing key", "signing keys", ""),
    "organisation": ("organisation", "organisations", "Organisation"),
}
NEXT = {
    Cause.COMPROMISED: (
        "The old password opens nothing any more. The way back in, by a new password, was mailed to {to}."
    ),
    Cause.DEACTIVATED: "Nobody gets back in as {to} until somebody chooses Reactivate in the list of users.",
    Cause.SIGNED_OUT_EVERYWHERE: "The password works still: {to} may sign in again at once.",
}


@dataclass(frozen=True)
class Ended:
    """One revocation, as a line of the result."""

    revocation: Revocation

    @property
    def subject(self) -> str:
        return subject(self.revocation)

    @property
    def confirmed(self) -> str:
        return confirmed(self.revocation)


def subject(row: Revocation) -> str:
    """Such as "bob@example.com", "Session of bob@example.com", "Signing key X", "Everything"."""
    whose = row.user.email if row.user else "a user who is deleted" if "user" in row.scope else ""
    if row.scope.get("everything"):
        return "Everything"
    named = _narrowest(row)
    if not named:
        return whose or "-"
    noun, _, model = PARTS[named]
    name = _name(model, row.scope[named]) if model else row.scope[named] if named == "signing_key" else ""
    return " ".join(filter(None, [noun.capitalize(), name, f"of {whose}" if whose else ""]))


def _narrowest(row: Revocation) -> str:
    return next((name for name in PARTS if name in row.scope), "")


def _name(model: str, key: Any) -> str:
    row = apps.get_model("accounts", model).objects.filter(pk=key).first()
    if row is None:
        return f"{key} (deleted)"
    return str(row.integration if model == "Grant" else row)


def confirmed(row: Revocation) -> str:
    """For a column: yes or no, and by how many."""
    if row.receipt is None:
        return "No receipt"
    done, all_ = len(row.receipt["confirmed"]) + len(row.receipt["fenced"]), row.receipt["expected"]
    if row.receipt["pending"]:
        return f"{done} of {all_} processes, the rest pending"
    return f"{done} of {all_} processes" if all_ else "At once"


def in_force(row: Revocation) -> str:
    return in_force_since([row])


def in_force_since(act: list[Revocation]) -> str:
    """Such as "In force since 22:56:55 UTC: no server process accepts it any more."."""
    since = f"In force since {act[-1].at:%H:%M:%S} UTC"
    receipts = [row.receipt for row in act]
    if any(receipt is None for receipt in receipts):
        return f"{since}. Which server processes have confirmed could not be noted: see the server's log."
    silent = max((len(receipt["pending"]) for receipt in receipts if receipt), default=0)
    if not silent:
        return f"{since}: no server process accepts it any more."
    processes = "1 server process" if silent == 1 else f"{silent} server processes"
    return (
        f"{since} for whoever is signed in. {processes} had not confirmed when the wait ended, and may have accepted "
        f"access tokens until the lease ran out, {settings.REVOCATION_LEASE_SECONDS:g} s later at most."
    )


def heading(act: list[Revocation]) -> str:
    """Such as "Access revoked: bob@example.com", "Access revoked: 3 people", "Ended: 2 sessions"."""
    named = _narrowest(act[0])
    said = "Ended" if named else "Access revoked"
    several = PARTS[named][1] if named else "people"
    return f"{said}: {subject(act[0]) if len(act) == 1 else f'{len(act)} {several}'}"


def follows(act: list[Revocation]) -> str:
    """What comes next for the people concerned; "" where nothing does."""
    row = act[0]
    if set(row.scope) != {"user"} or row.cause not in NEXT:
        return ""
    to = (row.user.email if row.user else "whom it concerns") if len(act) == 1 else "each of them"
    return NEXT[Cause(row.cause)].format(to=to)
