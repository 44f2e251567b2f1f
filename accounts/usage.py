"""Counts requests of integrations in memory, and writes the sums down when a token is issued, once a minute at most.

A request that carries a token costs an addition and no I/O. A process that ends writes down what is left; one that is
killed loses it, and one that issues no tokens keeps its counts until it does: it is for a chart.
"""

import atexit
import logging
import threading
import time
import uuid
from collections import Counter
from datetime import date, timedelta

from django.db import Error, IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import Integration, UsageDay

log = logging.getLogger(__name__)
EVERY = 60.0  # seconds
DAY = 86_400  # seconds; a day is its number since 1970 until it is written down, which costs a request less

_counts: Counter[tuple[uuid.UUID, int]] = Counter()
_lock = threading.Lock()
_written_at = time.monotonic()


def count(client_id: uuid.UUID) -> None:
    """One request of this integration, today."""
    with _lock:
        _counts[client_id, int(time.time()) // DAY] += 1


def write_down() -> None:
    """Adds the counts to the table, unless that was done within the last minute.

    Never inside somebody's transaction: a count that cannot be written must not undo a token.
    """
    global _written_at  # one moment of the whole process
    with _lock:
        if not _counts or connection.in_atomic_block or time.monotonic() - _written_at < EVERY:
            return
        _written_at = time.monotonic()
    _write_all()


def forget() -> None:
    """Drops what was counted and not written down. For tests."""
    with _lock:
        _counts.clear()


def of_last_days(integration: Integration, days: int = 14) -> list[tuple[date, int]]:
    """Each of the last days, oldest first, with its requests; 0 where there is no row."""
    today = timezone.now().date()
    since = today - timedelta(days=days - 1)
    known = dict(integration.usage.filter(day__gte=since).values_list("day", "requests"))
    return [(since + timedelta(days=n), known.get(since + timedelta(days=n), 0)) for n in range(days)]


def forget_old(days: int = 90) -> None:
    """For `manage.py purge`: no chart reaches back that far."""
    UsageDay.objects.filter(day__lt=timezone.now().date() - timedelta(days=days)).delete()


def _write_all() -> None:
    with _lock:
        taken = dict(_counts)
        _counts.clear()
    for (client_id, day), number in taken.items():
        _add(client_id, date(1970, 1, 1) + timedelta(days=day), number)


def _write_what_is_left() -> None:
    try:
        _write_all()
        connection.close()
    except Error as error:
        log.info("The last requests are not on the chart: %s", error)


# Also in processes that are forked from this one: each has counts of its own.
atexit.register(_write_what_is_left)


def _add(client_id: uuid.UUID, day: date, number: int) -> None:
    row = UsageDay.objects.filter(integration=client_id, day=day)
    if row.update(requests=F("requests") + number):
        return
    try:
        with transaction.atomic():
            UsageDay.objects.create(integration_id=client_id, day=day, requests=number)
    except IntegrityError:  # another worker was first, or the integration is gone
        row.update(requests=F("requests") + number)
