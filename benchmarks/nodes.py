"""Eight web nodes with a worker process each, and a watch that asks every one of them for one token."""

import contextlib
import http.client
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

from accounts.models import Worker
from benchmarks import load
from benchmarks.load import Server

NODES = 8
PACE = 0.02  # seconds between two questions to one node


class Seen(NamedTuple):
    began: float  # seconds, monotonic
    status: int


@contextlib.contextmanager
def eight(**env: str) -> Iterator[list[Server]]:
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(load.serving(workers=1, **env)) for _ in range(NODES)]


def wait_for_leases(nodes: list[Server], token: str, seconds: float = 30) -> None:
    """Asks each until all have registered and had time to take their first lease."""
    until = time.monotonic() + seconds
    while True:
        statuses = {ask(node, token) for node in nodes}
        if statuses == {200} and Worker.objects.count() >= len(nodes):
            time.sleep(0.5)
            return
        if time.monotonic() > until:
            raise TimeoutError(f"Not all nodes are up: {statuses}, {Worker.objects.count()} registered.")


def ask(node: Server, token: str) -> int:
    """The status of the API's answer to this token; 0 without one."""
    line = http.client.HTTPConnection(urlsplit(node.url).netloc, timeout=20)
    try:
        line.request("GET", "/api/v1/me", headers={"Authorization": f"Bearer {token}"})
        return line.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        line.close()


@dataclass
class Watch:
    """A thread a node. `token` may be changed; `pace` too: 0 asks without pause."""

    nodes: list[Server]
    token: str = ""
    pace: float = PACE
    seen: list[Seen] = field(default_factory=list)
    _going: bool = True

    def __enter__(self) -> "Watch":
        self._threads = [threading.Thread(target=self._watch, args=(node,), daemon=True) for node in self.nodes]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._going = False
        for thread in self._threads:
            thread.join(30)

    def _watch(self, node: Server) -> None:
        while self._going:
            if token := self.token:
                began = time.monotonic()
                self.seen.append(Seen(began, ask(node, token)))
            time.sleep(self.pace or 0.0005)
