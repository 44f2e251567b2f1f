"""A device that waits for a person to agree elsewhere (RFC 8628). What lets it in is the grant that they then make."""

from django.db import models
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models.credentials import Grant, Integration


class DeviceRequestQuerySet(models.QuerySet["DeviceRequest"]):
    def open(self) -> QuerySet["DeviceRequest"]:
        """Nobody has decided yet, and it has not run out."""
        now = timezone.now()
        return self.filter(expires_at__gt=now, denied_at=None, grant=None, integration__disabled_at=None)


class DeviceRequest(models.Model):
    device_hash = models.CharField(max_length=64, unique=True, editable=False)
    user_code_hash = models.CharField(max_length=64, unique=True, editable=False)
    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="+")
    scopes = models.JSONField(default=list)
    interval = models.PositiveIntegerField(default=5, help_text="Seconds between two polls; rises when it hurries.")
    polled_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(db_index=True)
    denied_at = models.DateTimeField(null=True)
    grant = models.OneToOneField(Grant, null=True, on_delete=models.CASCADE, related_name="+")

    objects = DeviceRequestQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.integration} since {self.created_at:%Y-%m-%d %H:%M} UTC"
