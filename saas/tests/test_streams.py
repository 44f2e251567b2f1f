"""Open pages in a real browser, served by a real ASGI server, ended from another process: they go dark, unasked."""

import os
import time
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection

from accounts import revocation
from accounts.models import Cause, Session
from accounts.revocation import Scope
from dashboard.tests import darkness
from saas.tests.cluster import UVICORN, Node

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def node(transactional_db, tmp_path):
    """uvicorn, as a process of its own, on the test's database."""
    name = connection.settings_dict["NAME"]
    is_sqlite = connection.vendor == "sqlite"
    url = f"sqlite:///{name}" if is_sqlite else urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    env = {
        **{name: os.environ[name] for name in ("PATH", "HOME", "REDIS_URL") if name in os.environ},
        "DEBUG": "true",
        "DATABASE_URL": url,
        "LOG_LEVEL": "ERROR",
        "PYTHONWARNINGS": "ignore",
        "SECRET_KEY": settings.SECRET_KEY,
        "KEY_ENCRYPTION_KEYS": ",".join(settings.KEY_ENCRYPTION_KEYS),
    }
    with (tmp_path / "node.log").open("w") as log:
        node = Node(env, log, server=UVICORN)
        try:
            node.wait_until_up()
            yield node
        finally:
            node.stop()


@pytest.fixture
def opened(node, chromium, browser):
    """Opens a page of the dashboard as somebody; `asked` is what it asks of /live/, and how."""
    pages = []

    def build(user, path):
        page = chromium.open(base_url=node.url)
        pages.append(page)
        page.asked = asked = []
        page.on("request", lambda request: asked.append(request.resource_type) if "/live/" in request.url else None)
        cookie = browser(user).cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": node.url}])
        page.goto(path)
        wait_for(lambda: Session.objects.filter(user=user, streams=1).exists())
        return page

    yield build
    for page in pages:
        page.context.close()


def wait_for(something, seconds=10):
    until = time.monotonic() + seconds
    while not something():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_page_goes_dark_within_a_second_of_being_told_and_is_counted(world, opened, record_property):
    took = []
    for _ in range(5):
        page = opened(world.bob, "/dashboard/")
        darkness.watch(page)
        revoked = revocation.revoke(Scope(user=world.bob, only_sessions=True), cause=Cause.ENDED)
        ended_at = time.time()
        took.append(darkness.dark_at(page) - ended_at)
        assert (revoked.streams, revoked.receipt["streams"]) == (1, 1)
        # Once it is told, and not before: whether the cookie that it has by now lets in, where another took its place.
        assert page.asked == ["eventsource", "fetch"]
    record_property("dark after", ", ".join(f"{seconds:.2f} s" for seconds in took))
    assert max(took) < 1


def test_the_list_follows_as_sessions_come_and_go_and_asks_nothing_meanwhile(world, opened, browser):
    page = opened(world.bob, "/dashboard/sessions/")
    other = browser(world.bob, user_agent=FIREFOX)
    page.get_by_text("Firefox 140 on Linux").wait_for(timeout=5000)
    other.post("/accounts/logout/")
    page.get_by_text("Firefox 140 on Linux").wait_for(state="detached", timeout=5000)
    assert page.asked == ["eventsource"]


def test_a_page_that_is_closed_is_counted_no_more(world, opened):
    opened(world.bob, "/dashboard/").context.close()
    wait_for(lambda: not Session.objects.filter(streams__gt=0).exists())
