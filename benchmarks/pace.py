"""How fast this machine is, for goals in milliseconds: they were set on another one.

What both have measured is simplejwt's stateless authentication of one request by HS256: 55 microseconds there, where a
token seen before took us 4.7, which was 0.085 of it. Time at that machine's pace is time divided by how much longer the
same work takes here, in the same run.
"""

from dataclasses import dataclass

from benchmarks import authentication, figures, progress, rivals, rounds, world
from benchmarks.tables import Goal, number

THERE = 55.0  # us
HEADERS = ["goal", "measured", "wanted", "met", "at the pace of the goals' machine", "met"]


@dataclass(frozen=True)
class Pace:
    us: float  # of CPU, for that authentication, here

    @property
    def times(self) -> float:
        """How much longer work takes here."""
        return self.us / THERE

    def __str__(self) -> str:
        return (
            f"simplejwt's stateless authentication by HS256 takes {number(self.us)} us of CPU in this part, and took "
            f"{number(THERE)} on the machine that the goals in time were set on: {number(self.times)} times as long.\n"
        )

    def row(self, text: str, value: float, goal: Goal) -> list[object]:
        """As it was measured, and as it would have been there. HEADERS are its columns."""
        there = value / self.times
        return [text, number(value), *goal.judge(value), number(there), goal.judge(there)[1]]


def measure() -> Pace:
    """Takes a second or two."""
    progress.say("measuring this machine's pace")
    authenticate = authentication.act(rivals.STATELESS, world.simplejwts(world.people()))
    series = rounds.interleave({"": authenticate}, rounds=progress.pick(101, 21))
    return Pace(figures.median(series[""].cpu))


def between(before: Pace, after: Pace) -> Pace:
    """Of what was measured between two measurements: a machine that is shared has better moments and worse."""
    return Pace((before.us + after.us) / 2)
