"""Members of an organisation that requires a second factor set one up before anything else."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

# What they need in order to: the second factor's own pages, confirming who they are, and the way out.
OPEN = ("/accounts/2fa/", "/accounts/reauthenticate/", "/accounts/logout/", "/live/", "/static/")


class SecondFactorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Who comes without the cookie is not signed in: no session is read for the API's sake.
        is_asked = settings.SESSION_COOKIE_NAME in request.COOKIES and not request.path.startswith(OPEN)
        if is_asked and request.user.is_authenticated and request.session.lacks_second_factor:  # type: ignore[attr-defined]
            messages.warning(request, "Your organisation requires a second factor. Set one up, then go on.")
            return redirect("mfa_index")
        return self.get_response(request)
