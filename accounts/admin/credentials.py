"""Sessions, integrations and grants: to look at, and to end."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from accounts import rotation, visitors
from accounts.admin.readonly import ReadOnlyAdmin
from accounts.admin.revoking import RevokingAdmin
from accounts.http import SignedInRequest
from accounts.models import Grant, Integration, Revocation, Session, SigningKey, revocations
from accounts.revocation import Scope


class EndableAdmin(RevokingAdmin, ReadOnlyAdmin):
    """Rows with one action, for who may delete such rows: ending them."""

    actions = ["end"]

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"accounts.delete_{self.opts.model_name}")

    @admin.action(description="End the selected ones …", permissions=["revoke"])
    def end(self, request: SignedInRequest, queryset: QuerySet[Any]) -> HttpResponse:
        return self.confirmation(request, queryset, self.revoke_form())


@admin.register(Session)
class SessionAdmin(EndableAdmin):
    list_display = ["user", "device", "ip_address", "method", "created_at", "last_seen_at", "expire_date"]
    list_select_related = ["user"]
    search_fields = ["user__email", "ip_address"]
    fields = ["user", "device", "user_agent", "ip_address", "method", "remembered", "created_at", "last_seen_at"]
    readonly_fields = ["device"]
    ordering = ["-last_seen_at"]

    def scope_of(self, row: Session) -> Scope:
        """With its user, so that the record says whose it was."""
        return Scope(session=row, user=row.user)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Session]:
        return super().get_queryset(request).live().select_related("user")  # type: ignore[attr-defined,no-any-return]


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
        return Scope(grant=row, user=row.user)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Grant]:
        return super().get_queryset(request).select_related("integration", "user", "organisation")


@admin.register(Integration)
class IntegrationAdmin(EndableAdmin):
    list_display = ["name", "organisation", "is_confidential", "created_at", "disabled_at"]
    list_select_related = ["organisation"]
    search_fields = ["name", "organisation__name"]

    def scope_of(self, row: Integration) -> Scope:
        return Scope(integration=row)

    def besides(self, row: Integration) -> str:
        return "" if row.disabled_at else revocations.of_integration(row.name)


@admin.register(SigningKey)
class SigningKeyAdmin(EndableAdmin):
    list_display = ["kid", "algorithm", "created_at", "revoked_at"]
    fields = ["kid", "algorithm", "public_pem", "created_at", "revoked_at"]

    def scope_of(self, row: SigningKey) -> Scope:
        return Scope(signing_key=row)

    def besides(self, row: SigningKey) -> str:
        return "" if row.revoked_at else revocations.of_signing_key(row.kid)

    def revoke_row(
        self, request: SignedInRequest, row: SigningKey, said: dict[str, Any], *, patience: float
    ) -> Revocation:
        visitor = visitors.of(request)
        return rotation.revoke(row, by=request.user, reason=said["reason"], visitor=visitor, patience=patience)
