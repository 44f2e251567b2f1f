"""A request that is surely signed in, as both faces and the admin take it, and the decorator that makes sure."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse

from accounts.models import User
from accounts.sessions import SessionStore

P = ParamSpec("P")


class SignedInRequest(HttpRequest):
    """For type hints: `user` is one of ours, never anonymous, and `session` knows its row."""

    user: User
    session: SessionStore


def signed_in(
    view: Callable[Concatenate[SignedInRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Sends whoever is not signed in to do so, and back."""
    return login_required(view)  # type: ignore[return-value]
