"""What happened: revocations and the security log. Nobody edits the past here."""

from django.contrib import admin

from accounts.admin.readonly import ReadOnlyAdmin
from accounts.models import Revocation, SecurityEvent


@admin.register(Revocation)
class RevocationAdmin(ReadOnlyAdmin):
    list_display = ["at", "cause", "user", "in_words", "actor_label", "reason"]
    list_filter = ["cause"]
    list_select_related = ["user"]
    search_fields = ["user__email", "actor_label", "reason"]
    fields = ["id", "at", "cause", "reason", "user", "actor_label", "scope", "in_words"]
    readonly_fields = ["id", "in_words"]


@admin.register(SecurityEvent)
class SecurityEventAdmin(ReadOnlyAdmin):
    list_display = ["at", "kind", "user_label", "actor_label", "organisation", "ip_address"]
    list_filter = ["kind"]
    list_select_related = ["organisation"]
    search_fields = ["user_label", "actor_label", "ip_address"]
    date_hierarchy = "at"
