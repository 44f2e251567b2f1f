"""What happened to your account and in the organisations you look after: filtered, searched, exported."""

import ipaddress
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest, signed_in
from accounts.models import SecurityEvent
from dashboard import export
from dashboard.forms import LogForm
from dashboard.pages import Entry
from dashboard.paging import Page

MOST_EXPORTED = 10_000  # rows, newest first


@require_safe
@signed_in
def security_log(request: SignedInRequest) -> HttpResponse:
    """What concerns oneself, and what concerns the organisations that one looks after."""
    form = LogForm(request.GET)
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "page": Page(request, _rows(request, form)),
        "form": form,
        "query": query.urlencode(),
        "is_narrowed": any(query.get(name) for name in form.fields),
        "most": MOST_EXPORTED,
    }
    return render(request, "dashboard/security_log.html", context)


@require_safe
@signed_in
def export_log(request: SignedInRequest, kind: str) -> HttpResponse:
    """The same rows, as a file."""
    rows = _rows(request, LogForm(request.GET))[:MOST_EXPORTED]
    write = export.as_csv if kind == "csv" else export.as_json
    return write("security-log", [_as_dict(event) for event in rows])


def _rows(request: SignedInRequest, form: LogForm) -> "QuerySet[SecurityEvent]":
    rows = SecurityEvent.objects.seen_by(request.user)
    form.is_valid()
    asked = form.cleaned_data
    if asked.get("kind"):
        rows = rows.filter(kind=asked["kind"])
    if asked.get("days"):
        rows = rows.filter(at__gte=timezone.now() - timedelta(days=int(asked["days"])))
    if asked.get("q"):
        q = asked["q"]
        rows = rows.filter(
            Q(user_label__icontains=q)
            | Q(actor_label__icontains=q)
            | Q(integration__name__icontains=q)
            | Q(user_agent__icontains=q)
            | Q(ip_address=q if _is_address(q) else None, ip_address__isnull=False)
        )
    return rows.select_related("integration")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _as_dict(event: SecurityEvent) -> dict[str, str]:
    return {
        "at": event.at.isoformat(timespec="seconds"),
        "event": event.get_kind_display(),
        "what": event.what,
        "user": event.user_label,
        "by": event.actor_label,
        "integration": event.integration.name if event.integration else "",
        "ip_address": event.ip_address or "",
        "place": event.place if event.ip_address else "",
        "device": event.device if event.user_agent else "",
        "ended": str(event.details.get("in_words", "")),
        "reason": str(event.details.get("reason", "")),
        "id": str(event.pk),
    }


entry = Entry("Security log", "security_log", 60, also=("receipt",))
urlpatterns = [
    path("dashboard/security-log/", security_log, name="security_log"),
    path("dashboard/security-log/export.csv", export_log, {"kind": "csv"}, name="export_csv"),
    path("dashboard/security-log/export.json", export_log, {"kind": "json"}, name="export_json"),
]
