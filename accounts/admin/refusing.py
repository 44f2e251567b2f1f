"""Django's admin takes addresses and hidden fields as it made them itself; whoever makes up others gets 400, not 500.

Its forms say what is wrong with a field. What stands beside them (an id in the address, a filter, a chosen row) goes to
the database as it is: a NUL that PostgreSQL refuses, a word where a UUID belongs, a year beyond all calendars.
"""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import BadRequest, ValidationError
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.urls import get_resolver
from django.utils.datastructures import MultiValueDictKeyError

log = logging.getLogger(__name__)

View = Callable[..., HttpResponse]


def plainly(admin_view: Callable[..., View]) -> Callable[..., View]:
    """Wraps a site's `admin_view`, and with it every page of the admin."""

    @wraps(admin_view)
    def wrapped(view: View, cacheable: bool = False) -> View:
        return admin_view(_refusing(view), cacheable)

    return wrapped


def _refusing(view: View) -> View:
    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (ValidationError, MultiValueDictKeyError, DataError, OverflowError) as error:
            log.warning("Refused %s: %s", request.path, error)
            # Returned, not raised: DEBUG would show a traceback for a request that was merely wrong.
            page: View = get_resolver().resolve_error_handler(400)
            return page(request, exception=BadRequest(_in_words(request, error)))

    return inner


def _in_words(request: HttpRequest, error: Exception) -> str:
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    if isinstance(error, MultiValueDictKeyError):
        return f"{str(error).strip(chr(39))} is missing."
    named = [name for name, values in [*request.GET.lists(), *request.POST.lists()] if "\0" in "".join(values)]
    return f"{', '.join(named) or 'The address'} holds what no column can hold."
