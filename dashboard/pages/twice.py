"""Pages of allauth's whose second of two clicks would be told off, or asked to undo what the first did."""

from allauth.account.views import confirm_email
from allauth.mfa.recovery_codes.views import generate_recovery_codes
from allauth.mfa.totp.views import activate_totp
from django.urls import include, path, re_path

from dashboard.sudo import sudo
from dashboard.twice import acts_once

_accounts = [
    re_path(r"^confirm-email/(?P<key>[-:\w]+)/$", acts_once(confirm_email), name="account_confirm_email"),
    path("2fa/totp/activate/", sudo(acts_once(activate_totp)), name="mfa_activate_totp"),
    path("2fa/recovery-codes/generate/", sudo(acts_once(generate_recovery_codes)), name="mfa_generate_recovery_codes"),
]
urlpatterns = [path("accounts/", include(_accounts))]
