"""What a run is doing, on stderr: stdout is for the tables."""

import os
import sys
import time

STARTED = float(os.environ.get("BENCH_STARTED") or time.monotonic())
QUICK = os.environ.get("BENCH_QUICK", "") not in {"", "0"}


def say(what: str) -> None:
    print(f"[{time.monotonic() - STARTED:5.0f} s] {what}", file=sys.stderr, flush=True)


def pick(usual: int, quick: int) -> int:
    """How many, by how much time there is."""
    return quick if QUICK else usual
