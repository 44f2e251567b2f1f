"""Signing in by passkey: allauth's page, from one address so often at most.

Each question for a passkey's options makes a session, before anybody has signed in.
"""

from allauth.decorators import rate_limit
from allauth.mfa.webauthn.views import login_webauthn
from django.urls import path

login = rate_limit(action="login_by_passkey", limit_get=True)(login_webauthn)
urlpatterns = [path("accounts/2fa/webauthn/login/", login, name="mfa_login_webauthn")]
