"""Ending access by hand, in three steps: a page that says what will end, the act, and the page of what ended.

The first page is the answer to an action's own POST, and hands on what was chosen in one field: an address, or a field
for each of them, would hold a hundred. After the act it leads to `accounts.admin.records`: to look again ends nothing.
"""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from accounts import revocation, visitors
from accounts.admin import records
from accounts.http import SignedInRequest
from accounts.models import Cause, Revocation
from accounts.revocation import Preview, Scope
from accounts.revocation.list import clock

# Seconds that the workers are waited for, by one act for all its rows: a request has 30, and a lease is waited for
# again with each row while a worker is silent. What is pending by then is said to be.
PATIENCE = 10.0


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Reason (kept in the record)",
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )


@dataclass(frozen=True)
class Line:
    """What would end with one row, and what of it has no count."""

    row: Any
    preview: Preview
    besides: str


class RevokingAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that end, by `scope_of`. Whoever may not is refused at each of the steps."""

    revoke_form: type[forms.Form] = ReasonForm

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        raise NotImplementedError

    def scope_of(self, row: Any) -> Scope:
        raise NotImplementedError

    def besides(self, row: Any) -> str:
        return ""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.revoke_view)
        return [path("revoke/", view, name=f"accounts_{self.opts.model_name}_revoke"), *super().get_urls()]

    def revoke_view(self, request: SignedInRequest) -> HttpResponse:
        """By GET what would end for the rows named in `ids`; by POST the act."""
        if not self.has_revoke_permission(request):
            raise PermissionDenied
        sent = request.POST if request.method == "POST" else request.GET
        rows = self.get_queryset(request).filter(pk__in=self._keys(sent.get("ids", "")))
        if request.method != "POST":
            return self.confirmation(request, rows, self.revoke_form())
        form = self.revoke_form(request.POST)
        if not (form.is_valid() and rows):
            return self.confirmation(request, rows, form)
        return HttpResponseRedirect(records.address_of(self._revoke(request, rows, form.cleaned_data)))

    def confirmation(self, request: SignedInRequest, rows: "QuerySet[Any]", form: forms.Form) -> HttpResponse:
        ordered = sorted(rows, key=str)
        lines = [Line(row, revocation.preview(self.scope_of(row)), self.besides(row)) for row in ordered]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Revoke access" if lines else "There is nothing to end",
            "form": form,
            "lines": lines,
            "total": records.total([line.preview for line in lines]) if len(lines) > 1 else None,
            "ids": ",".join(str(row.pk) for row in ordered),
            "act": reverse(f"admin:accounts_{self.opts.model_name}_revoke"),
            "changelist": reverse(f"admin:accounts_{self.opts.model_name}_changelist"),
            "ends_own_session": any(self._ends_session_of(request, row) for row in ordered),
        }
        return TemplateResponse(request, "admin/accounts/revoke.html", context, status=200 if lines else 404)

    def _revoke(self, request: SignedInRequest, rows: "QuerySet[Any]", said: dict[str, Any]) -> list[Revocation]:
        """One after the other, and whoever does it last: what comes after them would be done by nobody."""
        until = clock() + PATIENCE
        ordered = sorted(rows, key=lambda row: (self._ends_session_of(request, row), str(row)))
        return [self.revoke_row(request, row, said, patience=max(0.0, until - clock())) for row in ordered]

    def revoke_row(self, request: SignedInRequest, row: Any, said: dict[str, Any], *, patience: float) -> Revocation:
        return revocation.revoke(
            self.scope_of(row),
            cause=Cause(said.get("cause", Cause.ENDED)),
            by=request.user,
            reason=said["reason"],
            visitor=visitors.of(request),
            patience=patience,
        )

    def _ends_session_of(self, request: SignedInRequest, row: Any) -> bool:
        scope = self.scope_of(row)
        acting_in = request.user.acting_in
        if scope.session:
            return acting_in is not None and scope.session.pk == acting_in.pk
        return scope.is_whole_user and scope.user == request.user

    def _keys(self, text: str) -> list[Any]:
        """What of it can be the key of a row."""
        keys = []
        for part in filter(None, text.split(",")):
            try:
                keys.append(self.opts.pk.to_python(part))
            except ValidationError:
                continue
        return keys
