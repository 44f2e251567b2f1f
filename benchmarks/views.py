"""The view that every authentication is measured with: our /api/v1/me, its answer always of the same claims."""

import uuid
from collections.abc import Callable
from typing import Any

from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response

from accounts.claims import Claims
from integrations.api.v1.me import Me

ID = uuid.UUID(int=1)
CLAIMS = Claims("", ID, ID, ID, ID, ("profile",), epoch=0, kid="", iat=0, exp=0, subject_hex="", grant_hex="")


class Open(Me):
    """No authentication and no permission: the floor."""

    authentication_classes = ()
    permission_classes = ()

    def get(self, request: Any) -> Response:
        request.auth = CLAIMS
        return super().get(request)


def behind(authentication: type[Any]) -> Callable[..., Any]:
    """The same view, for whoever the authentication lets in."""
    allowed = {"authentication_classes": (authentication,), "permission_classes": (IsAuthenticated,)}
    view: Any = type("Behind", (Open,), allowed)
    return view.as_view()  # type: ignore[no-any-return]
