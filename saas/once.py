"""What a browser sends is read once: a field that comes twice, or in bytes that are no text, is refused by its name.

Django would take the last of two, and put U+FFFD for what is not UTF-8: nobody would see which value counted. The OAuth
endpoints and the API say the same in the words of their RFCs, and the lists of the admin repeat fields of their own.
"""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, QueryDict

from dashboard import errors

ELSEWHERE = (*errors.MACHINES, "/admin/", "/static/")
SEVERAL = {"grant_types", "scopes"}  # boxes of which several may be ticked


class EachFieldOnce:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if request.path.startswith(ELSEWHERE):
            return None
        wrong = _what_is_wrong(request.GET) or _what_is_wrong(request.POST)
        return errors.bad_request(request, BadRequest(wrong)) if wrong else None


def _what_is_wrong(fields: QueryDict) -> str:
    for name, values in fields.lists():
        shown = name[:40] if name.isprintable() and "\ufffd" not in name else "A field"
        if len(values) > 1 and name not in SEVERAL:
            return f"{shown} is repeated."
        if "\ufffd" in "".join([name, *values]):
            return f"{shown} is not UTF-8."
    return ""
