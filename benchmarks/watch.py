"""Asks every node for one token, from a process of its own: whoever revokes shares no interpreter with it.

Its seconds are those of time.monotonic(), which all processes of the machine share.
"""

import contextlib
import http.client
import multiprocessing
import threading
import time
from multiprocessing.connection import Connection
from typing import NamedTuple
from urllib.parse import urlsplit


class Seen(NamedTuple):
    began: float  # seconds, monotonic
    status: int


def ask(url: str, token: str) -> int:
    """The status of the API's answer to this token; 0 without one."""
    line = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    try:
        line.request("GET", "/api/v1/me", headers={"Authorization": f"Bearer {token}"})
        return line.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        line.close()


class Watch:
    """A thread for each node. `pace` is the seconds between two questions to one node: 0 asks without pause."""

    def __init__(self, urls: list[str]) -> None:
        context = multiprocessing.get_context("spawn")
        self._wire, theirs = context.Pipe()
        self._process = context.Process(target=_Watching.serve, args=(urls, theirs), daemon=True)

    def __enter__(self) -> "Watch":
        self._process.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._process.terminate()
        self._process.join(30)

    def watch(self, token: str, pace: float) -> None:
        self._wire.send((token, pace))

    def stop(self) -> list[Seen]:
        """Everything seen since the last time."""
        self._wire.send(("", 0.0))
        seen: list[Seen] = self._wire.recv()
        return seen


class _Watching:
    """The other process."""

    def __init__(self, urls: list[str]) -> None:
        self.token, self.pace = "", 0.0
        self.seen: list[Seen] = []
        self.busy = [threading.Lock() for _ in urls]
        for url, lock in zip(urls, self.busy, strict=True):
            threading.Thread(target=self.ask_for_ever, args=(url, lock), daemon=True).start()

    @classmethod
    def serve(cls, urls: list[str], wire: Connection) -> None:
        watching = cls(urls)
        with contextlib.suppress(EOFError):
            while True:
                watching.token, watching.pace = wire.recv()
                if not watching.token:
                    wire.send(watching.end())

    def end(self) -> list[Seen]:
        """Once every question under way has its answer."""
        for lock in self.busy:
            with lock:
                pass
        seen, self.seen = self.seen, []
        return seen

    def ask_for_ever(self, url: str, lock: threading.Lock) -> None:
        while True:
            with lock:
                if token := self.token:
                    began = time.monotonic()
                    self.seen.append(Seen(began, ask(url, token)))
            time.sleep(self.pace or 0.0005)
