"""Users and organisations. What ends credentials is no box to tick here but an act: see `accounts.admin.revoking`."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth import admin as djangos
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode

from accounts import credentials, revocation, visitors
from accounts.admin.memberships import MembershipsAdmin
from accounts.admin.revoking import ReasonForm, RevokingAdmin
from accounts.http import SignedInRequest
from accounts.models import Cause, Organisation, User
from accounts.models.second_factors import second_factors_of
from accounts.revocation import Scope

# People are given permissions, on their own page. A group would never have members.
admin.site.unregister(Group)


CAUSES = {
    Cause.COMPROMISED: "Compromised: end everything, make the password unusable, mail the way back",
    Cause.SIGNED_OUT_EVERYWHERE: "Signed out everywhere: end everything, and no more",
    Cause.DEACTIVATED: "Deactivated: end everything, and let nobody back until reactivated",
}


class RevokeForm(ReasonForm):
    cause = forms.ChoiceField(choices=list(CAUSES.items()), widget=forms.RadioSelect, initial=Cause.COMPROMISED)
    field_order = ["cause", "reason"]


@admin.register(User)
class UserAdmin(RevokingAdmin, MembershipsAdmin):
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
    actions = ["revoke_access", "reactivate"]
    revoke_form = RevokeForm

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

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request)

    def scope_of(self, row: User) -> Scope:
        return Scope(user=row)

    @admin.action(description="Revoke access of selected users …", permissions=["revoke"])
    def revoke_access(self, request: SignedInRequest, queryset: QuerySet[User]) -> HttpResponse:
        return self.confirmation(request, queryset, self.revoke_form())

    @admin.action(description="Reactivate selected users", permissions=["change"])
    def reactivate(self, request: SignedInRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            credentials.reactivate(user, by=request.user, visitor=visitors.of(request))
        self.message_user(request, "Reactivated. Nothing that had ended came back: they sign in anew.")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With what they have now, and the way to end it, above all else."""
        user = self.get_object(request, unquote(object_id))
        has: dict[str, Any] = {}
        if user is not None and self.has_revoke_permission(request):
            number = second_factors_of(user).count()
            factors = f"{number or 'no'} second factor{'' if number < 2 else 's'}"
            has = {"has": revocation.preview(self.scope_of(user)).in_words, "second_factors": factors}
        return super().change_view(request, object_id, form_url, {**has, **(extra_context or {})})

    @admin.display(description="End access")
    def revoke_link(self, row: User) -> str:
        address = f"{reverse('admin:accounts_user_revoke')}?{urlencode({'ids': str(row.pk)})}"
        return format_html('<a class="revoke" href="{}" aria-label="Revoke access of {}">Revoke …</a>', address, row)

    def get_list_display(self, request: HttpRequest) -> Any:
        """The way out beside the address: on a phone all after that is beyond the edge."""
        first, *others = self.list_display
        return [first, "revoke_link", *others] if self.has_revoke_permission(request) else [first, *others]


@admin.register(Organisation)
class OrganisationAdmin(MembershipsAdmin):
    list_display = ["name", "created_at"]
    search_fields = ["name"]
    readonly_fields = ["requires_mfa"]  # an owner's to say: it ends what members without one have connected


__all__ = ["djangos"]
