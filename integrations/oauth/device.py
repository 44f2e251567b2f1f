"""Devices without a browser: they ask at one address for a code to show, and a person types it in at the other."""

from allauth.core.exceptions import ReauthenticationRequired
from authlib.oauth2.rfc6749.errors import InvalidScopeError, UnauthorizedClientError
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import rates as counted
from accounts import visitors
from accounts.grants import NotAMember, devices
from accounts.http import SignedInRequest, signed_in
from accounts.models import scopes
from integrations import rates
from integrations.oauth import limits, parameters, resource
from integrations.oauth.client import OAuthClient
from integrations.oauth.device_grant import DeviceCodeGrant
from integrations.oauth.endpoint import endpoint
from integrations.oauth.server import server

UNKNOWN = "No device is waiting under this code. It may be mistyped, used, or older than ten minutes."


@endpoint
def authorization(request: HttpRequest) -> HttpResponse:
    """RFC 8628, 3.1."""
    client = OAuthClient(server.client_of(request))
    if not client.check_grant_type(DeviceCodeGrant.GRANT_TYPE):
        raise UnauthorizedClientError("This client does not use device codes.")
    resource.check(request.POST)
    limits.beginning(request)
    scope = client.get_allowed_scope(request.POST.get("scope"))
    if scope is None:
        raise InvalidScopeError
    begun = devices.begin(client.integration, scope.split())
    page = f"{settings.ISSUER}/oauth/device"
    body = {
        "device_code": begun.device_code,
        "user_code": begun.user_code,
        "verification_uri": page,
        "verification_uri_complete": f"{page}?user_code={begun.user_code}",
        "expires_in": settings.DEVICE_CODE_AGE,
        "interval": begun.interval,
    }
    return server.handle_response(200, body, [("Content-Type", "application/json")])


@require_http_methods(["GET", "POST"])
@never_cache
@signed_in
def page(request: SignedInRequest) -> HttpResponse:
    """Asks for the code, shows what waits under it, takes the yes or no. One in the URL is filled in, not believed."""
    if request.method == "GET":
        return _form(request, user_code=request.GET.get("user_code", "")[:20])
    try:
        rates.hit(request, "user-code", request.user.pk)
        return _decide(request, request.POST.get("user_code", ""), request.POST.get("decision"))
    except counted.TooMany:
        response = _form(request, error="Too many codes. Wait a minute, and try once more.", status=429)
        rates.describe(request, response)
        return response
    except devices.UnknownUserCode:
        return _form(request, error=UNKNOWN, status=400)
    except NotAMember:
        message = "This app belongs to an organisation that you are not a member of."
        return render(request, "oauth/refused.html", {"message": message}, status=403)


def _decide(request: SignedInRequest, user_code: str, decision: str | None) -> HttpResponse:
    if not parameters.PLAIN.fullmatch(user_code) or len(user_code) > 20:
        raise devices.UnknownUserCode
    asked = devices.waiting(user_code, user=request.user)
    if scopes.changes_things(asked.scopes) and not request.session.proved_lately:
        raise ReauthenticationRequired  # as at the other page of consent
    if decision is None:
        context = {"integration": asked.integration, "user_code": user_code.upper()}
        context["scopes"] = scopes.in_words(asked.scopes)
        return render(request, "oauth/device_consent.html", {**context, "days": settings.GRANT_AGE // 86_400})
    agreed = decision == "allow"
    asked = devices.decide(user_code, user=request.user, agreed=agreed, visitor=visitors.of(request))
    return render(request, "oauth/device_done.html", {"integration": asked.integration, "agreed": agreed})


def _form(request: HttpRequest, *, user_code: str = "", error: str = "", status: int = 200) -> HttpResponse:
    return render(request, "oauth/device.html", {"user_code": user_code, "error": error}, status=status)
