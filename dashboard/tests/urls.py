"""The house's addresses, and some at which something goes wrong: for what a person is shown then."""

from typing import Any

from allauth.core.ratelimit import respond_429
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.http import require_POST

from dashboard import errors

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.server_error


def _raises(error: Exception) -> Any:
    def view(request: HttpRequest) -> HttpResponse:
        raise error

    return view


urlpatterns = [
    path("wrong/400/", _raises(SuspiciousOperation("no"))),
    path("wrong/403/", _raises(PermissionDenied())),
    path("wrong/405/", require_POST(_raises(ValueError("never called")))),
    path("wrong/csrf/", errors.csrf_failure),
    path("wrong/429/", respond_429),
    path("wrong/500/", _raises(ValueError("no"))),
    path("wrong/503/", _raises(OperationalError("no"))),
    path("", include("saas.urls")),
]
