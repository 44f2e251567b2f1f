"""The session engine: Django's contract, one query, hashed keys, two ends, and nobody brought back from the dead."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth import login
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import IntegrityError
from django.http import HttpRequest
from django.test import Client, TestCase
from django.utils import timezone

from accounts import crypto, sessions
from accounts.models import Session, User
from accounts.sessions import SessionStore
from accounts.tests.django_session_tests import SessionTestsMixin

COOKIE = "sessionid"
HOUR, DAY = 3600, 86_400


class DjangosOwnTests(SessionTestsMixin, TestCase):
    backend = SessionStore


def test_a_dashboard_request_is_authenticated_in_one_statement(world, browser, django_assert_num_queries):
    bob = browser(world.bob)
    store = SessionStore(bob.cookies[COOKIE].value)
    with django_assert_num_queries(1):
        assert store.user == world.bob


def test_a_whole_request_asks_once_for_session_and_user(world, browser, django_assert_num_queries):
    bob = browser(world.bob)
    with django_assert_num_queries(1):
        assert bob.get("/accounts/password/change/").status_code == 200


def test_the_row_knows_its_user_and_not_the_cookies_key(world, browser):
    key = browser(world.bob).cookies[COOKIE].value
    row = Session.objects.get(user=world.bob)
    assert row.key_hash == crypto.digest(key)
    assert (row.epoch, row.method, row.ip_address) == (world.bob.epoch, "password", "127.0.0.1")
    assert SessionStore(row.key_hash).user is None


def test_a_raised_epoch_ends_the_session_though_its_row_is_there(world, browser):
    bob = browser(world.bob)
    User.objects.filter(pk=world.bob.pk).update(epoch=world.bob.epoch + 1)
    assert bob.get("/dashboard/").status_code == 302
    assert Session.objects.filter(user=world.bob).exists()


def test_it_ends_after_an_hour_idle(world, browser):
    bob = browser(world.bob)
    with time_machine.travel(timezone.now() + timedelta(seconds=HOUR + 1)):
        assert bob.get("/dashboard/").status_code == 302


def test_activity_keeps_it_but_not_beyond_a_day(world, browser):
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        bob = browser(world.bob)
        for minutes in range(50, 24 * 60, 50):
            clock.move_to(start + timedelta(minutes=minutes))
            assert bob.get("/dashboard/").status_code == 200
        clock.move_to(start + timedelta(seconds=DAY + 1))
        assert bob.get("/dashboard/").status_code == 302


def test_last_seen_is_written_once_a_minute_at_most(world, browser, django_assert_num_queries):
    bob = browser(world.bob)
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        with django_assert_num_queries(2):
            bob.get("/accounts/password/change/")
        with django_assert_num_queries(1):
            bob.get("/accounts/password/change/")


def remembered(world, user):
    from django.test import Client

    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": "correct horse battery", "remember": "on"})
    return client


def test_a_remembered_browser_lasts_for_days_and_ends_too(world):
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        bob = remembered(world, world.bob)
        assert bob.cookies[COOKIE]["max-age"] == 30 * DAY
        for days in (13, 26):
            clock.move_to(start + timedelta(days=days))
            assert bob.get("/dashboard/").status_code == 200
        clock.move_to(start + timedelta(days=30, seconds=1))
        assert bob.get("/dashboard/").status_code == 302


def test_staff_are_never_remembered_not_even_when_they_become_staff_later(world):
    bob = remembered(world, world.bob)
    User.objects.filter(pk=world.bob.pk).update(is_staff=True)
    with time_machine.travel(timezone.now() + timedelta(seconds=HOUR + 1)):
        assert bob.get("/dashboard/").status_code == 302


def test_a_session_of_staff_is_counted_as_live_for_as_long_as_it_lets_in(world):
    User.objects.filter(pk=world.bob.pk).update(is_staff=True)
    bob = remembered(world, world.bob)
    key = bob.cookies[COOKIE].value
    assert (Session.objects.live().count(), bool(sessions.pulse(key))) == (1, True)
    with time_machine.travel(timezone.now() + timedelta(seconds=HOUR + 1)):
        assert (Session.objects.live().count(), sessions.pulse(key)) == (0, None)
        assert bob.get("/dashboard/").status_code == 302


def test_saving_an_ended_session_raises_and_inserts_nothing(world, browser):
    store = SessionStore(browser(world.bob).cookies[COOKIE].value)
    store["seen"] = True
    Session.objects.all().delete()
    with pytest.raises(UpdateError):
        store.save()
    assert not Session.objects.exists()


def test_cycling_the_key_of_an_ended_session_inserts_nothing(world, browser):
    store = SessionStore(browser(world.bob).cookies[COOKIE].value)
    assert store.user == world.bob
    Session.objects.all().delete()
    with pytest.raises(SessionInterrupted):
        store.cycle_key()
    assert not Session.objects.exists()


def test_signing_in_gives_a_new_key_and_the_old_one_is_dead(world):
    request = HttpRequest()
    request.session = SessionStore()
    request.session["basket"] = "full"
    request.session.save()
    before = request.session.session_key
    login(request, world.bob, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert request.session.session_key != before
    assert not SessionStore().exists(before)
    assert request.session["basket"] == "full"


def test_signing_out_ends_the_row_and_a_copied_cookie_with_it(world, browser):
    bob = browser(world.bob)
    copied = bob.cookies[COOKIE].value
    bob.post("/accounts/logout/")
    assert not Session.objects.filter(user=world.bob).exists()
    assert SessionStore(copied).user is None


def test_signing_out_is_not_done_by_a_link(world, browser):
    bob = browser(world.bob)
    bob.get("/accounts/logout/")
    assert bob.get("/dashboard/").status_code == 200


@pytest.mark.parametrize(
    "cookie",
    ["", "x", "a" * 32, "a" * 8000, '"aaaaaaaa\\000bbbbbbbb"', "a;b=c", "../../etc/passwd", "%00" * 9],
)
def test_a_junk_cookie_is_an_anonymous_request_and_no_row(world, client, cookie):
    client.cookies.load({COOKIE: cookie})
    assert client.get("/dashboard/").status_code == 302
    assert client.get("/accounts/login/").status_code == 200
    assert not Session.objects.exists()


def test_a_foreign_cookie_is_not_adopted(world, client):
    client.cookies[COOKIE] = "chosenbyanattacker0123456789abcd"
    client.post("/accounts/login/", {"login": world.bob.email, "password": "correct horse battery"})
    assert client.cookies[COOKIE].value != "chosenbyanattacker0123456789abcd"


def test_a_session_under_a_retired_secret_key_lives_while_that_is_a_fallback(world, browser, settings):
    bob = browser(world.bob)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another-key-for-this-test"
    assert bob.get("/dashboard/").status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert bob.get("/dashboard/").status_code == 302


def test_a_visit_lengthens_no_session_that_was_given_less(world, browser):
    key = browser(world.bob).cookies[COOKIE].value
    store = SessionStore(key)
    store.set_expiry(300)
    store.save()
    with time_machine.travel(timezone.now() + timedelta(seconds=120)):
        again = SessionStore(key)
        assert again.user == world.bob
        again.touch()
        assert Session.objects.get(user=world.bob).expire_date <= timezone.now() + timedelta(seconds=300)


def test_a_session_that_cannot_be_kept_is_not_tried_for_ever(world, monkeypatch):
    columns = SessionStore._columns
    monkeypatch.setattr(SessionStore, "_columns", lambda *args: {**columns(*args), "session_data": None})
    with pytest.raises(IntegrityError):
        SessionStore().create()


def test_a_copy_of_the_cookie_is_another_browser_where_the_others_are_ended(world, browser):
    here = browser(world.bob)
    copied = Client()
    copied.cookies[COOKIE] = here.cookies[COOKIE].value
    assert copied.get("/dashboard/").status_code == 200
    here.post("/dashboard/sessions/end-others/")
    assert [here.get("/dashboard/").status_code, copied.get("/dashboard/").status_code] == [200, 302]
