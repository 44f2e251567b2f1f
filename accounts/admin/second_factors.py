"""Second factors of people: to look at, and to take away from whoever has lost theirs. Never their secrets."""

from typing import Any

from allauth.mfa import admin as allauths
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts import second_factors, visitors
from accounts.admin.readonly import ReadOnlyAdmin
from accounts.models import User

# allauth's own page shows what is kept of the secrets, and lets them be edited.
admin.site.unregister(Authenticator)


@admin.register(Authenticator)
class AuthenticatorAdmin(ReadOnlyAdmin):
    list_display = ["user", "type", "created_at", "last_used_at"]
    list_select_related = ["user"]
    list_filter = ["type"]
    search_fields = ["user__email"]
    fields = ["user", "type", "created_at", "last_used_at"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("mfa.delete_authenticator")

    def delete_model(self, request: HttpRequest, obj: Authenticator) -> None:
        by = request.user if isinstance(request.user, User) else None
        second_factors.take_away(obj, by=by, visitor=visitors.of(request))

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Authenticator]") -> None:
        for authenticator in queryset:
            self.delete_model(request, authenticator)


__all__ = ["allauths"]
