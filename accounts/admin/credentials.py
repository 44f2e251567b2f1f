"""Sessions, integrations and grants: to look at, and to end."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts import revocation, visitors
from accounts.admin.readonly import ReadOnlyAdmin
from accounts.http import SignedInRequest
from accounts.models import Cause, Grant, Integration, Session, SigningKey
from accounts.revocation import Scope


class EndableAdmin(ReadOnlyAdmin):
    """Rows with one action, for who may delete such rows: ending them."""

    actions = ["end"]

    def scope_of(self, row: Any) -> Scope:
        raise NotImplementedError

    def has_end_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"accounts.delete_{self.opts.model_name}")

    @admin.action(description="End the selected ones", permissions=["end"])
    def end(self, request: SignedInRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset:
            scope = self.scope_of(row)
            revoked = revocation.revoke(scope, cause=Cause.ENDED, by=request.user, visitor=visitors.of(request))
            self.message_user(request, f"{row}: ended {revoked.in_words}.", messages.SUCCESS)


@admin.register(Session)
class SessionAdmin(EndableAdmin):
    list_display = ["user", "device", "ip_address", "method", "created_at", "last_seen_at", "expire_date"]
    list_select_related = ["user"]
    search_fields = ["user__email", "ip_address"]
    fields = ["user", "device", "user_agent", "ip_address", "method", "remembered", "created_at", "last_seen_at"]
    readonly_fields = ["device"]
    ordering = ["-last_seen_at"]

    def scope_of(self, row: Session) -> Scope:
        return Scope(session=row)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Session]:
        return super().get_queryset(request).live()  # type: ignore[attr-defined,no-any-return]


@admin.register(Grant)
class GrantAdmin(EndableAdmin):
    list_display = ["integration", "user", "organisation", "created_at", "last_used_at", "expires_at", "ended_at"]
    list_filter = [("ended_at", admin.EmptyFieldListFilter)]
    list_select_related = ["integration", "user", "organisation"]
    search_fields = ["user__email", "integration__name"]
    fields = ["integration", "user", "organisation", "scopes", "epoch", "created_at", "last_used_at", "expires_at"]
    fields += ["ended_at", "revocation"]
    ordering = ["-created_at"]

    def scope_of(self, row: Grant) -> Scope:
        return Scope(grant=row)


@admin.register(Integration)
class IntegrationAdmin(EndableAdmin):
    list_display = ["name", "organisation", "is_confidential", "created_at", "disabled_at"]
    list_select_related = ["organisation"]
    search_fields = ["name", "organisation__name"]

    def scope_of(self, row: Integration) -> Scope:
        return Scope(integration=row)


@admin.register(SigningKey)
class SigningKeyAdmin(EndableAdmin):
    list_display = ["kid", "algorithm", "created_at", "revoked_at"]
    fields = ["kid", "algorithm", "public_pem", "created_at", "revoked_at"]

    def scope_of(self, row: SigningKey) -> Scope:
        return Scope(signing_key=row)
