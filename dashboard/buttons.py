"""An address that a button is sent to, and that shows no page of its own: opened by GET it leads to the button's page.

By GET people come there from the address bar, from a bookmark, and by going back to what went wrong.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect


def button_of(page: str, *names: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """`page` is the name of the page's address, `names` are the parts of this address that it is filled in with."""

    def on(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def pressed(request: HttpRequest, **ids: Any) -> HttpResponse:
            if request.method == "POST":
                return view(request, **ids)
            if request.method in {"GET", "HEAD"}:
                to: HttpResponse = redirect(page, **{name: ids[name] for name in names})
                return to
            return HttpResponseNotAllowed(["GET", "HEAD", "POST"])

        return pressed

    return on
