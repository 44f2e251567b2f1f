"""What an organisation demands of its members. Owners say it; whoever demands a second factor has one first."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from accounts import revocation, second_factors, visitors
from accounts.http import SignedInRequest, signed_in
from accounts.models import Membership
from dashboard.sudo import sudo


@signed_in
@sudo
def organisation_security(request: SignedInRequest, organisation_id: uuid.UUID) -> HttpResponse:
    """By GET who has a second factor, in numbers; by POST whether all must."""
    rows = request.user.memberships.select_related("organisation")
    own = rows.filter(organisation=organisation_id, role=Membership.Role.OWNER).first()
    if own is None:
        raise Http404("No such organisation of yours.")
    if request.method == "POST":
        _require(request, own)
        return redirect("organisation_security", organisation_id)
    counts = second_factors.coverage(own.organisation)
    preview = revocation.preview(second_factors.scope_around(own.organisation))
    has_one = request.session.has_second_factor
    context = {"own": own, "counts": counts, "preview": preview, "has_second_factor": has_one}
    return render(request, "dashboard/organisation_security.html", context)


def _require(request: SignedInRequest, own: Membership) -> None:
    required = request.POST.get("required") == "yes"
    try:
        second_factors.require(own.organisation, required, by=request.user, visitor=visitors.of(request))
    except second_factors.LacksOne:
        messages.error(request, "Set up a second factor of your own first: otherwise you would lock yourself out.")
    else:
        what = "Members without a second factor set one up before anything else." if required else "No longer required."
        messages.success(request, what)


urlpatterns = [
    path(
        "dashboard/organisations/<uuid:organisation_id>/security/", organisation_security, name="organisation_security"
    )
]
