"""Before what is sensitive, somebody shows again who they are, unless they have within the last minutes."""

import time
from collections.abc import Callable
from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.http import HttpRequest, HttpResponse


def signed_in_lately(request: HttpRequest) -> bool:
    """Whether a sign-in, or a confirmation, of this session is younger than ACCOUNT_REAUTHENTICATION_TIMEOUT."""
    records = get_authentication_records(request, request.user)
    return bool(records) and time.time() - records[-1]["at"] < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def sudo(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Asks first, and goes on with the very request afterwards. Looking (GET, HEAD) is free."""
    checked = reauthentication_required(view)

    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = view if request.method in {"GET", "HEAD"} else checked
        response: HttpResponse = answer(request, *args, **kwargs)
        return response

    return guarded
