"""What a token may do: each view names the scopes that it requires, and one that names none is closed."""

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.tokens import Claims

if TYPE_CHECKING:  # DRF reads this file while it is still loading its views
    from rest_framework.views import APIView


class HasRequiredScopes(BasePermission):
    """The token carries every scope in the view's `required_scopes`."""

    message = "insufficient_scope"

    def has_permission(self, request: Request, view: "APIView") -> bool:
        required: tuple[str, ...] | None = getattr(view, "required_scopes", None)
        if required is None or not isinstance(request.auth, Claims):
            return False
        return set(required) <= set(request.auth.scopes)
