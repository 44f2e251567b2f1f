"""Every page that a person can be shown: where it is, in whose browser, and what it may cost.

For what must hold on all of them. test_budget.py holds the list against the URLconf: an address on no list fails there.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """`path` is filled in by `places.Places`, `who` is one of `places.BROWSERS`.

    With `sends` it is what the form on the page `form` is answered with. A change has costs of its own: its statements
    are not counted here.
    """

    path: str
    who: str = "owner"
    status: int = 200
    form: str = ""
    sends: dict[str, str] | None = None


PAGES = {
    # Before one is in.
    "sign-in": Page("/accounts/login/", "nobody"),
    "sign-up": Page("/accounts/signup/", "nobody"),
    "inactive": Page("/accounts/inactive/", "nobody"),
    "confirm-by-mail": Page("/accounts/confirm-email/", "nobody"),
    "confirm-address": Page("/accounts/confirm-email/{key}/", "nobody"),
    "confirm-address-unknown": Page("/accounts/confirm-email/x/", "nobody"),
    "forgotten-password": Page("/accounts/password/reset/", "nobody"),
    "reset-mailed": Page("/accounts/password/reset/done/", "nobody"),
    "reset-link": Page("/accounts/password/reset/key/{uidb36}-set-password/", "resetting"),
    "reset-link-unknown": Page("/accounts/password/reset/key/x-y/", "nobody"),
    "reset-done": Page("/accounts/password/reset/key/done/", "nobody"),
    "second-step": Page("/accounts/2fa/authenticate/", "half-way"),
    "trust-this-browser": Page("/accounts/2fa/trust/", "nearly"),
    "invitation": Page("/invitations/{invitation}/", "nobody"),
    "invitation-of-another": Page("/invitations/{invitation}/"),
    "invitation-unknown": Page("/invitations/x/", "nobody", 404),
    "not-me": Page("/not-me/{notice}/", "nobody"),
    "not-me-unknown": Page("/not-me/x/", "nobody", 404),
    # The dashboard.
    "overview": Page("/dashboard/"),
    "sessions": Page("/dashboard/sessions/"),
    "sign-out-everywhere": Page("/dashboard/sign-out-everywhere/"),
    "end-others": Page("/dashboard/sessions/end-others/"),
    "connected-apps": Page("/dashboard/apps/"),
    "integrations": Page("/dashboard/integrations/"),
    "integration": Page("/dashboard/integrations/{integration_id}/"),
    "disable-integration": Page("/dashboard/integrations/{integration_id}/disable/"),
    "members": Page("/dashboard/organisations/{organisation_id}/members/"),
    "members-of-nothing": Page("/dashboard/members/", "stranger"),
    "member": Page("/dashboard/organisations/{organisation_id}/members/{user_id}/"),
    "organisation-security": Page("/dashboard/organisations/{organisation_id}/security/"),
    "security-log": Page("/dashboard/security-log/"),
    "receipt": Page("/dashboard/security-log/{event}/"),
    "settings": Page("/dashboard/settings/"),
    "e-mail": Page("/accounts/email/"),
    "password": Page("/accounts/password/change/"),
    "first-password": Page("/accounts/password/set/", "without-a-password"),
    "sign-out": Page("/accounts/logout/"),
    "who-are-you": Page("/accounts/reauthenticate/"),
    "who-are-you-by-code": Page("/accounts/2fa/reauthenticate/", "protected"),
    "who-are-you-by-passkey": Page("/accounts/2fa/webauthn/reauthenticate/", "protected"),
    "second-factor": Page("/accounts/2fa/"),
    "second-factors": Page("/accounts/2fa/", "protected"),
    "authenticator-app": Page("/accounts/2fa/totp/activate/"),
    "authenticator-app-off": Page("/accounts/2fa/totp/deactivate/", "protected"),
    "recovery-codes": Page("/accounts/2fa/recovery-codes/", "protected"),
    "new-recovery-codes": Page("/accounts/2fa/recovery-codes/generate/", "protected"),
    "passkeys": Page("/accounts/2fa/webauthn/", "protected"),
    "new-passkey": Page("/accounts/2fa/webauthn/add/"),
    "passkey-name": Page("/accounts/2fa/webauthn/keys/{pk}/edit/", "protected"),
    "passkey-off": Page("/accounts/2fa/webauthn/keys/{pk}/remove/", "protected"),
    # Third parties.
    "consent": Page("{consent}"),
    "consent-refused": Page("/oauth/authorize", status=400),
    "device": Page("/oauth/device"),
    "api-docs": Page("/api/docs", "nobody"),
    # What cannot be done (dashboard/tests/urls.py).
    "no-such-page": Page("/wrong/404/", "nobody", 404),
    "unreadable": Page("/wrong/400/", status=400),
    "not-yours": Page("/wrong/403/", status=403),
    "grown-old": Page("/wrong/csrf/", status=403),
    "too-many": Page("/wrong/429/", status=429),
    "our-fault": Page("/wrong/500/", status=500),
    "no-database": Page("/wrong/503/", status=503),
    # What a button shows.
    "new-integration": Page(
        "/dashboard/integrations/",
        form="/dashboard/integrations/",
        sends={
            "name": "Report",
            "organisation": "{organisation_id}",
            "grant_types": "client_credentials",
            "scopes": "profile",
        },
    ),
    "refused-integration": Page(
        "/dashboard/integrations/", form="/dashboard/integrations/", sends={"name": "Report"}, status=400
    ),
    "refused-keys": Page(
        "/dashboard/integrations/{integration_id}/keys/",
        form="/dashboard/integrations/{integration_id}/",
        sends={"jwks": "no key"},
        status=400,
    ),
    "device-consent": Page("/oauth/device", form="/oauth/device", sends={"user_code": "{user_code}"}),
    "device-done": Page("/oauth/device", form="/oauth/device", sends={"user_code": "{user_code}", "decision": "allow"}),
    "member-removed": Page(
        "/dashboard/organisations/{organisation_id}/members/{user_id}/remove/",
        form="/dashboard/organisations/{organisation_id}/members/{user_id}/",
        sends={},
    ),
    "not-me-done": Page("/not-me/{notice}/", "nobody", form="/not-me/{notice}/", sends={}),
}

# Addresses that show no page, and where they lead a person instead.
ELSEWHERE = {
    "home": "to the overview, or the way in",
    "account_confirm_login_code": "to the way in: codes by mail instead of a password are off",
    "mfa_login_webauthn": "to the way in: for its script, the options of a passkey as JSON",
    "mfa_download_recovery_codes": "to a text file; 404 for whoever has no codes",
}
