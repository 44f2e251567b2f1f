"""What a revocation has ended, tried again afterwards, and refused: how often, from where, by which program."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts import visitors
from accounts.models.credentials import Integration
from accounts.models.revocations import Revocation


class LateTryQuerySet(models.QuerySet["LateTry"]):
    def of_organisation(self, organisation: uuid.UUID | None) -> "LateTryQuerySet":
        """With its integrations. A revocation may have ended what others hold, too, and that is not for its eyes."""
        nobodys = Q(integration=None, revocation__organisation=organisation)
        return self.filter(Q(integration__organisation=organisation) | nobodys).select_related("integration")


class LateTry(models.Model):
    """One credential from one address by one agent; or, without a credential, all that one row each would be too many
    for. Written by accounts.late_tries alone."""

    class Kind(models.TextChoices):
        ACCESS_TOKEN = "access_token", "Access token"
        REFRESH_TOKEN = "refresh_token", "Refresh token"
        CODE = "code", "Authorization code"
        CLIENT_SECRET = "client_secret", "Client secret"
        OTHERS = "others", "Others"

    # Made of what it counts, so that whoever counts the same finds the same row.
    id = models.UUIDField(primary_key=True, editable=False)
    revocation = models.ForeignKey(Revocation, on_delete=models.CASCADE, related_name="late_tries")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    credential = models.UUIDField(null=True, help_text="The grant or the client secret.")
    integration = models.ForeignKey(Integration, null=True, on_delete=models.SET_NULL, related_name="+")
    ip_address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)
    times = models.PositiveBigIntegerField(default=0)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)

    objects = LateTryQuerySet.as_manager()

    class Meta:
        ordering = ["first_at", "id"]
        verbose_name_plural = "late tries"

    def __str__(self) -> str:
        return self.in_words

    @property
    def what(self) -> str:
        """Such as "Access token of Sync"."""
        return f"{self.get_kind_display()} of {self.integration}" if self.integration else str(self.get_kind_display())

    @property
    def in_words(self) -> str:
        """Such as "12 times: Access token of Sync, 203.0.113.7, curl 8"."""
        where = [self.ip_address, self.device] if self.credential else []
        times = "once" if self.times == 1 else f"{self.times:,} times"
        return f"{times}: {', '.join(filter(None, [self.what, *where]))}"

    @property
    def device(self) -> str:
        return visitors.device(self.user_agent)

    @property
    def place(self) -> str:
        return visitors.place(self.ip_address)
