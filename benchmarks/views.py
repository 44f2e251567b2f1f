"""The view that every authentication is measured with: our /api/v1/me, its answer always of the same claims."""

import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response

from integrations.api.v1.me import Me

ID = uuid.UUID(int=1)
CLAIMS = SimpleNamespace(subject=ID, client_id=ID, organisation=ID, scopes=("profile",), is_the_clients_own=True)


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
