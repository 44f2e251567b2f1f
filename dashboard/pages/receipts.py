"""What an event of the security log ended: its receipt, and what of it was tried again since."""

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest, signed_in
from accounts.models import Revocation, SecurityEvent


@require_safe
@signed_in
def receipt(request: SignedInRequest, event_id: uuid.UUID) -> HttpResponse:
    """For whoever has that event in their log. That something was tried again tells of no more than that: what else
    the same act ended may be others' business."""
    event = get_object_or_404(SecurityEvent.objects.seen_by(request.user).select_related("integration"), pk=event_id)
    revocation = get_object_or_404(Revocation, pk=event.details.get("revocation"))
    tries = revocation.late_tries.all()
    if revocation.user_id != request.user.pk:
        tries = tries.of_organisation(event.organisation_id)
    context = {
        "event": event,
        "receipt": revocation if event.kind == SecurityEvent.Kind.REVOKED else None,
        "late_tries": tries.select_related("integration"),
    }
    return render(request, "dashboard/event.html", context)


urlpatterns = [path("dashboard/security-log/<uuid:event_id>/", receipt, name="receipt")]
