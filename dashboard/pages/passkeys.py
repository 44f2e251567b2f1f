"""Signing in by passkey: allauth's page, whose questions one address may ask so often at most.

Each question for a passkey's options makes a session, before anybody has signed in.
"""

from allauth.account.adapter import get_adapter
from allauth.decorators import rate_limit
from allauth.mfa.webauthn.views import login_webauthn
from django.http import HttpRequest, HttpResponse
from django.urls import path

_ask = rate_limit(action="login_by_passkey", limit_get=True)(login_webauthn)


def login(request: HttpRequest) -> HttpResponse:
    asks = request.method in {"GET", "HEAD"} and get_adapter(request).is_ajax(request)
    answer: HttpResponse = (_ask if asks else login_webauthn)(request)
    return answer


urlpatterns = [path("accounts/2fa/webauthn/login/", login, name="mfa_login_webauthn")]
