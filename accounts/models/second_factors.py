"""Which of allauth's authenticators are second factors, and which one-time codes have been spent."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.db import models

from accounts.models.people import User


def second_factors_of(user: Any) -> "models.QuerySet[Authenticator]":
    """A user's, or those of an OuterRef. Recovery codes are the way in without one."""
    rows: models.QuerySet[Authenticator] = Authenticator.objects.filter(user=user)
    return rows.exclude(type=Authenticator.Type.RECOVERY_CODES)


def has_second_factor() -> models.Exists:
    """Of each row's `user`."""
    return models.Exists(second_factors_of(models.OuterRef("user")))


class SpentStep(models.Model):
    """The last time step whose one-time code a user has spent, so that no code works twice (RFC 6238, 5.2)."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="+")
    step = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return f"{self.user}: {self.step}"
