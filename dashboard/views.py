"""The pages of the dashboard. Each reads what is one's own, or makes one call, and shows what came of it."""

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Max, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import clients, revocation, visitors
from accounts.http import SignedInRequest, signed_in
from accounts.models import SCOPES, Cause, ClientSecret, Grant, Integration, Membership, SecurityEvent
from accounts.revocation import Scope
from dashboard.forms import IntegrationForm


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


@require_safe
@signed_in
def sessions(request: SignedInRequest) -> HttpResponse:
    rows = request.user.sessions.live().order_by("-last_seen_at")
    return render(request, "dashboard/sessions.html", {"sessions": rows, "this": request.session.row})


@require_POST
@signed_in
def end_session(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    session = request.user.sessions.filter(public_id=public_id).first()
    if session is None:
        raise Http404("No such session.")
    revocation.revoke(Scope(session=session), cause=Cause.ENDED, by=request.user, visitor=visitors.of(request))
    messages.success(request, f"Ended: {session.device}.")
    return redirect("sessions")


@signed_in
def sign_out_everywhere(request: SignedInRequest) -> HttpResponse:
    """Says by GET what will end, and ends it by POST: this browser's session too."""
    scope = Scope(user=request.user)
    if request.method != "POST":
        return render(request, "dashboard/sign_out_everywhere.html", {"preview": revocation.preview(scope)})
    revoked = revocation.revoke(scope, cause=Cause.SIGNED_OUT_EVERYWHERE, by=request.user, visitor=visitors.of(request))
    request.session.flush()
    messages.success(request, f"Signed out everywhere. Ended: {revoked.in_words}.")
    return redirect("account_login")


@require_safe
@signed_in
def apps(request: SignedInRequest) -> HttpResponse:
    """One's connected apps, the grants of one app taken together."""
    mine = Q(grants__in=Grant.objects.live().connected().filter(user=request.user))
    rows = (
        Integration.objects.filter(mine)
        .select_related("organisation")
        .annotate(last_used_at=Max("grants__last_used_at", filter=mine), connections=Count("grants", filter=mine))
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


@signed_in
def integrations(request: SignedInRequest) -> HttpResponse:
    """The integrations of one's organisations, and by POST a new one, whose secret is shown this once."""
    form = IntegrationForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        integration, secret = clients.create_integration(
            organisation=data["organisation"],
            by=request.user,
            name=data["name"],
            is_confidential=not data["is_public"],
            grant_types=data["grant_types"],
            scopes=data["scopes"],
            redirect_uris=data["redirect_uris"],
            visitor=visitors.of(request),
        )
        return _integration_page(request, integration, secret=secret)
    context = {"form": form, "integrations": _managed(request).select_related("organisation")}
    return render(request, "dashboard/integrations.html", context, status=400 if form.errors else 200)


@require_safe
@signed_in
def integration(request: SignedInRequest, integration_id: uuid.UUID) -> HttpResponse:
    return _integration_page(request, _one_managed(request, integration_id))


@require_POST
@signed_in
def create_secret(request: SignedInRequest, integration_id: uuid.UUID) -> HttpResponse:
    row = _one_managed(request, integration_id)
    try:
        _, secret = clients.create_secret(row, by=request.user, visitor=visitors.of(request))
    except clients.TooManySecrets:
        messages.error(request, "Two secrets are live. End the old one first.")
        return redirect("integration", row.pk)
    except clients.PublicClient:
        messages.error(request, "A public integration has no secrets.")
        return redirect("integration", row.pk)
    return _integration_page(request, row, secret=secret)


@require_POST
@signed_in
def end_secret(request: SignedInRequest, integration_id: uuid.UUID, secret_id: uuid.UUID) -> HttpResponse:
    row = _one_managed(request, integration_id)
    secret = ClientSecret.objects.filter(pk=secret_id, integration=row).first()
    if secret is None:
        raise Http404("No such secret.")
    scope = Scope(client_secret=secret)
    revocation.revoke(scope, cause=Cause.ENDED, by=request.user, visitor=visitors.of(request))
    messages.success(request, f"Ended the secret {secret}, and every token that was got with it.")
    return redirect("integration", row.pk)


@require_POST
@signed_in
def disable_integration(request: SignedInRequest, integration_id: uuid.UUID) -> HttpResponse:
    row = _one_managed(request, integration_id)
    scope = Scope(integration=row)
    revoked = revocation.revoke(scope, cause=Cause.ENDED, by=request.user, visitor=visitors.of(request))
    messages.success(request, f"Disabled {row.name}. Ended: {revoked.in_words}.")
    return redirect("integration", row.pk)


@require_safe
@signed_in
def security_log(request: SignedInRequest) -> HttpResponse:
    """What concerns oneself, and what concerns the organisations that one looks after."""
    managed = _managers(request).values("organisation")
    rows = SecurityEvent.objects.filter(Q(user=request.user) | Q(organisation__in=managed))
    page = Paginator(rows.select_related("integration"), 50).get_page(request.GET.get("page"))
    return render(request, "dashboard/security_log.html", {"page": page})


def _managers(request: SignedInRequest):  # type: ignore[no-untyped-def]
    return request.user.memberships.filter(role__in=[Membership.Role.OWNER, Membership.Role.ADMIN])


def _managed(request: SignedInRequest):  # type: ignore[no-untyped-def]
    return Integration.objects.filter(organisation__in=_managers(request).values("organisation"))


def _one_managed(request: SignedInRequest, integration_id: uuid.UUID) -> Integration:
    row: Integration | None = _managed(request).filter(pk=integration_id).first()
    if row is None:
        raise Http404("No such integration.")
    return row


def _integration_page(request: HttpRequest, row: Integration, secret: str = "") -> HttpResponse:
    context = {
        "integration": row,
        "secret": secret,
        "secrets": row.secrets.filter(ended_at=None).select_related("created_by", "grant"),
        "scopes": [(name, SCOPES.get(name, name)) for name in row.scopes],
        "preview": revocation.preview(Scope(integration=row)),
        "most_secrets": clients.MOST_LIVE_SECRETS,
    }
    return render(request, "dashboard/integration.html", context)
