"""Eight web nodes with a worker process each."""

import contextlib
import time
from collections.abc import Iterator

from accounts.models import Worker
from benchmarks import load
from benchmarks.load import Server
from benchmarks.watch import ask

NODES = 8


@contextlib.contextmanager
def eight(**env: str) -> Iterator[list[Server]]:
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(load.serving(workers=1, **env)) for _ in range(NODES)]


def wait_for_leases(nodes: list[Server], token: str, seconds: float = 30) -> None:
    """Asks each until all have registered and had time to take their first lease."""
    until = time.monotonic() + seconds
    while True:
        statuses = {ask(node.url, token) for node in nodes}
        if statuses == {200} and Worker.objects.count() >= len(nodes):
            time.sleep(0.5)
            return
        if time.monotonic() > until:
            raise TimeoutError(f"Not all nodes are up: {statuses}, {Worker.objects.count()} registered.")
