"""What this process has taken of somebody's share in its window, and not used yet: places that cost no I/O.

It takes as many at once as it has used so far, so that whoever asks a few times at each of many workers loses little.
"""

import threading
from dataclasses import dataclass, field

MOST = 10_000  # shares


class Reserves:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: dict[object, _Taken] = {}

    def next(self, share: object, window: int) -> int | None:
        """The place of one more, where one is left."""
        with self._lock:
            taken = self._taken.get(share)
            if taken is None or taken.window != window or not taken.left:
                return None
            taken.used += 1
            return taken.left.pop()

    def wanted(self, share: object, window: int) -> int:
        """How many to take."""
        taken = self._taken.get(share)
        return taken.used if taken and taken.window == window else 1

    def keep(self, share: object, window: int, places: list[int]) -> None:
        """What is left after one was used; with what another thread has kept meanwhile."""
        with self._lock:
            if len(self._taken) >= MOST:
                self._taken.clear()
            taken = self._taken.get(share)
            if taken is None or taken.window != window:
                taken = self._taken[share] = _Taken(window)
            taken.used += 1
            taken.left += reversed(places)

    def forget(self, share: object) -> None:
        with self._lock:
            self._taken.pop(share, None)


@dataclass
class _Taken:
    window: int
    used: int = 0
    left: list[int] = field(default_factory=list)
