"""What is made of many measurements: medians, percentiles, and ratios within one round."""

import math
from collections.abc import Sequence
from statistics import median

__all__ = ["median", "percentile", "ratio"]


def percentile(values: Sequence[float], rank: float) -> float:
    """The nearest rank's value: the smallest that at least `rank` percent of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(rank / 100 * len(ordered)) - 1)]


def ratio(values: Sequence[float], base: Sequence[float]) -> float:
    """The median of the ratios within each round: what loads the machine in a round loads both sides of it."""
    return median(value / other for value, other in zip(values, base, strict=True))
