"""Markdown, and goals with whether they are met."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """At most `limit`; or at least, where `least`."""

    limit: float
    unit: str = ""
    least: bool = False

    def is_met_by(self, value: float) -> bool:
        return value >= self.limit if self.least else value <= self.limit

    def judge(self, value: float) -> tuple[str, str]:
        """Two cells: the goal, and whether this is it."""
        bound = "at least" if self.least else "at most"
        return f"{bound} {number(self.limit)}{self.unit}", "yes" if self.is_met_by(value) else "**no**"


NO_GOAL = ("", "")


def number(value: float) -> str:
    """About three digits: 0.087, 4.71, 58.2, 1,231."""
    if value == 0 or abs(value) >= 100 or float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}"


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; the first column is text, numbers are aligned to the right."""
    lines = [headers, ["---", *("---:" for _ in headers[1:])]]
    lines += [[number(cell) if isinstance(cell, float | int) else str(cell) for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
