"""Sessions, integrations and grants: to look at, and to end."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts import revocation, visitors
from accounts.admin.readonly import ReadOnlyAdmin
from accounts.models import Cause, Grant, Integration, Session, SigningKey
from accounts.revocation import Scope


class EndableAdmin(ReadOnlyAdmin):
    """Rows with one action, for who may delete such rows: ending them. `part` is the row's name in a scope."""

    part: str
    actions = ["end"]

    def has_end_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"accounts.delete_{self.opts.model_name}")

    @admin.action(description="End the selected ones", permissions=["end"])
    def end(self, request: HttpRequest, queryset: QuerySet[Session] | QuerySet[Grant] | QuerySet[Integration]) -> None:
        for row in queryset:
            revoked = revocation.revoke(
                Scope(**{self.part: row}), cause=Cause.ENDED, by=request.user, visitor=visitors.of(request)
            )
            self.message_user(request, f"{row}: ended {revoked.in_words}.", messages.SUCCESS)


@admin.register(Session)
class SessionAdmin(EndableAdmin):
    part = "session"
    list_display = ["user", "device", "ip_address", "method", "created_at", "last_seen_at", "expire_date"]
    list_select_related = ["user"]
    search_fields = ["user__email", "ip_address"]
    fields = ["user", "device", "user_agent", "ip_address", "method", "remembered", "created_at", "last_seen_at"]
    readonly_fields = ["device"]
    ordering = ["-last_seen_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Session]:
        return super().get_queryset(request).live()  # type: ignore[attr-defined,no-any-return]


@admin.register(Grant)
class GrantAdmin(EndableAdmin):
    part = "grant"
    list_display = ["integration", "user", "organisation", "created_at", "last_used_at", "expires_at", "ended_at"]
    list_filter = [("ended_at", admin.EmptyFieldListFilter)]
    list_select_related = ["integration", "user", "organisation"]
    search_fields = ["user__email", "integration__name"]
    fields = [*list_display, "scopes", "epoch", "revocation"]
    ordering = ["-created_at"]


@admin.register(Integration)
class IntegrationAdmin(EndableAdmin):
    part = "integration"
    list_display = ["name", "organisation", "is_confidential", "created_at", "disabled_at"]
    list_select_related = ["organisation"]
    search_fields = ["name", "organisation__name"]


@admin.register(SigningKey)
class SigningKeyAdmin(ReadOnlyAdmin):
    list_display = ["kid", "algorithm", "created_at"]
    fields = ["kid", "algorithm", "public_pem", "created_at"]
