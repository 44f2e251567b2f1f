"""Two requests at once, in an order that the test decides; and many at once, in whatever order they come."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any
from unittest import mock

from django.db import connection

PATIENCE = 20  # seconds


class Pause:
    """A point that one thread reaches, and stands at until it is let go."""

    def __init__(self) -> None:
        self.reached, self.go = threading.Event(), threading.Event()

    def stand(self) -> None:
        self.reached.set()
        assert self.go.wait(PATIENCE), "nobody let the paused thread go"


@contextmanager
def paused_before(owner: Any, name: str) -> Iterator[Pause]:
    """The first call of `owner.name` waits before it does anything; later ones do not."""
    pause, original, first = Pause(), getattr(owner, name), threading.Lock()

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if first.acquire(blocking=False):
            pause.stand()
        return original(*args, **kwargs)

    with mock.patch.object(owner, name, wrapper):
        yield pause


def in_flight(act: Callable[[], Any], pause: Pause, meanwhile: Callable[[], Any]) -> Any:
    """Starts `act`, does `meanwhile` while it stands at the pause, and returns what it came to: a value or an error."""
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(_outcome, act)
        assert pause.reached.wait(PATIENCE), "the pause was never reached"
        try:
            meanwhile()
        finally:
            pause.go.set()
        return future.result(PATIENCE)


def behind(act: Callable[[], Any], pause: Pause, other: Callable[[], Any]) -> tuple[Any, Any]:
    """Starts `act`, and `other` while it stands at the pause; lets it go on once `other` has come to an end, or has had
    time to, and so waits for it. What both came to: values or errors."""
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(_outcome, act)
        assert pause.reached.wait(PATIENCE), "the pause was never reached"
        second = pool.submit(_outcome, other)
        wait([second], timeout=0.3)
        pause.go.set()
        return first.result(PATIENCE), second.result(PATIENCE)


def together(times: int, act: Callable[[], Any]) -> list[Any]:
    """Does `act` so many times at once; the values and errors that came of it."""
    barrier = threading.Barrier(times)

    def start() -> Any:
        barrier.wait(PATIENCE)
        return act()

    with ThreadPoolExecutor(times) as pool:
        return [future.result(60) for future in [pool.submit(_outcome, start) for _ in range(times)]]


def _outcome(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except Exception as error:
        return error
    finally:
        connection.close()
