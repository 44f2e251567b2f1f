"""One dashboard request authenticated, in process: our engine and middleware against Django's, on db and cached_db."""

import itertools
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import middleware as django_auth
from django.contrib.sessions import middleware as django_sessions
from django.http import HttpRequest, HttpResponse

from accounts import middleware as ours
from benchmarks import costs, figures, progress, rounds, world
from benchmarks.rounds import Act
from benchmarks.tables import Goal, number, table

OURS, DB, CACHED_DB = "**Portcullis**", "Django, `db`", "Django, `cached_db` on Redis"
ENGINES = {
    OURS: "accounts.sessions",
    DB: "django.contrib.sessions.backends.db",
    CACHED_DB: "django.contrib.sessions.backends.cached_db",
}
HEADERS = ["sessions", "us", "CPU us", "x of `db`", "x of `cached_db`", "SQL", "Redis"]


def main() -> None:
    users = world.people()
    acts = {name: act(name, world.session_keys(users, engine)) for name, engine in ENGINES.items()}
    progress.say("authenticating dashboard requests in process")
    series = rounds.interleave(acts, rounds=progress.pick(61, 7), batch_seconds=0.02)
    ratios = {name: [figures.ratio(series[name].wall, series[base].wall) for base in (DB, CACHED_DB)] for name in acts}
    print("## One dashboard request authenticated, in process\n")
    print(
        f"Session and authentication middleware with a view that asks who it is; {world.SIZE} sessions in rotation.\n"
    )
    rows = [
        [
            name,
            *(number(figures.median(values)) for values in (series[name].wall, series[name].cpu)),
            *map(number, ratios[name]),
            *costs.count(acts[name]),
        ]
        for name in acts
    ]
    print(table(HEADERS, rows))
    goals = {"of `db`": (0.65, ratios[OURS][0]), "of `cached_db`": (1.0, ratios[OURS][1])}
    print(table(["ours", "x", "goal", "met"], [[n, number(x), *Goal(g).judge(x)] for n, (g, x) in goals.items()]))


def act(name: str, keys: list[str]) -> Act:
    cookies = itertools.cycle(keys)
    middleware = _chain(name)

    def visit() -> None:
        request = HttpRequest()
        request.META["REMOTE_ADDR"] = "127.0.0.1"
        request.COOKIES[settings.SESSION_COOKIE_NAME] = next(cookies)
        assert middleware(request).content == b"yes"

    return visit


def _chain(name: str) -> Any:
    if name == OURS:
        return ours.SessionMiddleware(ours.AuthenticationMiddleware(_who))
    outer = django_sessions.SessionMiddleware(django_auth.AuthenticationMiddleware(_who))
    outer.SessionStore = import_module(ENGINES[name]).SessionStore
    return outer


def _who(request: HttpRequest) -> HttpResponse:
    return HttpResponse("yes" if request.user.is_authenticated else "no")
