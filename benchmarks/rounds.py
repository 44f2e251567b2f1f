"""Candidates measured in turns, in one process, so that they share every hiccup of the machine."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Act = Callable[[], Any]
WARM = 400  # calls: each of 200 credentials twice


@dataclass
class Series:
    """One candidate: microseconds a call, of the clock and of this thread's CPU, a value for each round."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


def interleave(acts: dict[str, Act], *, rounds: int, batch_seconds: float = 0.01) -> dict[str, Series]:
    """Runs every candidate once a round, in an order of its own each round."""
    sizes = {name: _batch_size(act, batch_seconds) for name, act in acts.items()}
    series = {name: Series() for name in acts}
    for _ in range(rounds):
        for name in random.sample(list(acts), len(acts)):
            wall, cpu = _batch(acts[name], sizes[name])
            series[name].wall.append(wall)
            series[name].cpu.append(cpu)
    return series


def _batch(act: Act, size: int) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.thread_time()
    for _ in range(size):
        act()
    return (time.perf_counter() - wall) / size * 1e6, (time.thread_time() - cpu) / size * 1e6


def _batch_size(act: Act, seconds: float) -> int:
    for _ in range(WARM):
        act()
    return max(1, round(seconds * 1e6 / _batch(act, 20)[0]))
