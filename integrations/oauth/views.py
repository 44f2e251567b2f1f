"""The two endpoints of the flow: a person agrees at one, a program gets its tokens at the other."""

from typing import Any
from urllib.parse import urlsplit

from allauth.core.exceptions import ReauthenticationRequired
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import InvalidRequestError
from authlib.oauth2.rfc9101.errors import RequestNotSupportedError, RequestUriNotSupportedError
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import grants
from accounts.http import SignedInRequest, signed_in
from accounts.models import scopes
from integrations.oauth import parameters, resource
from integrations.oauth.endpoint import endpoint
from integrations.oauth.server import server


@require_http_methods(["GET", "POST"])
@never_cache
@signed_in
def authorize(request: SignedInRequest) -> HttpResponse:
    """Asks the person, by GET; sends the third party a code, or a no, by POST. The query is the same for both."""
    try:
        parameters.check(request.GET)
        grant = server.get_consent_grant(request, end_user=request.user)
        resource.check(request.GET, redirect_uri=grant.redirect_uri)
        _check_offered(request, grant.redirect_uri)
        _check_it_is_them(request, grant)
        if request.method == "GET":
            return _consent_page(request, grant)
        return server.authorize(request, grant, agreed=request.POST.get("decision") == "allow")
    except OAuth2Error as error:
        return _refusal(request, error)
    except grants.NotAMember:
        message = "This app belongs to an organisation that you are not a member of."
        return render(request, "oauth/refused.html", {"message": message}, status=403)


def _check_it_is_them(request: SignedInRequest, grant: Any) -> None:
    """Whoever lets an app change things shows again who they are, unless they have within the last minutes."""
    if scopes.changes_things(grant.request.scope.split()) and not request.session.proved_lately:
        raise ReauthenticationRequired


def _consent_page(request: SignedInRequest, grant: Any) -> HttpResponse:
    integration = grant.request.client.integration
    grants.check_may_connect(request.user, integration)
    redirect_uri = grant.request.payload.redirect_uri
    target = urlsplit(redirect_uri)
    context = {
        "integration": integration,
        "scopes": scopes.in_words(grant.request.scope.split()),
        "target": target.netloc or target.scheme,
        "days": settings.GRANT_AGE // 86_400,
    }
    response = render(request, "oauth/consent.html", context)
    # The form's answer redirects to the third party, and browsers hold form-action against every redirect that follows.
    # Where an app's callback leads on to is its own affair: by origin, whoever agrees would be left on this page with
    # nothing to see. Nothing is lost: the one form here goes to a fixed address of ours, and no HTML of anybody's is
    # on the page. http: covers https: too.
    schemes = sorted({"http:", f"{target.scheme}:"})
    response._csp_update = {"form-action": schemes}  # type: ignore[attr-defined]  # django-csp's own hook
    return response


def _check_offered(request: HttpRequest, redirect_uri: str) -> None:
    """What would change the meaning of the request must not be ignored: answers elsewhere, or a request in a JWT."""
    if request.GET.get("response_mode", "query") != "query":
        raise InvalidRequestError("response_mode is not query.", redirect_uri=redirect_uri)
    for name, error in (("request", RequestNotSupportedError), ("request_uri", RequestUriNotSupportedError)):
        if name in request.GET:
            raise error(redirect_uri=redirect_uri)


def _refusal(request: HttpRequest, error: OAuth2Error) -> HttpResponse:
    """Back to the third party where its address is proven, else a page: never a redirect to an unproven address."""
    context = {"message": error.description or "It asked for something that is not offered here.", "code": error.error}
    if not error.redirect_uri:
        return render(request, "oauth/refused.html", context, status=400)
    error.state = request.GET.get("state")
    redirect = server.error(error)
    if request.headers.get("Sec-Fetch-Site") != "same-origin":
        return redirect
    # Sent here by a form of ours, such as the sign-in, whose page's form-action holds for redirects too: one to the
    # third party would be blocked, and the form look dead. A page that leads on by itself is no redirect.
    page = render(request, "oauth/refused.html", context)
    page["Refresh"] = f"0; url={redirect['Location']}"  # a proven address, and what was added to it is encoded
    return page


@endpoint
def token(request: HttpRequest) -> HttpResponse:
    parameters.required(request, "grant_type")
    resource.check(request.POST)
    return server.token(request)
