"""What a browser's request passes: its session, told where the request came from, and its user, from the same query."""

from typing import cast

from asgiref.sync import sync_to_async
from django.contrib.auth import middleware as auth
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from accounts import visitors
from accounts.models import User
from accounts.sessions import SessionStore

# What django.utils.cache.add_never_cache_headers says, without its costs.
NEVER_CACHE = "max-age=0, no-cache, no-store, must-revalidate, private"


class SessionMiddleware(sessions.SessionMiddleware):
    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        _session(request).visitor = visitors.of(request)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        was_looked_at = request.session.accessed
        response = super().process_response(request, response)
        if was_looked_at:
            # A page that brings itself up to date is no visit. Whoever claims so can only shorten their own session.
            if "X-Passive" not in request.headers:
                _session(request).touch()
            # What was shown to somebody signed in is nobody else's to find: not by the back button either.
            if not response.has_header("Cache-Control"):
                response.headers["Cache-Control"] = NEVER_CACHE
        return response


class AuthenticationMiddleware(auth.AuthenticationMiddleware):
    """`request.user` from the session's own query, where Django's asks for the user in a second one."""

    def process_request(self, request: HttpRequest) -> None:
        def get_user() -> User | AnonymousUser:
            return _session(request).user or AnonymousUser()

        request.user = SimpleLazyObject(get_user)  # type: ignore[assignment]
        request.auser = sync_to_async(get_user)


def _session(request: HttpRequest) -> SessionStore:
    """The session as our engine makes it; Django's types know the base alone."""
    return cast(SessionStore, request.session)
