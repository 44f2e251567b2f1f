"""What happened: revocations and the security log. Nobody edits the past here.

Whoever has just revoked something comes to `done`, which is addressed by the first and the last record of the act.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.http import urlencode
from django.utils.safestring import mark_safe

from accounts.admin import wording
from accounts.admin.readonly import ReadOnlyAdmin
from accounts.http import SignedInRequest
from accounts.models import Revocation, SecurityEvent
from accounts.models.revocations import COUNTED
from accounts.revocation import Preview


def address_of(act: list[Revocation]) -> str:
    """Of the page that says what an act ended, however many it concerned."""
    return f"{reverse('admin:accounts_revocation_done')}?{urlencode({'from': str(act[0].pk), 'to': str(act[-1].pk)})}"


def total(counted: Iterable[Any]) -> Preview:
    """Of several previews, or revocations."""
    rows = list(counted)
    return Preview(**{name: sum(getattr(row, name) for row in rows) for name in COUNTED})


class MomentsAdmin(ReadOnlyAdmin):
    """Who compares it with another log wants the second and the zone."""

    @admin.display(description="At", ordering="at")
    def at_utc(self, row: Any) -> str:
        return f"{row.at:%Y-%m-%d %H:%M:%S} UTC"


@admin.register(Revocation)
class RevocationAdmin(MomentsAdmin):
    list_display = ["at_utc", "subject", "cause", "what_ended", "confirmed", "by"]
    list_display_links = ["at_utc"]
    list_filter = ["cause"]
    list_select_related = ["user", "organisation"]
    list_per_page = 50  # some ask for the name of what they ended
    search_fields = ["user__email", "actor__email", "actor_label", "reason"]
    fields = ["id", "at_utc", "subject", "cause", "reason", "by", "what_ended"]
    fields += ["in_force", "workers", "tried_again", "scope", "receipt_jws"]
    readonly_fields = ["id", "at_utc", "subject", "by", "what_ended", "in_force", "workers", "tried_again"]

    @admin.display(description="Who or what", ordering="user__email")
    def subject(self, row: Revocation) -> str:
        return wording.subject(row)

    @admin.display(description="What ended")
    def what_ended(self, row: Revocation) -> str:
        return row.outcome

    @admin.display(description="Confirmed")
    def confirmed(self, row: Revocation) -> str:
        return wording.confirmed(row)

    @admin.display(description="Confirmed")
    def in_force(self, row: Revocation) -> str:
        return wording.in_force(row)

    @admin.display(description="By", ordering="actor_label")
    def by(self, row: Revocation) -> str:
        return row.actor_label or "Portcullis itself, or a command"

    @admin.display(description="Workers")
    def workers(self, row: Revocation) -> str:
        receipt = row.receipt or {"confirmed": [], "fenced": [], "pending": []}
        confirmed = [(each["worker"], f"confirmed after {each['ms']} ms") for each in receipt["confirmed"]]
        silent = [(name, kind) for kind in ("fenced", "pending") for name in receipt[kind]]
        return format_html_join(mark_safe("<br>"), "{}: {}", confirmed + silent) or "none to wait for"

    @admin.display(description="Tried again since")
    def tried_again(self, row: Revocation) -> str:
        tries = row.late_tries.select_related("integration")
        lines = [(each.in_words, f"{each.last_at:%Y-%m-%d %H:%M:%S}", each.user_agent) for each in tries]
        return format_html_join(mark_safe("<br>"), "{}, last at {} UTC <small>{}</small>", lines) or "nothing"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.done_view)
        return [path("done/", view, name="accounts_revocation_done"), *super().get_urls()]

    def done_view(self, request: SignedInRequest) -> HttpResponse:
        """What one act ended: to who did it, and to who may see all of them. Changes nothing."""
        act = list(self._act(request.GET.get("from", ""), request.GET.get("to", "")))
        may_see_all = self.has_view_permission(request)
        if not act:
            raise Http404
        if not may_see_all and any(row.actor_id != request.user.pk for row in act):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": wording.heading(act),
            "act": [wording.Ended(row) for row in act],
            "first": act[0],
            "total": total(act) if len(act) > 1 else None,
            "in_force": wording.in_force_since(act),
            "follows": wording.follows(act),
            "may_see_records": may_see_all,
            "may_see_users": request.user.has_perm("accounts.view_user"),
        }
        return TemplateResponse(request, "admin/accounts/revoked.html", context)

    def _act(self, first_id: str, last_id: str) -> "QuerySet[Revocation]":
        """What the same person did for the same cause and reason from the one to the other, in the order done."""
        rows = Revocation.objects.select_related("user", "organisation").order_by("at", "id")
        try:
            ends = {row.pk: row for row in rows.filter(pk__in=[first_id, last_id])}
            first, last = (ends[self.opts.pk.to_python(key)] for key in (first_id, last_id))
        except (ValidationError, KeyError):
            return rows.none()
        return rows.filter(actor=first.actor, cause=first.cause, reason=first.reason, at__gte=first.at, at__lte=last.at)


@admin.register(SecurityEvent)
class SecurityEventAdmin(MomentsAdmin):
    list_display = ["at_utc", "kind", "user_label", "actor_label", "organisation", "ip_address"]
    list_filter = ["kind"]
    list_select_related = ["organisation"]
    search_fields = ["user_label", "actor_label", "ip_address"]
    date_hierarchy = "at"
    exclude = ["at"]
    readonly_fields = ["at_utc"]
