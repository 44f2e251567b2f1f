"""What can act as you now, what changed lately, what needs attention."""

from datetime import timedelta
from typing import Any

from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import revocation
from accounts.events import Kind
from accounts.http import SignedInRequest, signed_in
from accounts.models import ClientSecret
from accounts.revocation import Scope
from dashboard.pages import Entry

LATELY = timedelta(days=7)
# Of what needs attention: what it means, and the words of the link to it. Worst first.
ALARMING = {
    Kind.NOT_ME: ("What could act as you then has been ended.", "See what was reported"),
    Kind.REFRESH_REUSED: ("What it belonged to has been ended.", "See the refresh tokens"),
    Kind.CODE_REUSED: ("What it belonged to has been ended.", "See the codes"),
    Kind.TRIED_AGAIN: ("It was refused. An app that has not noticed the end tries again too.", "See what was tried"),
    Kind.SIGN_IN_FAILED: ("Mistyped, or somebody is guessing. They did not get in.", "See the failed sign-ins"),
}


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return redirect("overview")


@require_safe
@signed_in
def overview(request: SignedInRequest) -> HttpResponse:
    secrets = "organisation__integrations__secrets"
    own = Q(**{f"{secrets}__in": ClientSecret.objects.live().filter(created_by=request.user)})
    memberships = request.user.memberships.select_related("organisation").annotate(secrets=Count(secrets, filter=own))
    context = {
        "live": revocation.preview(Scope(user=request.user, spare_secrets=True)),
        "memberships": memberships,
        "secrets": sum(membership.secrets for membership in memberships),
        "events": request.user.security_events.select_related("integration")[:6],
        "has_second_factor": request.session.has_second_factor,
        "alarms": _alarms(request),
        "days": LATELY.days,
    }
    return render(request, "dashboard/overview.html", context)


def _alarms(request: SignedInRequest) -> list[dict[str, Any]]:
    """Counted by kind, in a statement of its own: a stranger fills the newest events with failed sign-ins."""
    lately = request.user.security_events.filter(at__gt=timezone.now() - LATELY, kind__in=ALARMING)
    counted = lately.order_by().values("kind").annotate(times=Count("pk"), last=Max("at"))
    found = {row["kind"]: row for row in counted}
    return [
        {**found[kind], "label": kind.label, "meaning": meaning, "link": link}
        for kind, (meaning, link) in ALARMING.items()
        if kind in found
    ]


entry = Entry("Overview", "overview", 10)
urlpatterns = [path("", home, name="home"), path("dashboard/", overview, name="overview")]
