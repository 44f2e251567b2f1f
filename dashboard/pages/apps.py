"""Third parties that you let act for you: what each may do, since when, and the end of it."""

import uuid

from django.contrib import messages
from django.db.models import Count, Max, Min, Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from accounts import revocation, visitors
from accounts.http import SignedInRequest, signed_in
from accounts.models import Cause, Grant, Integration
from accounts.revocation import Scope
from dashboard.pages import Entry


@require_safe
@signed_in
def apps(request: SignedInRequest) -> HttpResponse:
    """One's connected apps, the grants of one app taken together."""
    mine = Q(grants__in=Grant.objects.live().connected().filter(user=request.user))
    rows = (
        Integration.objects.filter(mine)
        .select_related("organisation")
        .annotate(
            since=Min("grants__created_at", filter=mine),
            last_used_at=Max("grants__last_used_at", filter=mine),
            connections=Count("grants", filter=mine),
        )
    )
    return render(request, "dashboard/apps.html", {"apps": rows})


@require_POST
@signed_in
def disconnect_app(request: SignedInRequest, integration_id: uuid.UUID) -> HttpResponse:
    integration = Integration.objects.filter(pk=integration_id, grants__user=request.user).first()
    if integration is None:
        raise Http404("No such app.")
    scope = Scope(user=request.user, integration=integration)
    revocation.revoke(scope, cause=Cause.ENDED, by=request.user, visitor=visitors.of(request))
    messages.success(request, f"Disconnected: {integration.name}.")
    return redirect("apps")


entry = Entry("Connected apps", "apps", 30)
urlpatterns = [
    path("dashboard/apps/", apps, name="apps"),
    path("dashboard/apps/<uuid:integration_id>/disconnect/", disconnect_app, name="disconnect_app"),
]
