"""Counts requests of integrations in memory, and writes the sums down when a token is issued, once a minute at most.

A process that issues no tokens keeps its counts until it does, or ends: it is for a chart.
"""

import time
import uuid
from collections import Counter
from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts import batches
from accounts.models import Integration, UsageDay
from accounts.tally import Tally

DAY = 86_400  # seconds; a day is its number since 1970 until it is written down, which costs a request less


def count(client_id: uuid.UUID) -> None:
    """One request of this integration, today."""
    tally.count((client_id, int(time.time()) // DAY))


def of_last_days(integration: Integration, days: int = 14) -> list[tuple[date, int]]:
    """Each of the last days, oldest first, with its requests; 0 where there is no row."""
    today = timezone.now().date()
    since = today - timedelta(days=days - 1)
    known = dict(integration.usage.filter(day__gte=since).values_list("day", "requests"))
    return [(since + timedelta(days=n), known.get(since + timedelta(days=n), 0)) for n in range(days)]


def forget_old(days: int = 90) -> None:
    """For `manage.py purge`: no chart reaches back that far."""
    batches.delete(UsageDay.objects.filter(day__lt=timezone.now().date() - timedelta(days=days)))


def _write(counts: Counter[tuple[uuid.UUID, int]]) -> None:
    for (client_id, day), number in list(counts.items()):
        _add(client_id, date(1970, 1, 1) + timedelta(days=day), number)
        del counts[client_id, day]  # what is left is tried again


def _add(client_id: uuid.UUID, day: date, number: int) -> None:
    row = UsageDay.objects.filter(integration=client_id, day=day)
    if row.update(requests=F("requests") + number):
        return
    try:
        with transaction.atomic():
            UsageDay.objects.create(integration_id=client_id, day=day, requests=number)
    except IntegrityError:  # another worker was first, or the integration is gone
        row.update(requests=F("requests") + number)


tally = Tally(_write, every=60)
