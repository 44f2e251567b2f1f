"""What happened: revocations and the security log. Nobody edits the past here."""

from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe

from accounts.admin.readonly import ReadOnlyAdmin
from accounts.models import Revocation, SecurityEvent


@admin.register(Revocation)
class RevocationAdmin(ReadOnlyAdmin):
    list_display = ["at", "cause", "user", "in_words", "receipt_in_words", "actor_label", "reason"]
    list_filter = ["cause"]
    list_select_related = ["user"]
    search_fields = ["user__email", "actor_label", "reason"]
    fields = ["id", "at", "cause", "reason", "user", "actor_label", "scope", "in_words"]
    fields += ["receipt_in_words", "workers", "tried_again", "receipt_jws"]
    readonly_fields = ["id", "in_words", "receipt_in_words", "workers", "tried_again"]

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


@admin.register(SecurityEvent)
class SecurityEventAdmin(ReadOnlyAdmin):
    list_display = ["at", "kind", "user_label", "actor_label", "organisation", "ip_address"]
    list_filter = ["kind"]
    list_select_related = ["organisation"]
    search_fields = ["user_label", "actor_label", "ip_address"]
    date_hierarchy = "at"
