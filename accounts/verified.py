"""What this process has verified already: token to claims, the least recently used leaving first.

Only what passed every check enters, under its exact text. Expiry, the revocation list and the key are looked at on
every request all the same; this saves the signature alone. Bounded in entries and in bytes.
"""

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

from django.conf import settings

BYTES_EACH = 700  # what claims and the dictionary take besides the text itself
Value = TypeVar("Value")


class Verified(Generic[Value]):
    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Empties it. A fork gets a lock of its own: another thread may have held this one."""
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Value] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, text: str) -> Value | None:
        found = self._kept.get(text)
        if found is not None:
            try:  # noqa: SIM105  # suppress() would cost more than all the rest
                self._kept.move_to_end(text)
            except KeyError:  # another thread had to make room just now
                pass
        return found

    def keep(self, text: str, value: Value) -> None:
        with self._lock:
            if text not in self._kept:
                self.bytes += _size(text)
            self._kept[text] = value
            while self._kept and (
                len(self._kept) > settings.VERIFIED_TOKENS or self.bytes > settings.VERIFIED_TOKENS_BYTES
            ):
                self.bytes -= _size(self._kept.popitem(last=False)[0])

    def drop(self, text: str) -> None:
        with self._lock:
            if self._kept.pop(text, None) is not None:
                self.bytes -= _size(text)


def _size(text: str) -> int:
    return len(text) + BYTES_EACH
