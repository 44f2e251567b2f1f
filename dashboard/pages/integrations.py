"""OAuth clients of the organisations that one looks after: created, their secrets rotated, disabled."""

import uuid
from datetime import date

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_safe

from accounts import assertions, clients, revocation, usage, visitors
from accounts.http import SignedInRequest, signed_in
from accounts.models import SCOPES, ClientSecret, Integration, Membership
from accounts.revocation import Scope
from dashboard.buttons import button_of
from dashboard.forms import ChangeIntegrationForm, IntegrationForm, KeysForm
from dashboard.pages import Entry
from dashboard.paging import Page
from dashboard.sudo import sudo
from dashboard.twice import acts_once

DISABLED = "It is disabled, and takes no more secrets or keys. Create a new integration instead."


@signed_in
@sudo
@acts_once
def integrations(request: SignedInRequest) -> HttpResponse:
    """The integrations of one's organisations, and by POST a new one, whose secret is shown this once."""
    form = IntegrationForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
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
        except clients.BadIntegration as error:
            form.add_error(error.field, str(error))
        else:
            return _integration_page(request, integration, secret=secret)
    context = {"form": form, "page": Page(request, _managed(request).select_related("organisation"), counted=True)}
    return render(request, "dashboard/integrations.html", context, status=400 if form.errors else 200)


@require_safe
@signed_in
def integration(request: SignedInRequest, integration_id: uuid.UUID) -> HttpResponse:
    return _integration_page(request, _one_managed(request, integration_id))


@signed_in
@sudo
def change_integration(request: SignedInRequest, integration_id: uuid.UUID) -> HttpResponse:
    """Its name and its addresses. What it may do stays what people have agreed to."""
    row = _one_managed(request, integration_id)
    shown = {"name": row.name, "redirect_uris": "\n".join(row.redirect_uris)}
    form = ChangeIntegrationForm(request.POST or None, initial=shown)
    if request.method == "POST" and form.is_valid():
        try:
            clients.change_integration(row, **form.cleaned_data, by=request.user, visitor=visitors.of(request))
        except clients.BadIntegration as error:
            form.add_error(error.field, str(error))
        except clients.UnknownClient:
            messages.error(request, "It is disabled, and stays as it is.")
            return redirect("integration", row.pk)
        else:
            messages.success(request, "Changed. Everybody who has connected it stays connected.")
            return redirect("integration", row.pk)
    context = {"integration": row, "form": form}
    return render(request, "dashboard/change_integration.html", context, status=400 if form.errors else 200)


@button_of("integration", "integration_id")
@signed_in
@sudo
@acts_once
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
    except clients.UnknownClient:
        messages.error(request, DISABLED)
        return redirect("integration", row.pk)
    return _integration_page(request, row, secret=secret)


@button_of("integration", "integration_id")
@signed_in
@sudo
@acts_once
def add_keys(request: SignedInRequest, integration_id: uuid.UUID) -> HttpResponse:
    """Public keys that it proves itself by (RFC 7523), beside its secrets or instead of them."""
    row = _one_managed(request, integration_id)
    form = KeysForm(request.POST)
    if form.is_valid():
        try:
            keys = assertions.read(form.cleaned_data["jwks"])
            added = assertions.add_keys(row, keys, by=request.user, visitor=visitors.of(request))
        except assertions.BadKey as error:
            form.add_error("jwks", str(error))
        except clients.TooManySecrets:
            form.add_error("jwks", "Two secrets or keys are live at most. End one first.")
        except clients.PublicClient:
            form.add_error("jwks", "A public integration has no keys.")
        except clients.UnknownClient:
            messages.error(request, DISABLED)
            return redirect("integration", row.pk)
        else:
            messages.success(request, f"Added the {' and the '.join(f'{key.kind} {key}' for key in added)}.")
            return redirect("integration", row.pk)
    return _integration_page(request, row, keys_form=form, status=400)


@signed_in
@sudo
def end_secret(request: SignedInRequest, integration_id: uuid.UUID, secret_id: uuid.UUID) -> HttpResponse:
    """Says by GET which one, and whether it is in use, and ends it by POST."""
    row = _one_managed(request, integration_id)
    secret = ClientSecret.objects.filter(pk=secret_id, integration=row).first()
    if secret is None:
        raise Http404("No such secret.")
    if request.method != "POST":
        if secret.ended_at:
            messages.info(request, f"Ended already: the {secret.kind} {secret}.")
            return redirect("integration", row.pk)
        is_last = not row.secrets.live().exclude(pk=secret.pk).exists()
        context = {"integration": row, "secret": secret, "is_last": is_last}
        return render(request, "dashboard/end_secret.html", context)
    clients.end_secret(secret, by=request.user, visitor=visitors.of(request))
    messages.success(request, f"Ended the {secret.kind} {secret}, and every token that was got with it.")
    return redirect("integration", row.pk)


@signed_in
@sudo
def disable_integration(request: SignedInRequest, integration_id: uuid.UUID) -> HttpResponse:
    """Says by GET what ends with it, and ends it by POST."""
    row = _one_managed(request, integration_id)
    if request.method != "POST":
        context = {"integration": row, "preview": revocation.preview(Scope(integration=row))}
        return render(request, "dashboard/disable_integration.html", context)
    revoked = clients.disable(row, by=request.user, visitor=visitors.of(request))
    messages.success(request, f"Disabled {row.name}. Ended: {revoked.in_words}.")
    return redirect("integration", row.pk)


def _managed(request: SignedInRequest) -> "QuerySet[Integration]":
    managed = request.user.memberships.filter(role__in=Membership.MANAGERS).values("organisation")
    return Integration.objects.filter(organisation__in=managed)


def _one_managed(request: SignedInRequest, integration_id: uuid.UUID) -> Integration:
    row: Integration | None = _managed(request).select_related("organisation").filter(pk=integration_id).first()
    if row is None:
        raise Http404("No such integration.")
    return row


def _integration_page(
    request: HttpRequest, row: Integration, secret: str = "", keys_form: KeysForm | None = None, status: int = 200
) -> HttpResponse:
    days = usage.of_last_days(row)
    context = {
        "integration": row,
        "secret": secret,
        "keys_form": keys_form or KeysForm(),
        "secrets": row.secrets.filter(ended_at=None).select_related("created_by"),
        "scopes": [(name, SCOPES.get(name, name)) for name in row.scopes],
        "most_secrets": clients.MOST_LIVE_SECRETS,
        "issuer": settings.ISSUER,
        "bars": _bars(days),
        "total": sum(number for _, number in days),
    }
    return render(request, "dashboard/integration.html", context, status=status)


def _bars(days: list[tuple[date, int]], height: int = 64) -> list[dict[str, object]]:
    """A chart's bars, 20 units apart; a day with few requests shows a little of one, a day with none shows a line."""
    most = max(number for _, number in days) or 1
    bars = []
    for place, (day, number) in enumerate(days):
        tall = max(round(number / most * height), 3) if number else 1
        bars.append({"day": day, "number": number, "x": place * 20 + 2, "y": height - tall, "height": tall})
    return bars


_also = ("integration", "change_integration", "create_secret", "add_keys", "end_secret", "disable_integration")
entry = Entry("Integrations", "integrations", 40, also=_also)
_one = "dashboard/integrations/<uuid:integration_id>/"
urlpatterns = [
    path("dashboard/integrations/", integrations, name="integrations"),
    path(_one, integration, name="integration"),
    path(f"{_one}change/", change_integration, name="change_integration"),
    path(f"{_one}secrets/", create_secret, name="create_secret"),
    path(f"{_one}keys/", add_keys, name="add_keys"),
    path(f"{_one}secrets/<uuid:secret_id>/end/", end_secret, name="end_secret"),
    path(f"{_one}disable/", disable_integration, name="disable_integration"),
]
