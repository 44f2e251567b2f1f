"""Who belongs where, as the pages of a user and of an organisation show it.

What is changed there is done by `accounts.members`, which puts it on record, ends what goes with it, and refuses to
leave an organisation without an owner.
"""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from accounts import members, revocation, visitors
from accounts.models import Membership, User

LAST_OWNER = "{organisation} would be left without an owner, so nothing was changed. Make somebody else one first."
MEANWHILE = "A membership was changed elsewhere just now, so nothing was changed here. This is how it stands."


class MembershipForm(forms.ModelForm):  # type: ignore[type-arg]
    """A membership is between two, for good: only the role of one that there is can be another."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in {"user", "organisation"} & self.fields.keys():
            self.fields[name].disabled = not self.instance._state.adding


class MembershipInline(admin.StackedInline):  # type: ignore[type-arg]
    model = Membership
    form = MembershipForm
    extra = 0
    autocomplete_fields = ["user", "organisation"]


class MembershipsAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    inlines = [MembershipInline]

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """All of the page or nothing."""
        if request.method != "POST":
            return super().changeform_view(request, *args, **kwargs)
        try:
            with transaction.atomic():
                revocation.take_turn()  # before any row that a revocation would lock
                return super().changeform_view(request, *args, **kwargs)
        except members.LastOwner as refused:
            (organisation,) = refused.args
            organisation.refresh_from_db()  # its name too is what it was
            self.message_user(request, LAST_OWNER.format(organisation=organisation), messages.ERROR)
        except (members.NoLongerMember, members.AlreadyMember):
            self.message_user(request, MEANWHILE, messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """New owners first, so that one may hand over to another in one go."""
        formset.save(commit=False)
        by = request.user
        assert isinstance(by, User)  # noqa: S101  # nobody else comes in here
        visitor = visitors.of(request)
        for membership in formset.new_objects:
            members.add(membership.user, membership.organisation, membership.role, by=by, visitor=visitor)
        changed = [membership for membership, _ in formset.changed_objects]
        for membership in sorted(changed, key=lambda row: row.role != Membership.Role.OWNER):
            members.change_role(membership, membership.role, by=by, visitor=visitor)
        for membership in formset.deleted_objects:
            members.remove(membership, by=by, visitor=visitor)
