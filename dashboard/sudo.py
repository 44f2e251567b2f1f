"""Before what is sensitive, somebody shows again who they are, unless they have within the last minutes."""

from collections.abc import Callable
from typing import Any

from allauth.account.decorators import reauthentication_required
from django.http import HttpRequest, HttpResponse


def sudo(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Asks first, and goes on with the very request afterwards. Looking (GET, HEAD) is free."""
    checked = reauthentication_required(view)

    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = view if request.method in {"GET", "HEAD"} else checked
        response: HttpResponse = answer(request, *args, **kwargs)
        return response

    return guarded
