"""How many requests an integration made on a day: for its chart, not for a bill."""

from django.db import models

from accounts.models.credentials import Integration


class UsageDay(models.Model):
    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="usage")
    day = models.DateField()
    requests = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["integration", "day"], name="one_usage_row_a_day")]

    def __str__(self) -> str:
        return f"{self.integration}, {self.day}: {self.requests}"
