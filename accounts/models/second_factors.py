"""The last time step whose one-time code a user has spent, so that no code works twice (RFC 6238, 5.2)."""

from django.db import models

from accounts.models.people import User


class SpentStep(models.Model):
    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="+")
    step = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return f"{self.user}: {self.step}"
