"""What was ended, why, by whom: one row for each act of revocation, kept as its audit.

And the list of what must still be refused, which the database writes by itself (accounts.revocation.feed).
"""

import functools
import uuid
from typing import Any

from django.apps import apps
from django.db import models
from django.utils import timezone

from accounts.models.people import Organisation, User


class Cause(models.TextChoices):
    SIGNED_OUT_EVERYWHERE = "signed_out_everywhere", "Signed out everywhere"
    COMPROMISED = "compromised", "Compromised"
    DEACTIVATED = "deactivated", "Deactivated"
    PASSWORD_CHANGED = "password_changed", "Password changed"
    ENDED = "ended", "Ended by hand"
    REUSED = "reused", "A single-use token or code was used twice"


OF_EVERY_KEY = "every signing key: every token signed until then"
COUNTED = ("sessions", "grants", "codes", "client_secrets")


class Revocation(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField(default=timezone.now)
    cause = models.CharField(max_length=30, choices=Cause.choices)
    reason = models.CharField(max_length=500, blank=True)
    actor = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    actor_label = models.CharField(max_length=254, blank=True)
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="revocations")
    organisation = models.ForeignKey(
        Organisation, null=True, on_delete=models.SET_NULL, related_name="revocations", help_text="Whose alone it is."
    )
    scope = models.JSONField(help_text="What it covered: names of credentials, and ids.")
    sessions = models.PositiveIntegerField(default=0)
    grants = models.PositiveIntegerField(default=0)
    codes = models.PositiveIntegerField(default=0)
    client_secrets = models.PositiveIntegerField(default=0)
    streams = models.PositiveIntegerField(default=0, help_text="Open pages of the ended sessions that went dark.")
    receipt = models.JSONField(null=True, help_text="Which workers confirmed, and how fast.")
    receipt_jws = models.TextField(blank=True, help_text="The same, signed: it verifies with our JWKS.")
    tried_again_at = models.DateTimeField(null=True, help_text="When something of what it ended was first tried again.")

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.get_cause_display()}, {self.at:%Y-%m-%d %H:%M:%S} UTC"

    @property
    def in_words(self) -> str:
        return in_words(self, self.besides)

    @functools.cached_property
    def besides(self) -> str:
        """What ended and has no count, such as "the integration Sync, now disabled"; "" where nothing did.

        Whoever revokes says so; later it is asked of the row, in one statement, and only where there is one.
        """
        if self.scope.get("everything"):
            return OF_EVERY_KEY
        if kid := self.scope.get("signing_key"):
            ended = apps.get_model("accounts", "SigningKey").objects.filter(pk=kid, revoked_at=self.at)
            return of_signing_key(kid) if ended.exists() else ""
        if integration := self.scope.get("integration"):
            disabled = apps.get_model("accounts", "Integration").objects.filter(pk=integration, disabled_at=self.at)
            name = disabled.values_list("name", flat=True).first()
            return of_integration(name) if name is not None else ""
        return ""

    @property
    def outcome(self) -> str:
        """Such as "2 sessions and 1 connected app; 1 open page went dark"."""
        return "; ".join(filter(None, [self.in_words, self.went_dark]))

    @property
    def went_dark(self) -> str:
        return went_dark(self.streams)

    @property
    def ended(self) -> dict[str, int]:
        """How many of each kind were live and ended."""
        return {name: getattr(self, name) for name in COUNTED}

    @property
    def receipt_in_words(self) -> str:
        """Such as "3 of 3 workers confirmed in 4.8 ms"."""
        if self.receipt is None:
            return "no receipt yet"
        return receipt_in_words(self.receipt)


def in_words(counts: object, besides: str = "") -> str:
    """Such as "2 sessions, 1 connected app and 1 client secret"; "nothing" when all are 0 and nothing is `besides`."""
    nouns = {"sessions": "session", "grants": "connected app", "codes": "pending connection"}
    nouns["client_secrets"] = "client secret"
    numbers = {noun: getattr(counts, name) for name, noun in nouns.items()}
    parts = [f"{number} {noun}{'' if number == 1 else 's'}" for noun, number in numbers.items() if number]
    parts += [besides] if besides else []
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]])) or "nothing"


def of_signing_key(kid: str) -> str:
    return f"the signing key {kid}: every token signed with it"


def of_integration(name: str) -> str:
    return f"the integration {name}, now disabled"


def went_dark(streams: int) -> str:
    """Such as "2 open pages went dark"; "" for none."""
    return f"{streams} open page{'' if streams == 1 else 's'} went dark" if streams else ""


def receipt_in_words(receipt: dict[str, Any]) -> str:
    """For people. What the fields mean is said by accounts.revocation.receipts."""
    dark = went_dark(receipt.get("streams", 0))
    if not receipt["expected"]:
        return "; ".join(filter(None, ["effective at commit: every request asks the database", dark]))
    confirmed, fenced, pending = (len(receipt[name]) for name in ("confirmed", "fenced", "pending"))
    words = f"{confirmed} of {receipt['expected']} workers confirmed"
    words += f", {fenced} fenced: their leases ran out, so that they ask the database" if fenced else ""
    words += f", {pending} pending: they may hold a lease still" if pending else ""
    return "; ".join(filter(None, [words, f"{receipt['total_ms']} ms", dark]))


class RevocationEntry(models.Model):
    """One thing to refuse. Written by triggers alone, deleted once no token that it concerns can be alive."""

    class Kind(models.TextChoices):
        USER = "user", "Tokens on behalf of a user, born under a lower epoch"
        GRANT = "grant", "Tokens of a grant"
        KEY = "key", "Tokens signed by a key"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    subject = models.CharField(max_length=64, help_text="The id in 32 hex digits, or the kid.")
    epoch = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class Worker(models.Model):
    """A process that may hold a lease, so that a revocation knows whom to wait for. Registered before its first."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100, help_text="Host and process id.")
    lease_seconds = models.FloatField()
    beat = models.PositiveBigIntegerField(default=0, help_text="Rises while it lives.")
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
