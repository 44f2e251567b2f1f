"""What was answered to a request that carried an Idempotency-Key, so that a retry gets the answer and acts no more."""

from django.db import models
from django.utils import timezone


class IdempotentAnswer(models.Model):
    # SHA-256 of who asked and under which key: the client chooses keys, and they need not be readable here.
    key_hash = models.CharField(primary_key=True, max_length=64)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True, help_text="Null while the first request is under way.")
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"{self.status or 'under way'} since {self.created_at:%Y-%m-%d %H:%M} UTC"
