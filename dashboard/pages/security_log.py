"""What happened to your account and in the organisations you look after: filtered, searched, exported."""

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest, signed_in
from accounts.models import Membership, SecurityEvent
from dashboard.pages import Entry
from dashboard.paging import Page


@require_safe
@signed_in
def security_log(request: SignedInRequest) -> HttpResponse:
    """What concerns oneself, and what concerns the organisations that one looks after."""
    return render(request, "dashboard/security_log.html", {"page": Page(request, _rows(request))})


def _rows(request: SignedInRequest) -> "QuerySet[SecurityEvent]":
    managed = request.user.memberships.filter(role__in=Membership.MANAGERS).values("organisation")
    rows = SecurityEvent.objects.filter(Q(user=request.user) | Q(organisation__in=managed))
    return rows.select_related("integration")


entry = Entry("Security log", "security_log", 60)
urlpatterns = [path("dashboard/security-log/", security_log, name="security_log")]
