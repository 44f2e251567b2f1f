"""Users and organisations. What ends credentials is no box to tick here but an act: see `accounts.admin.revoking`."""

from typing import Any

from django.contrib import admin
from django.contrib.auth import admin as djangos
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode

from accounts import credentials, visitors
from accounts.admin import revoking
from accounts.http import SignedInRequest
from accounts.models import Membership, Organisation, User

# People are given permissions, on their own page. A group would never have members.
admin.site.unregister(Group)


class MembershipInline(admin.StackedInline):  # type: ignore[type-arg]
    model = Membership
    extra = 0
    autocomplete_fields = ["user", "organisation"]


@admin.register(User)
class UserAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["email", "name", "is_active", "is_staff", "last_login", "date_joined"]
    list_filter = ["is_active", "is_staff"]
    search_fields = ["email", "name"]
    ordering = ["email"]
    readonly_fields = ["is_active", "epoch", "last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["email", "name"]}),
        ("May come in", {"fields": ["is_active", "is_staff", "is_superuser", "user_permissions"]}),
        ("State", {"fields": ["epoch", "last_login", "date_joined"]}),
    ]
    inlines = [MembershipInline]
    actions = ["revoke_access", "reactivate"]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        fields = list(self.readonly_fields)
        if obj is not None:
            fields.append("email")  # changed by its owner, who has to prove the new one
        if not request.user.is_superuser:
            fields += ["is_staff", "is_superuser", "user_permissions"]
        return fields

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """A new user has no password: they choose one by the reset page."""
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What a user leaves behind goes with them: it needs no permission of its own."""
        to_delete, counts, _, protected = super().get_deleted_objects(objs, request)
        return to_delete, counts, set(), protected

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        by = request.user if isinstance(request.user, User) else None
        credentials.delete(obj, by=by, visitor=visitors.of(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            self.delete_model(request, user)

    @admin.action(description="Revoke access of selected users …", permissions=["change"])
    def revoke_access(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse:
        ids = ",".join(str(pk) for pk in queryset.values_list("pk", flat=True))
        return HttpResponseRedirect(f"{reverse('admin:accounts_user_revoke')}?{urlencode({'ids': ids})}")

    @admin.action(description="Reactivate selected users", permissions=["change"])
    def reactivate(self, request: SignedInRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            credentials.reactivate(user, by=request.user, visitor=visitors.of(request))
        self.message_user(request, "Reactivated. Nothing that had ended came back: they sign in anew.")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.revoke_view)
        return [path("revoke/", view, name="accounts_user_revoke"), *super().get_urls()]

    def revoke_view(self, request: SignedInRequest) -> HttpResponse:
        return revoking.page(request, self)


@admin.register(Organisation)
class OrganisationAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["name", "created_at"]
    search_fields = ["name"]
    inlines = [MembershipInline]


__all__ = ["djangos"]
