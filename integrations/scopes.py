"""What a token may do: each view names the scopes that each method requires; a method that names none is closed."""

from typing import TYPE_CHECKING, Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.claims import Claims

if TYPE_CHECKING:  # DRF reads this file while it is still loading its views
    from rest_framework.views import APIView


def required(view: Any, method: str | None) -> tuple[str, ...] | None:
    """The scopes that this method of the view requires; None where it names none."""
    named: dict[str, tuple[str, ...]] = getattr(view, "required_scopes", None) or {}
    return named.get("GET" if method == "HEAD" else method or "")


class HasRequiredScopes(BasePermission):
    """The token carries every scope that the view's `required_scopes` name for the method."""

    message = "No token may do this."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not isinstance(request.auth, Claims):
            return False
        method = (request.method or "").lower()
        if method not in view.http_method_names or not hasattr(view, method):
            return True  # and then it is 405, for want of anything to call
        scopes = required(view, request.method)
        if scopes is None:
            return False
        missing = [scope for scope in scopes if scope not in request.auth.scopes]
        if missing:
            self.message = f"The token lacks the scope {' '.join(missing)}."
        return not missing
