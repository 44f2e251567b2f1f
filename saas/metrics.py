"""What Prometheus asks: revocations, their receipts, what was tried again, and how this worker stands.

Counted in the database at each scrape: every worker of every node says the same, restarts lose nothing, and there is
nothing to gather from other processes. Only `portcullis_lease_held` is of the worker that answers. Numbers alone: no
name, address or id of anybody.
"""

import hmac
import ipaddress
from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db import Error
from django.db.models import Count, FloatField, Max, Q, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from accounts import revocation, visitors
from accounts.models import Cause, LateTry, Revocation, RevocationEntry, Worker

LATELY = timedelta(days=1)
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")
WORDS = "Metrics are told to this machine itself, or to whoever has METRICS_TOKEN.\n"


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """403 to whoever may not ask, 503 without a database."""
    if not _may_ask(request):
        return HttpResponse(WORDS, status=403, content_type="text/plain")
    registry = CollectorRegistry()
    try:
        registry.register(_Counted())
        return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
    except Error:
        response = HttpResponse("The database does not answer.\n", status=503, content_type="text/plain")
        response["Retry-After"] = "2"
        return response


def _may_ask(request: HttpRequest) -> bool:
    """With the token where there is one; else from this machine, and through no proxy, which may speak for anybody."""
    if settings.METRICS_TOKEN:
        shown = request.headers.get("Authorization", "")
        return hmac.compare_digest(shown.encode(), f"Bearer {settings.METRICS_TOKEN}".encode())
    if any(name in request.META for name in FORWARDED):
        return False
    address = visitors.normal(request.META.get("REMOTE_ADDR", ""))  # whatever TRUSTED_PROXY_COUNT says
    return address is not None and ipaddress.ip_address(address).is_loopback


class _Counted(Collector):
    def collect(self) -> Iterator[Metric]:
        yield self._revocations()
        yield from self._lately()
        tries = LateTry.objects.aggregate(times=Sum("times"))["times"] or 0
        yield _gauge("late_tries", "Times that something revoked was tried again, as far as that is kept.", tries)
        yield _gauge("list_entries", "Entries of the revocation list.", RevocationEntry.objects.count())
        yield _gauge("workers", "Workers in the register, for whose word a revocation waits.", Worker.objects.count())
        held = revocation.lease() == "held"
        yield _gauge("lease_held", "Whether the worker that answers holds a lease.", held)

    def _revocations(self) -> Metric:
        counted = dict(Revocation.objects.order_by().values_list("cause").annotate(Count("pk")))
        family = CounterMetricFamily("portcullis_revocations", "Revocations by cause.", labels=["cause"])
        for cause in Cause:
            family.add_metric([cause.value], counted.get(cause.value, 0))
        return family

    def _lately(self) -> Iterator[Metric]:
        lately = Revocation.objects.filter(at__gt=timezone.now() - LATELY)
        complete = Q(receipt__complete=True)
        told = lately.aggregate(
            incomplete=Count("pk") - Count("pk", filter=complete),
            slowest=Max(Cast(KeyTextTransform("total_ms", "receipt"), FloatField()), filter=complete),
        )
        text = "Revocations of the last day without a complete receipt."
        yield _gauge("receipts_incomplete", text, told["incomplete"])
        text = "The longest of the last day, from the call to the last worker's word."
        yield _gauge("receipt_seconds_max", text, float(told["slowest"] or 0) / 1000)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"portcullis_{name}", text, value=value)
