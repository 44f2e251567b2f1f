"""Answers for whoever operates us: are we alive, can we serve, and how it goes (saas.metrics).

Given before anything else is asked of the request: a supervisor speaks plain HTTP, to an address and not to a name.
"""

from collections.abc import Callable

from django.core.cache import cache
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.http import require_safe

from accounts import revocation
from accounts.models import Grant, Revocation, Session, User
from accounts.revocation import feed
from saas.metrics import metrics


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Alive: the process answers. Asks nobody else, so that a slow database restarts no worker."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Ready: the database answers. A lost cache or lease only costs time: they are named, and fail nothing."""
    checks = {"database": _database(), "triggers": _triggers(), "cache": _cache(), "lease": revocation.lease()}
    is_ready = checks["database"] == "ok"
    return JsonResponse({"status": "ok" if is_ready else "unavailable", **checks}, status=200 if is_ready else 503)


class Probes:
    """Middleware, and the first: whatever comes after may refuse the host or send the visitor to https."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        probe = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics}.get(request.path_info)
        return probe(request) if probe else self.get_response(request)


def _database() -> str:
    try:
        # Whole rows: a database that has not been migrated as far as this version is not to be asked anything yet.
        for model in (User, Session, Grant, Revocation):
            model._default_manager.order_by("pk").first()
    except Error:
        return "unavailable"
    return "ok"


def _triggers() -> str:
    """Those that feed the revocation list. Without them SQL below the ORM ends no token."""
    try:
        return "ok" if feed.is_laid(connection) else "missing"
    except Error:
        return "unavailable"


def _cache() -> str:
    cache.get("readyz")
    return "unavailable" if getattr(cache, "is_away", False) else "ok"
