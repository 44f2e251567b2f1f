"""Members of an organisation that requires a second factor set one up before anything else; and no answer is empty."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.models import Organisation
from dashboard import errors

# What they need in order to: the second factor's own pages, confirming who they are, and the ways out.
OPEN = (
    *("/accounts/2fa/", "/accounts/reauthenticate/", "/accounts/logout/", "/dashboard/sign-out-everywhere/"),
    *("/live/", "/static/"),
)


class SecondFactorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Who comes without the cookie is not signed in: no session is read for the API's sake.
        is_asked = settings.SESSION_COOKIE_NAME in request.COOKIES and not request.path.startswith(OPEN)
        if is_asked and request.user.is_authenticated and request.session.lacks_second_factor:  # type: ignore[attr-defined]
            strict = Organisation.objects.filter(memberships__user=request.user.pk, requires_mfa=True)
            names = list(strict.order_by("name").values_list("name", flat=True))
            require = "requires" if len(names) == 1 else "require"
            messages.info(request, f"{' and '.join(names)} {require} a second factor. Set one up, then go on.")
            return redirect("mfa_index")
        return self.get_response(request)


class NotAllowedMiddleware:
    """An empty 405, as Django answers it, gets a page. Programs are answered by their own rules."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 405 or response.content or request.path.startswith(errors.MACHINES):
            return response
        return errors.not_allowed(request, response)
