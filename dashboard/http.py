"""A request that is surely signed in, and the decorator that makes sure."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.models import User
from accounts.sessions import SessionStore

P = ParamSpec("P")


class SignedInRequest(HttpRequest):
    """For type hints: `user` is one of ours, never anonymous, and `session` knows its row."""

    user: User
    session: SessionStore  # type: ignore[assignment]


def signed_in(
    view: Callable[Concatenate[SignedInRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Sends whoever is not signed in to do so, and back."""
    return login_required(view)  # type: ignore[arg-type,return-value]
