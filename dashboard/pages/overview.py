"""What can act as you now, what changed lately, what needs attention."""

from datetime import timedelta

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import revocation
from accounts.events import Kind
from accounts.http import SignedInRequest, signed_in
from accounts.models import ClientSecret, SecurityEvent
from accounts.revocation import Scope
from dashboard.pages import Entry

LATELY = timedelta(days=7)
ALARMING = {Kind.REFRESH_REUSED, Kind.CODE_REUSED, Kind.NOT_ME}


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return redirect("overview")


@require_safe
@signed_in
def overview(request: SignedInRequest) -> HttpResponse:
    events = list(request.user.security_events.select_related("integration")[:50])
    recent = [event for event in events if timezone.now() - event.at < LATELY]
    secrets = "organisation__integrations__secrets"
    own = Q(**{f"{secrets}__in": ClientSecret.objects.live().filter(created_by=request.user)})
    memberships = request.user.memberships.select_related("organisation").annotate(secrets=Count(secrets, filter=own))
    context = {
        "live": revocation.preview(Scope(user=request.user, spare_secrets=True)),
        "memberships": memberships,
        "secrets": sum(membership.secrets for membership in memberships),
        "events": events[:6],
        "has_second_factor": request.session.has_second_factor,
        "failed": _count(recent, {Kind.SIGN_IN_FAILED}),
        "alarms": [event for event in recent if event.kind in ALARMING],
    }
    return render(request, "dashboard/overview.html", context)


def _count(events: list[SecurityEvent], kinds: set[Kind]) -> int:
    return sum(event.kind in kinds for event in events)


entry = Entry("Overview", "overview", 10)
urlpatterns = [path("", home, name="home"), path("dashboard/", overview, name="overview")]
