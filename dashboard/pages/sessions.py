"""Every browser that is signed in as you: end one, all others, or everything."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_safe

from accounts import revocation, visitors
from accounts import sessions as session_store
from accounts.http import SignedInRequest, signed_in
from accounts.models import Cause
from accounts.revocation import Scope
from dashboard.buttons import button_of
from dashboard.pages import Entry
from dashboard.paging import Page


@require_safe
@signed_in
def sessions(request: SignedInRequest) -> HttpResponse:
    # Before the list is read: what comes in between is then seen as a change, and not as what is shown.
    pulse = session_store.pulse(request.session.session_key or "")
    page = Page(request, request.user.sessions.live().order_by("-last_seen_at", "-key_hash"), counted=True)
    return render(request, "dashboard/sessions.html", {"page": page, "this": request.session.row, "pulse": pulse})


@button_of("sessions")
@signed_in
def end_session(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    session = request.user.sessions.filter(public_id=public_id).first()
    if session is None:
        raise Http404("No such session.")
    scope = Scope(session=session)
    revoked = revocation.revoke(scope, cause=Cause.ENDED, by=request.user, visitor=visitors.of(request))
    messages.success(request, f"Ended: {'; '.join(filter(None, [session.device, revoked.went_dark]))}.")
    return redirect("sessions")


@signed_in
def end_others(request: SignedInRequest) -> HttpResponse:
    """Says by GET how many other browsers are signed in, and ends them by POST. Apps and secrets stay."""
    scope = Scope(user=request.user, only_sessions=True, keep=request.session.row)
    if request.method != "POST":
        return render(request, "dashboard/end_others.html", {"preview": revocation.preview(scope)})
    revoked = revocation.revoke(scope, cause=Cause.ENDED, by=request.user, visitor=visitors.of(request))
    request.session.cycle_key()  # or a copy of this browser's own cookie would stay signed in with it
    messages.success(request, f"Ended: {revoked.outcome}. This browser stays signed in.")
    return redirect("sessions")


@signed_in
def sign_out_everywhere(request: SignedInRequest) -> HttpResponse:
    """Says by GET what will end, and ends it by POST: this browser's session too."""
    scope = Scope(user=request.user)
    if request.method != "POST":
        return render(request, "dashboard/sign_out_everywhere.html", {"preview": revocation.preview(scope)})
    revoked = revocation.revoke(scope, cause=Cause.SIGNED_OUT_EVERYWHERE, by=request.user, visitor=visitors.of(request))
    request.session.flush()
    messages.success(request, f"Signed out everywhere. Ended: {revoked.outcome}.")
    return redirect("account_login")


entry = Entry("Sessions", "sessions", 20, also=("sign_out_everywhere", "end_others"))
urlpatterns = [
    path("dashboard/sessions/", sessions, name="sessions"),
    path("dashboard/sessions/end-others/", end_others, name="end_others"),
    path("dashboard/sessions/<uuid:public_id>/end/", end_session, name="end_session"),
    path("dashboard/sign-out-everywhere/", sign_out_everywhere, name="sign_out_everywhere"),
]
