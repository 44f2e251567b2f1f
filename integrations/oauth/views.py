"""The OAuth endpoints: consent, tokens, and what the server says of itself."""

from typing import Any
from urllib.parse import urlsplit

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import InvalidRequestError
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import grants, keys
from accounts.http import SignedInRequest, signed_in
from accounts.models import SCOPES
from integrations.oauth import parameters
from integrations.oauth.server import server


@require_http_methods(["GET", "POST"])
@never_cache
@signed_in
def authorize(request: SignedInRequest) -> HttpResponse:
    """Asks the person, by GET; sends the third party a code, or a no, by POST. The query is the same for both."""
    try:
        parameters.check(request.GET)
        grant = server.get_consent_grant(request, end_user=request.user)
        if request.method == "GET":
            return _consent_page(request, grant)
        return server.authorize(request, grant, agreed=request.POST.get("decision") == "allow")
    except OAuth2Error as error:
        return _refusal(request, error)
    except grants.NotAMember:
        message = "This app belongs to an organisation that you are not a member of."
        return render(request, "oauth/refused.html", {"message": message}, status=403)


def _consent_page(request: SignedInRequest, grant: Any) -> HttpResponse:
    integration = grant.request.client.integration
    if not request.user.memberships.filter(organisation=integration.organisation).exists():
        raise grants.NotAMember
    redirect_uri = grant.request.payload.redirect_uri
    target = urlsplit(redirect_uri)
    context = {
        "integration": integration,
        "scopes": [SCOPES.get(name, name) for name in grant.request.scope.split()],
        "target": target.netloc or target.scheme,
        "days": settings.GRANT_AGE // 86_400,
    }
    response = render(request, "oauth/consent.html", context)
    # The form's answer redirects to the third party, and browsers hold form-action against redirects too.
    source = f"{target.scheme}://{target.netloc}" if target.netloc else f"{target.scheme}:"
    response._csp_update = {"form-action": source}  # type: ignore[attr-defined]  # django-csp's own hook
    return response


def _refusal(request: HttpRequest, error: OAuth2Error) -> HttpResponse:
    """Back to the third party where its address is proven, else a page: never a redirect to an unproven address."""
    if error.redirect_uri:
        error.state = request.GET.get("state")
        return server.error(request, error)
    context = {"message": error.description or error.error}
    return render(request, "oauth/refused.html", context, status=400)


@csrf_exempt  # clients authenticate by their secret or verifier; there is no cookie to forge with
@require_POST
def token(request: HttpRequest) -> HttpResponse:
    try:
        if request.GET:
            raise InvalidRequestError("Parameters belong in the body, not in the URL.")
        parameters.check(request.POST)
        if not request.POST.get("grant_type"):
            raise InvalidRequestError("grant_type is missing.")
    except OAuth2Error as error:
        return server.error(request, error)
    return server.token(request)


@require_safe
def metadata(request: HttpRequest) -> JsonResponse:
    """RFC 8414. Says what is true here and nothing else; built from ISSUER, never from the Host header."""
    issuer = settings.ISSUER
    return _public(
        {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/oauth/authorize",
            "token_endpoint": f"{issuer}/oauth/token",
            "jwks_uri": f"{issuer}/.well-known/jwks.json",
            "scopes_supported": list(SCOPES),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }
    )


@require_safe
def jwks(request: HttpRequest) -> JsonResponse:
    """RFC 7517: the public keys that our tokens are verified with."""
    keys.signing_key()  # a fresh installation has a key to show as soon as somebody asks
    return _public(keys.jwks())


def _public(document: dict[str, object]) -> JsonResponse:
    headers = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}
    return JsonResponse(document, headers=headers)
