"""Every page that a person can be shown: who sees it, and where. For what must hold on all of them."""

OUT = {
    "sign-in": "/accounts/login/",
    "sign-up": "/accounts/signup/",
    "forgotten-password": "/accounts/password/reset/",
    "no-such-page": "/nothing/here",
}
IN = {
    "overview": "/dashboard/",
    "sessions": "/dashboard/sessions/",
    "sign-out-everywhere": "/dashboard/sign-out-everywhere/",
    "end-others": "/dashboard/sessions/end-others/",
    "connected-apps": "/dashboard/apps/",
    "integrations": "/dashboard/integrations/",
    "integration": "/dashboard/integrations/{integration}/",
    "members": "/dashboard/organisations/{organisation}/members/",
    "member": "/dashboard/organisations/{organisation}/members/{member}/",
    "disable-integration": "/dashboard/integrations/{integration}/disable/",
    "organisation-security": "/dashboard/organisations/{organisation}/security/",
    "security-log": "/dashboard/security-log/",
    "settings": "/dashboard/settings/",
    "second-factor": "/accounts/2fa/",
    "authenticator-app": "/accounts/2fa/totp/activate/",
    "new-passkey": "/accounts/2fa/webauthn/add/",
    "password": "/accounts/password/change/",
    "e-mail": "/accounts/email/",
    "consent": "{consent}",
}
