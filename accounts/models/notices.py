"""A mail that told somebody of something sensitive, and its one link: "this wasn't me". Kept as a digest."""

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

from accounts.models.people import User
from accounts.models.revocations import Revocation

LASTS = timedelta(days=7)


def _end() -> datetime:
    return timezone.now() + LASTS


class Notice(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notices")
    # Where it was sent. Whoever opens the link reads this mailbox: should the address have been changed since, it is
    # the one that is believed.
    email = models.EmailField(max_length=254)
    about = models.CharField(max_length=40, help_text="Such as webauthn_added or new_browser.")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(default=_end)
    used_at = models.DateTimeField(null=True)
    revocation = models.ForeignKey(Revocation, null=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self) -> str:
        return f"{self.about} to {self.email}"
