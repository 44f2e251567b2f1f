"""What every test shares: the small world, browsers for its people, API clients for its integrations."""

import os
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from rest_framework.test import APIClient

from accounts import keys, late_tries, rates, tokens, usage
from accounts.tests.world import PASSWORD, World
from saas.tests import services
from saas.tests.chromium import Chromium, NoBrowser

# These start a PostgreSQL and a Redis of their own, or need a Redis: once is enough, beside PostgreSQL.
ONCE = [
    "saas/tests/test_faults.py",
    "accounts/tests/test_confirmations.py",
    "accounts/tests/test_locks.py",
    "integrations/tests/test_rates_in_redis.py",
]
collect_ignore = ONCE if services.ON == "sqlite" else []


def pytest_configure() -> None:
    # A file rather than SQLite's memory, so that threads have connections, and locks, of their own.
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = settings.DATABASES["default"]["NAME"]
    # Argon2 is slow by design. It stays the second choice, so that a test may ask for it.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


@pytest.fixture(autouse=True)
def _nothing_in_memory() -> Iterator[None]:
    keys.forget()
    rates.forget()
    tokens.forget()
    late_tries.tally.forget()
    usage.tally.forget()
    cache.clear()
    yield
    late_tries.tally.forget()  # or it would be written when all is over
    usage.tally.forget()


@pytest.fixture(autouse=True)
def _windows_begin_with_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or a test that counts would begin in one minute, end in the next, and be told that nothing is used up."""
    passed = time.time() % 3600
    monkeypatch.setattr(rates, "time", SimpleNamespace(time=lambda: time.time() - passed, monotonic=time.monotonic))


@pytest.fixture
def world(db: None) -> World:
    return World()


@pytest.fixture
def browser() -> Callable[..., Client]:
    """Builds a browser, signed in as the given user through the real sign-in page."""

    def build(user: Any = None, user_agent: str = "Mozilla/5.0 Firefox/132.0") -> Client:
        client = Client(headers={"User-Agent": user_agent})
        if user is not None:
            answer = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
            assert answer.status_code == 302, answer.content
        return client

    return build


@pytest.fixture
def api_client() -> Callable[[str], APIClient]:
    def build(access_token: str) -> APIClient:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {access_token}")
        return client

    return build


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """One real browser for each worker."""
    try:
        program = Chromium()
    except NoBrowser as missing:
        (pytest.fail if os.environ.get("NO_SKIPS") else pytest.skip)(str(missing))
    yield program
    program.close()


@pytest.fixture
def window(chromium: Chromium, live_server: Any, settings: Any, browser: Callable[..., Client]) -> Iterator[Any]:
    """Opens windows of a real browser, signed in as a user, or `as_` a test client is, where asked to.

    Fails the test when a page has an error in its console (such as a breach of its own policy), or asks another host.
    """
    settings.ISSUER = live_server.url
    wrong: list[str] = []
    opened: list[Any] = []

    def build(user: Any = None, as_: Client | None = None, **options: Any) -> Any:
        page = chromium.open(base_url=live_server.url, **options)
        page.set_default_timeout(10_000)
        opened.append(page.context)
        page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: _only_here(request.url, live_server.url, wrong))
        page.allow = lambda text: wrong.__setitem__(slice(None), [line for line in wrong if text not in line])
        as_ = browser(user) if user is not None else as_
        if as_ is not None:
            cookies = [(cookie.key, cookie.value) for cookie in as_.cookies.values() if cookie.value]
            page.context.add_cookies([{"name": k, "value": v, "url": live_server.url} for k, v in cookies])
        return page

    yield build
    for context in opened:
        context.close()
    assert wrong == []


def _only_here(url: str, base: str, wrong: list[str]) -> None:
    if urlsplit(url).scheme in {"http", "https"} and not url.startswith(base):
        wrong.append(f"asked another host: {url}")
