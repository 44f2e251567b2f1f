"""What can act as you now, what changed lately, what needs attention."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_safe

from accounts import revocation
from accounts.http import SignedInRequest, signed_in
from accounts.revocation import Scope
from dashboard.pages import Entry


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return redirect("overview")


@require_safe
@signed_in
def overview(request: SignedInRequest) -> HttpResponse:
    context = {
        "live": revocation.preview(Scope(user=request.user)),
        "memberships": request.user.memberships.select_related("organisation"),
        "events": request.user.security_events.select_related("integration")[:6],
    }
    return render(request, "dashboard/overview.html", context)


entry = Entry("Overview", "overview", 10)
urlpatterns = [path("", home, name="home"), path("dashboard/", overview, name="overview")]
