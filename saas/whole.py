"""A request is read whole before anybody asks whose it is.

Whoever sends the last byte of it late would otherwise be let in as they were at the first: past the end of their
session or token, for as long as they like.
"""

from collections.abc import Callable

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError


class WholeRequest:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            request.body  # noqa: B018  # kept there; no more of it than DATA_UPLOAD_MAX_MEMORY_SIZE
        except UnreadablePostError:
            return HttpResponse(status=400)  # nobody is there any more
        except RequestDataTooBig:
            # Files alone may be longer, and we take none. Of the rest, whoever wants it says so in words of their own.
            if request.content_type == "multipart/form-data":
                raise
        return self.get_response(request)
