"""What every test shares: the small world, browsers for its people, API clients for its integrations."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from rest_framework.test import APIClient

from accounts import keys
from accounts.tests.world import PASSWORD, World


def pytest_configure() -> None:
    # A file rather than SQLite's memory, so that threads have connections, and locks, of their own.
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = settings.DATABASES["default"]["NAME"]
    # Argon2 is slow by design. It stays the second choice, so that a test may ask for it.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


@pytest.fixture(autouse=True)
def _nothing_in_memory() -> None:
    keys.forget()
    cache.clear()


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
