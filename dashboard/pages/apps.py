"""Third parties that you let act for you: what each may do, since when, and the end of it."""

import uuid
from collections import defaultdict

from django.contrib import messages
from django.db.models import Count, Max, Min, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_safe

from accounts import revocation, visitors
from accounts.http import SignedInRequest, signed_in
from accounts.models import Cause, Grant, Integration
from accounts.models import scopes as offered
from accounts.revocation import Scope
from dashboard.pages import Entry


@require_safe
@signed_in
def apps(request: SignedInRequest) -> HttpResponse:
    """One's connected apps, the grants of one app taken together."""
    mine = Q(grants__in=_connected(request))
    rows = (
        Integration.objects.filter(mine)
        .select_related("organisation")
        .annotate(
            since=Min("grants__created_at", filter=mine),
            last_used_at=Max("grants__last_used_at", filter=mine),
            connections=Count("grants", filter=mine),
        )
    )
    agreed = _agreed(_connected(request))
    apps = [(row, agreed.get(row.pk, [])) for row in rows]
    return render(request, "dashboard/apps.html", {"apps": apps})


@signed_in
def disconnect_app(request: SignedInRequest, integration_id: uuid.UUID) -> HttpResponse:
    """Says by GET what the app can do until it is disconnected, and disconnects it by POST."""
    integration = Integration.objects.filter(pk=integration_id, grants__user=request.user).first()
    if integration is None:
        raise Http404("No such app.")
    if request.method != "POST":
        agreed = _agreed(_connected(request).filter(integration=integration))
        if integration.pk not in agreed:
            messages.info(request, f"Not connected any more: {integration.name}.")
            return redirect("apps")
        context = {"app": integration, "may": agreed[integration.pk]}
        return render(request, "dashboard/disconnect_app.html", context)
    scope = Scope(user=request.user, integration=integration)
    revocation.revoke(scope, cause=Cause.ENDED, by=request.user, visitor=visitors.of(request))
    messages.success(request, f"Disconnected: {integration.name}.")
    return redirect("apps")


def _connected(request: SignedInRequest) -> "QuerySet[Grant]":
    return Grant.objects.live().connected().filter(user=request.user)


def _agreed(grants: "QuerySet[Grant]") -> dict[uuid.UUID, list[str]]:
    """What each integration may do by these grants taken together, in words. It may ask for more than was agreed to."""
    names: defaultdict[uuid.UUID, set[str]] = defaultdict(set)
    for integration, scopes in grants.order_by().values_list("integration", "scopes").distinct():
        names[integration] |= set(scopes)
    return {integration: offered.in_words(sorted(found)) for integration, found in names.items()}


entry = Entry("Connected apps", "apps", 30, also=("disconnect_app",))
urlpatterns = [
    path("dashboard/apps/", apps, name="apps"),
    path("dashboard/apps/<uuid:integration_id>/disconnect/", disconnect_app, name="disconnect_app"),
]
