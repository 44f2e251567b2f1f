"""The administrator's revocation: a page that says what will end, and one that says what ended."""

import uuid

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.template.response import TemplateResponse

from accounts import revocation, visitors
from accounts.http import SignedInRequest
from accounts.models import Cause, Revocation, User
from accounts.revocation import Scope

CAUSES = {
    Cause.COMPROMISED: "Compromised: end everything, make the password unusable, mail the way back",
    Cause.SIGNED_OUT_EVERYWHERE: "Signed out everywhere: end everything, and no more",
    Cause.DEACTIVATED: "Deactivated: end everything, and let nobody back until reactivated",
}


class RevokeForm(forms.Form):
    cause = forms.ChoiceField(choices=list(CAUSES.items()), widget=forms.RadioSelect, initial=Cause.COMPROMISED)
    reason = forms.CharField(
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="For the audit.",
    )


def page(request: SignedInRequest, model_admin: "admin.ModelAdmin[User]") -> HttpResponse:
    """By GET what would end for the users named in `ids`, and by POST the act and what it ended."""
    if not model_admin.has_change_permission(request):
        raise PermissionDenied
    users = list(User.objects.filter(pk__in=_ids(request.GET.get("ids", ""))).order_by("email"))
    form = RevokeForm(request.POST or None)
    context = {**admin.site.each_context(request), "opts": User._meta, "form": form, "title": "Revoke access"}
    if request.method == "POST" and form.is_valid() and users:
        context |= {"title": "Access revoked", "revocations": [_revoke(request, user, form) for user in users]}
        return TemplateResponse(request, "admin/accounts/user/revoked.html", context)
    context["previews"] = [(user, revocation.preview(Scope(user=user))) for user in users]
    return TemplateResponse(request, "admin/accounts/user/revoke.html", context, status=200 if users else 404)


def _revoke(request: SignedInRequest, user: User, form: RevokeForm) -> Revocation:
    return revocation.revoke(
        Scope(user=user),
        cause=Cause(form.cleaned_data["cause"]),
        by=request.user,
        reason=form.cleaned_data["reason"],
        visitor=visitors.of(request),
    )


def _ids(text: str) -> list[uuid.UUID]:
    ids = []
    for part in text.split(","):
        try:
            ids.append(uuid.UUID(part))
        except ValueError:
            continue
    return ids
