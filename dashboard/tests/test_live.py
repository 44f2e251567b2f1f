"""An ended session shows: what the question costs, that it keeps nothing alive, and the browser that goes dark."""

import asyncio
import json
import time
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import AsyncClient
from django.utils import timezone

from accounts import revocation, sessions
from accounts.models import Cause, Revocation, Session, User
from accounts.revocation import Scope
from accounts.tests.world import PASSWORD
from dashboard.tests import darkness

COOKIE = "sessionid"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def ask(client):
    return client.get("/live/").json()


@pytest.mark.django_db
def test_it_costs_one_statement_and_says_whether_the_session_lives(world, browser, django_assert_num_queries):
    bob = browser(world.bob)
    with django_assert_num_queries(1):
        assert ask(bob)["ended"] is False
    revocation.revoke(Scope(user=world.bob), cause=Cause.SIGNED_OUT_EVERYWHERE)
    with django_assert_num_queries(1):
        assert ask(bob) == {"ended": True, "sessions": ""}


@pytest.mark.django_db
def test_asking_is_no_visit(world, browser):
    bob = browser(world.bob)
    before = Session.objects.get(user=world.bob)
    with time_machine.travel(timezone.now() + timedelta(minutes=59)):
        assert ask(bob)["ended"] is False
        bob.get("/dashboard/sessions/", headers={"X-Passive": "yes"})
    after = Session.objects.get(user=world.bob)
    assert (after.last_seen_at, after.expire_date) == (before.last_seen_at, before.expire_date)
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        assert ask(bob)["ended"] is True


@pytest.mark.django_db
@pytest.mark.parametrize("cookie", ["", "x", "x" * 5000, "\xff", None])
def test_nobody_and_junk_have_ended(client, cookie):
    if cookie is not None:
        client.cookies[COOKIE] = cookie
    assert ask(client)["ended"] is True


@pytest.mark.django_db
def test_the_mark_changes_as_sessions_come_and_go_and_not_otherwise(world, browser):
    bob = browser(world.bob)
    one = ask(bob)
    browser(world.alice)
    assert ask(bob) == one
    browser(world.bob)
    two = ask(bob)
    Session.objects.filter(user=world.bob).latest("created_at").delete()
    assert (two == one, ask(bob) == two) == (False, False)


@pytest.mark.django_db(transaction=True)
def test_an_open_stream_ends_with_the_session(world, browser, monkeypatch):
    key = browser(world.bob).cookies[COOKIE].value

    def of_a_pool(act):
        def done(key):
            try:
                return act(key)
            finally:
                connection.close()  # the pool's thread ends with this test

        return done

    for name in ("pulse", "hold_stream", "release_stream"):
        monkeypatch.setattr(sessions, name, of_a_pool(getattr(sessions, name)))

    async def listen():
        client = AsyncClient()
        client.cookies[COOKIE] = key
        answer = await client.get("/live/", headers={"Accept": "text/event-stream"})
        heard = []
        async for part in answer.streaming_content:
            heard.append(json.loads(part.decode().removeprefix("data: ")))
            if len(heard) == 1:
                await asyncio.to_thread(end)
        return heard

    def end():
        revocation.revoke(Scope(user=world.bob), cause=Cause.SIGNED_OUT_EVERYWHERE)
        connection.close()

    heard = asyncio.run(asyncio.wait_for(listen(), 10))
    assert [pulse["ended"] for pulse in heard] == [False, True]
    revoked = Revocation.objects.get()
    assert (revoked.streams, revoked.receipt["streams"]) == (1, 1)
    assert "1 open page went dark" in revoked.receipt_in_words


@pytest.mark.django_db
def test_a_stream_that_closes_counts_no_more_and_never_below_none(world, browser):
    key = browser(world.bob).cookies[COOKIE].value
    name = sessions.hold_stream(key)
    sessions.hold_stream(key)
    sessions.release_stream(name)
    assert Session.objects.get().streams == 1
    for _ in range(2):
        sessions.release_stream(name)
    assert Session.objects.get().streams == 0
    sessions.release_stream(sessions.hold_stream("of nobody"))
    assert Session.objects.count() == 1


@pytest.mark.django_db
def test_a_stream_is_released_though_the_key_has_changed_meanwhile(world, browser):
    """As after a new password, set in another tab."""
    key = browser(world.bob).cookies[COOKIE].value
    name = sessions.hold_stream(key)
    sessions.SessionStore(key).cycle_key()
    sessions.release_stream(name)
    assert Session.objects.get().streams == 0


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_browser_ended_elsewhere_goes_dark_without_a_click(world, window):
    here, there = window(world.bob), window(world.bob)
    there.goto("/dashboard/security-log/?q=a&kind=")
    here.goto("/dashboard/sessions/")
    here.locator("li").filter(has_not_text="This browser").get_by_role("button").click()
    there.get_by_role("dialog").wait_for()
    assert there.locator("main").count() == 0, "what it showed is gone, for screen readers too"
    there.keyboard.press("Escape")
    there.keyboard.press("Escape")
    there.get_by_role("dialog").wait_for()  # it comes back: the browser says that it has closed it a moment afterwards
    assert "Overview" in here.content()
    there.get_by_role("link", name="Sign in again").click()
    there.get_by_label("Email").fill(world.bob.email)
    there.get_by_label("Password").fill(PASSWORD)
    there.get_by_role("button", name="Sign in", exact=True).click()
    there.wait_for_url("**/dashboard/security-log/?q=a&kind=")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_it_goes_dark_within_a_second(world, window, record_property):
    """By asking, as on WSGI. By a stream, from another process: saas/tests/test_streams.py."""
    took = []
    for _ in range(5):
        page = window(world.bob)
        page.goto("/dashboard/")
        darkness.watch(page)
        revocation.revoke(Scope(user=world.bob, only_sessions=True), cause=Cause.ENDED)
        ended_at = time.time()
        took.append(darkness.dark_at(page) - ended_at)
    record_property("dark after", ", ".join(f"{seconds:.2f} s" for seconds in took))
    assert max(took) < 1


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_list_follows_as_sessions_come_and_go(world, window, browser):
    page = window(world.bob)
    page.goto("/dashboard/sessions/")
    other = browser(world.bob, user_agent=FIREFOX)
    page.get_by_text("Firefox 140 on Linux").wait_for(timeout=3000)
    page.get_by_text("2 sessions: every browser").wait_for()
    other.post("/accounts/logout/")
    page.get_by_text("Firefox 140 on Linux").wait_for(state="detached", timeout=3000)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_what_comes_before_the_first_look_is_not_missed(world, window, browser):
    page = window(world.bob)
    page.route("**/live/", lambda route: route.fulfill(status=204))
    page.goto("/dashboard/sessions/")
    browser(world.bob, user_agent=FIREFOX)
    page.unroute("**/live/")
    page.get_by_text("Firefox 140 on Linux").wait_for(timeout=5000)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_admin_goes_dark_too(world, window):
    User.objects.filter(pk=world.alice.pk).update(is_staff=True, is_superuser=True)
    page = window(world.alice)
    page.goto("/admin/accounts/user/")
    revocation.revoke(Scope(user=world.alice, only_sessions=True), cause=Cause.ENDED)
    page.get_by_role("dialog").wait_for()
    assert page.locator("#container").count() == 0
