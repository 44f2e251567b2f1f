"""Whether this browser is still signed in, asked by its pages all the time: one indexed statement, and no more.

It never counts as activity, so that an open page does not keep its own session alive. On ASGI it is one long answer
(server-sent events), which ends with the session; on WSGI a short one, asked for again.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

from accounts import sessions

A = TypeVar("A")
T = TypeVar("T")
EVERY = 0.5  # seconds between two looks of a stream
KEEP_ALIVE = 20  # looks after which a silent stream says something, so that a proxy leaves it open


@require_safe
def live(request: HttpRequest) -> HttpResponseBase:
    # The cookie itself, not request.session: reading that would count as a visit.
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    if isinstance(request, ASGIRequest) and "text/event-stream" in request.headers.get("Accept", ""):
        return StreamingHttpResponse(_stream(key), content_type="text/event-stream", headers=headers)
    return HttpResponse(_as_json(sessions.pulse(key)), content_type="application/json", headers=headers)


async def _stream(key: str) -> AsyncIterator[str]:
    """One event for each change of the list of sessions; the last says that this one has ended.

    While it is open the session counts it, for the receipt of whoever ends the session.
    """
    holding = asyncio.ensure_future(_do(sessions.hold_stream, key))
    try:
        await asyncio.shield(holding)  # a browser that goes meanwhile is counted first, and released then
        async for event in _events(key):
            yield event
    finally:
        # Even when the browser has gone and this is being cancelled.
        await asyncio.shield(_do(sessions.release_stream, await holding))


async def _events(key: str) -> AsyncIterator[str]:
    seen, silent = None, 0
    while True:
        pulse = await _do(sessions.pulse, key)
        silent += 1
        if pulse is None or pulse != seen:
            yield f"data: {_as_json(pulse)}\n\n"
            seen, silent = pulse, 0
        elif silent >= KEEP_ALIVE:
            yield ": still here\n\n"
            silent = 0
        if pulse is None:
            return
        await asyncio.sleep(EVERY)


# In a pool of threads whose connections are shared: a thread of its own would hold one for as long as a page is open.
@sync_to_async(thread_sensitive=False)
def _do(act: Callable[[A], T], argument: A) -> T:
    close_old_connections()
    return act(argument)


def _as_json(pulse: str | None) -> str:
    return json.dumps({"ended": pulse is None, "sessions": pulse or ""})


urlpatterns = [path("live/", live, name="live")]
