"""What a server has loaded stays as long as it runs, and the garbage collector need not walk it again and again: that
would stop everything in the worker for tens of milliseconds, revocations among it."""

import gc

from django.urls import get_resolver


def keep() -> None:
    """To be called once the application stands. Before a fork, the workers share that memory too."""
    get_resolver().url_patterns  # noqa: B018  # every view, and what it needs, which the first request would load
    gc.collect()
    gc.freeze()
