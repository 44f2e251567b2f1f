"""Revoking among many: one person's everything among a thousand and a million, and ten thousand people at once."""

import random
import time

from django.db import connection

from accounts import revocation
from accounts.models import Cause, Grant, Session, User
from accounts.revocation import Scope
from benchmarks import crowd, figures, pace, progress
from benchmarks.pace import Pace
from benchmarks.tables import Goal, number, table

SMALL = {"users": 200, "sessions": 1_000, "grants": 1_000}


def main() -> None:
    size = progress.pick(1_000_000, 100_000)
    large = {"users": size // 5, "sessions": size, "grants": size}
    print("## Revoking among many\n")
    use("scale")
    progress.say("gathering a thousand sessions and grants")
    crowd.gather(**SMALL)
    crowd.settle()
    use("scale_large")
    progress.say(f"gathering {size:,} sessions and grants")
    crowd.gather(**large)
    crowd.settle()
    before = pace.measure()
    _one_person(size, large["users"])
    _ten_thousand(size, before)


def _one_person(size: int, users: int) -> None:
    """Turn by turn in the two databases, after one revocation that warms the connection."""
    progress.say("revoking one person's everything, here and there")
    took: dict[str, list[float]] = {"scale": [], "scale_large": []}
    until = time.monotonic() + 60
    while len(took["scale"]) < progress.pick(31, 7) and time.monotonic() < until:
        for name in random.sample(list(took), 2):
            use(name)
            among = SMALL["users"] if name == "scale" else users
            everything(among)
            took[name].append(figures.median([everything(among) for _ in range(3)]))
    ratio = figures.ratio(took["scale_large"], took["scale"])
    rows = [
        [f"among {text}", number(figures.median(took[name])), number(figures.percentile(took[name], 99))]
        for text, name in (("1,000 sessions and 1,000 grants", "scale"), (f"{size:,} of each", "scale_large"))
    ]
    print(table(["one person's everything: 5 sessions, 5 grants", "ms p50", "p99"], rows))
    print(
        table(
            ["goal", "measured", "wanted", "met"],
            [["of the time among a thousand", number(ratio), *Goal(1.5).judge(ratio)]],
        )
    )


def everything(among: int) -> float:
    """ms, for somebody of whom nothing has been revoked yet."""
    user = None
    while user is None or not Session.objects.filter(user=user).exists():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {crowd.USER.format('%s::int')}", [random.randrange(among)])
            user = User.objects.get(pk=cursor.fetchone()[0])
    began = time.perf_counter()
    revocation.revoke(Scope(user=user), cause=Cause.SIGNED_OUT_EVERYWHERE)
    return (time.perf_counter() - began) * 1000


def _ten_thousand(size: int, before: Pace) -> None:
    progress.say("revoking everything of ten thousand people, three times")
    use("scale_large")
    took = [_one_organisation(size + turn * 100_000) for turn in range(3)]
    seconds = figures.median(took)
    measured_at = pace.between(before, pace.measure())
    print(measured_at)
    what = "10,000 people in one act: 50,001 sessions and 40,001 grants, median of 3, s"
    print(table(pace.HEADERS, [measured_at.row(what, seconds, Goal(1))]))


def _one_organisation(first: int) -> float:
    """Seconds."""
    organisation = crowd.gather(users=10_000, sessions=50_000, grants=40_000, first=first)
    crowd.settle()
    sessions, grants = Session.objects.count(), Grant.objects.filter(ended_at=None).count()
    began = time.perf_counter()
    revoked = revocation.revoke(Scope(organisation=organisation), cause=Cause.ENDED)
    seconds = time.perf_counter() - began
    assert sessions - Session.objects.count() == revoked.sessions == 50_001
    assert grants - Grant.objects.filter(ended_at=None).count() == revoked.grants == 40_001
    return seconds


def use(name: str) -> None:
    """Another database of the same server, from here on."""
    connection.close()
    connection.settings_dict["NAME"] = name
