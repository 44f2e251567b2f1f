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
    heading: str
    who: str = "owner"
    status: int = 200
    form: str = ""
    sends: dict[str, str] | None = None
    statements: int = 4


PAGES = {
    # Before one is in.
    "sign-in": Page("/accounts/login/", "Sign in", "nobody"),
    "sign-up": Page("/accounts/signup/", "Create an account", "nobody"),
    "inactive": Page("/accounts/inactive/", "This account is deactivated", "nobody"),
    "confirm-by-mail": Page("/accounts/confirm-email/", "Check your inbox", "nobody"),
    "confirm-address": Page("/accounts/confirm-email/{key}/", "Is this your address?", "nobody"),
    "confirm-address-unknown": Page("/accounts/confirm-email/x/", "This link does nothing any more", "nobody"),
    "forgotten-password": Page("/accounts/password/reset/", "Forgotten your password?", "nobody"),
    "reset-mailed": Page("/accounts/password/reset/done/", "Check your inbox", "nobody"),
    "reset-link": Page("/accounts/password/reset/key/{uidb36}-set-password/", "Choose a new password", "resetting"),
    "reset-link-unknown": Page("/accounts/password/reset/key/x-y/", "This link does nothing any more", "nobody"),
    "reset-done": Page("/accounts/password/reset/key/done/", "Your password is changed", "nobody"),
    "second-step": Page("/accounts/2fa/authenticate/", "Second step", "half-way"),
    "trust-this-browser": Page("/accounts/2fa/trust/", "Trust this browser?", "nearly"),
    "invitation": Page("/invitations/{invitation}/", "Join Acme?", "nobody"),
    "invitation-of-another": Page("/invitations/{invitation}/", "Join Acme?"),
    "invitation-unknown": Page("/invitations/x/", "This invitation opens nothing", "nobody", 404),
    "not-me": Page("/not-me/{notice}/", "Was that not you?", "nobody"),
    "not-me-unknown": Page("/not-me/x/", "This link does nothing any more", "nobody", 404),
    # The dashboard.
    # One more than others: of its events some are the newest, and others are looked for however old they are.
    "overview": Page("/dashboard/", "Hello Alice", statements=5),
    "sessions": Page("/dashboard/sessions/", "Sessions"),
    "sign-out-everywhere": Page("/dashboard/sign-out-everywhere/", "Sign out everywhere"),
    "end-others": Page("/dashboard/sessions/end-others/", "End all other sessions"),
    "connected-apps": Page("/dashboard/apps/", "Connected apps"),
    "disconnect-app": Page("/dashboard/apps/{integration_id}/disconnect/", "Disconnect Sync?"),
    "integrations": Page("/dashboard/integrations/", "Integrations"),
    "integration": Page("/dashboard/integrations/{integration_id}/", "Sync"),
    "change-integration": Page("/dashboard/integrations/{integration_id}/change/", "Change it"),
    "disable-integration": Page("/dashboard/integrations/{integration_id}/disable/", "Disable it?"),
    "end-secret": Page(
        "/dashboard/integrations/{integration_id}/secrets/{secret_id}/end/", "End the client secret …{hint}?"
    ),
    "members": Page("/dashboard/organisations/{organisation_id}/members/", "Members of Acme"),
    "members-of-nothing": Page("/dashboard/members/", "Members", "stranger"),
    "member": Page("/dashboard/organisations/{organisation_id}/members/{user_id}/", "Bob"),
    "organisation-security": Page("/dashboard/organisations/{organisation_id}/security/", "Second factor"),
    "security-log": Page("/dashboard/security-log/", "Security log"),
    "receipt": Page("/dashboard/security-log/{event}/", "Access revoked"),
    "settings": Page("/dashboard/settings/", "Settings"),
    "e-mail": Page("/accounts/email/", "Change e-mail"),
    "password": Page("/accounts/password/change/", "Change password"),
    "first-password": Page("/accounts/password/set/", "Set a password", "without-a-password"),
    "sign-out": Page("/accounts/logout/", "Sign out?"),
    "who-are-you": Page("/accounts/reauthenticate/", "Is it still you?"),
    "who-are-you-by-code": Page("/accounts/2fa/reauthenticate/", "Is it still you?", "protected"),
    "who-are-you-by-passkey": Page("/accounts/2fa/webauthn/reauthenticate/", "Is it still you?", "protected"),
    "second-factor": Page("/accounts/2fa/", "Second factor"),
    "second-factors": Page("/accounts/2fa/", "Second factor", "protected"),
    "authenticator-app": Page("/accounts/2fa/totp/activate/", "Set up an authenticator app"),
    "authenticator-app-off": Page("/accounts/2fa/totp/deactivate/", "Turn off the authenticator app?", "protected"),
    "recovery-codes": Page("/accounts/2fa/recovery-codes/", "Recovery codes", "protected"),
    "new-recovery-codes": Page("/accounts/2fa/recovery-codes/generate/", "New recovery codes", "protected"),
    "passkeys": Page("/accounts/2fa/webauthn/", "Passkeys", "protected"),
    "new-passkey": Page("/accounts/2fa/webauthn/add/", "Add a passkey"),
    "passkey-name": Page("/accounts/2fa/webauthn/keys/{pk}/edit/", "Rename a passkey", "protected"),
    "passkey-off": Page("/accounts/2fa/webauthn/keys/{pk}/remove/", "Remove Laptop?", "protected"),
    # Third parties.
    "consent": Page("{consent}", "Connect Sync?"),
    "consent-refused": Page("/oauth/authorize", "This app cannot be connected", status=400),
    "device": Page("/oauth/device", "Connect a device"),
    "api-docs": Page("/api/docs", "API reference", "nobody"),
    # What cannot be done (dashboard/tests/urls.py).
    "no-such-page": Page("/wrong/404/", "There is nothing here.", "nobody", 404),
    "unreadable": Page("/wrong/400/", "That request could not be read.", status=400),
    "not-yours": Page("/wrong/403/", "This is not yours to see.", status=403),
    "not-so": Page("/wrong/405/", "That does not work here.", status=405),
    "grown-old": Page("/wrong/csrf/", "This form has grown old.", status=403),
    "too-many": Page("/wrong/429/", "Too many tries", status=429),
    "our-fault": Page("/wrong/500/", "Something went wrong on our side.", status=500),
    "no-database": Page("/wrong/503/", "We cannot reach our records just now.", status=503),
    # What a button shows.
    "new-integration": Page(
        "/dashboard/integrations/",
        "Report",
        form="/dashboard/integrations/",
        sends={
            "name": "Report",
            "organisation": "{organisation_id}",
            "grant_types": "client_credentials",
            "scopes": "profile",
        },
    ),
    "refused-integration": Page(
        "/dashboard/integrations/",
        "Integrations",
        form="/dashboard/integrations/",
        sends={"name": "Report"},
        status=400,
    ),
    "refused-keys": Page(
        "/dashboard/integrations/{integration_id}/keys/",
        "Sync",
        form="/dashboard/integrations/{integration_id}/",
        sends={"jwks": "no key"},
        status=400,
    ),
    "device-consent": Page(
        "/oauth/device", "Connect Sync on a device?", form="/oauth/device", sends={"user_code": "{user_code}"}
    ),
    "device-done": Page(
        "/oauth/device",
        "Sync is connected",
        form="/oauth/device",
        sends={"user_code": "{user_code}", "decision": "allow"},
    ),
    "member-removed": Page(
        "/dashboard/organisations/{organisation_id}/members/{user_id}/remove/",
        "Bob was removed",
        form="/dashboard/organisations/{organisation_id}/members/{user_id}/",
        sends={},
    ),
    "not-me-done": Page("/not-me/{notice}/", "Your account is secured", "nobody", form="/not-me/{notice}/", sends={}),
}

# Addresses that show no page, and where they lead a person instead.
ELSEWHERE = {
    "home": "to the overview, or the way in",
    "account_confirm_login_code": "to the way in: codes by mail instead of a password are off",
    "mfa_login_webauthn": "to the way in: for its script, the options of a passkey as JSON",
    "mfa_download_recovery_codes": "to a text file; 404 for whoever has no codes",
    "end_session": "to the sessions",
    "create_secret": "to the integration",
    "add_keys": "to the integration",
    "remove_member": "to the member",
    "withdraw_invitation": "to the members",
}
