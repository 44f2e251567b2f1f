"""Pages of allauth's whose second of two clicks would be told off, or asked to undo what the first did.

A confirmed address besides takes its turn with revocations: what one has just taken away does not come back.
"""

from contextlib import nullcontext
from typing import Any

from allauth.account.views import confirm_email
from allauth.mfa.recovery_codes.views import generate_recovery_codes
from allauth.mfa.totp.views import activate_totp
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import include, path, re_path

from accounts import revocation
from dashboard.sudo import sudo
from dashboard.twice import acts_once


def confirm_in_turn(request: HttpRequest, **named: Any) -> HttpResponse:
    with transaction.atomic() if request.method == "POST" else nullcontext():
        if request.method == "POST":
            revocation.take_turn()
        response: HttpResponse = confirm_email(request, **named)
    return response


_accounts = [
    re_path(r"^confirm-email/(?P<key>[-:\w]+)/$", acts_once(confirm_in_turn), name="account_confirm_email"),
    path("2fa/totp/activate/", sudo(acts_once(activate_totp)), name="mfa_activate_totp"),
    path("2fa/recovery-codes/generate/", sudo(acts_once(generate_recovery_codes)), name="mfa_generate_recovery_codes"),
]
urlpatterns = [path("accounts/", include(_accounts))]
