"""One's own account: name, and the ways to its address, password and second factor."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from accounts import people
from accounts.http import SignedInRequest, signed_in
from dashboard.forms import NameForm
from dashboard.pages import Entry


@signed_in
def settings(request: SignedInRequest) -> HttpResponse:
    form = NameForm(request.POST or None, initial={"name": request.user.name})
    if request.method == "POST" and form.is_valid():
        people.rename(request.user, form.cleaned_data["name"])
        messages.success(request, "Saved.")
        return redirect("settings")
    context = {"form": form, "has_second_factor": request.session.has_second_factor}
    return render(request, "dashboard/settings.html", context, status=400 if form.errors else 200)


_allauths = [
    *(
        "account_email",
        "account_change_password",
        "account_set_password",
        "mfa_index",
        "mfa_activate_totp",
        "mfa_deactivate_totp",
    ),
    *("mfa_add_webauthn", "mfa_list_webauthn", "mfa_edit_webauthn", "mfa_remove_webauthn"),
    *("mfa_view_recovery_codes", "mfa_generate_recovery_codes"),
]
entry = Entry("Settings", "settings", 70, also=tuple(_allauths))
urlpatterns = [path("dashboard/settings/", settings, name="settings")]
