"""The door for ASGI servers: `uvicorn saas.asgi:application`. A body longer than any of ours is cut off as it comes:
Django would write all of it to the disk first."""

import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from django.core.asgi import get_asgi_application

from saas import env, loaded, static

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[Any], Awaitable[None]]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.settings")
with env.refused_in_one_line():
    django = get_asgi_application()


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    taken = 0

    async def bounded() -> dict[str, Any]:
        nonlocal taken
        event = await receive()
        taken += len(event.get("body", b""))
        if taken <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return event
        await send({"type": "http.response.start", "status": 413, "headers": [(b"connection", b"close")]})
        await send({"type": "http.response.body"})
        return {"type": "http.disconnect"}

    await django(scope, bounded, send)


static.complain()
loaded.keep()

# Once it has shut down, uvicorn raises the signal that told it to, which by default ends the process where it stands:
# a worker of the revocation list could not sign off, and the next revocation would wait for its lease.
if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
