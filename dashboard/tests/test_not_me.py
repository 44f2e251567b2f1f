"""Told by mail, with one click that ends everything: what is told, and what the link does, once, for a week."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from django.core import mail
from django.utils import timezone

from accounts import grants, notices, recovery, tokens
from accounts.models import Notice, SecurityEvent, User
from accounts.tests.world import PASSWORD

pytestmark = pytest.mark.django_db


def link(number=-1):
    """The path of the link in a mail."""
    found = re.search(r"http\S+/not-me/\S+", mail.outbox[number].body)
    return urlsplit(found.group()).path if found else None


def fresh(user, about="new_sign_in", **fields):
    return urlsplit(notices.not_me_link(user, about, **fields)).path


@pytest.fixture
def _at_once(monkeypatch):
    """A test's transaction never commits; its mails are sent as if it had."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda act, *args, **kwargs: act())


def test_the_link_asks_by_get_and_changes_nothing_so_that_scanners_may(world, browser, client):
    bob, path = browser(world.bob), fresh(world.bob)
    for _ in range(3):
        assert "1 session" in client.get(path).content.decode()
    assert client.head(path).status_code == 200
    assert bob.get("/dashboard/").status_code == 200


def test_the_button_ends_everything_of_theirs_and_nothing_of_others(world, browser, client, _at_once):
    bob, alice, had = browser(world.bob), browser(world.alice), world.connect(world.bob)
    page = client.post(fresh(world.bob)).content.decode()
    assert "1 session and 1 connected app" in page
    assert (bob.get("/dashboard/").status_code, alice.get("/dashboard/").status_code) == (302, 200)
    assert not tokens.is_live(tokens.verify(had["access_token"]))
    assert not User.objects.get(pk=world.bob.pk).check_password(PASSWORD)
    assert mail.outbox[-1].to == [world.bob.email]
    assert SecurityEvent.objects.filter(user=world.bob, kind="not_me").exists()


def test_it_works_once(world, client):
    path = fresh(world.bob)
    assert client.post(path).status_code == 200
    for ask in (client.get, client.post):
        assert ask(path).status_code == 404


def test_it_works_for_a_week(world, client):
    path = fresh(world.bob)
    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=1)):
        assert client.get(path).status_code == client.post(path).status_code == 404


@pytest.mark.parametrize("token", ["x", "%00", "0" * 3000, "pc_notme_x"])
def test_a_made_up_link_does_nothing(world, client, token):
    assert client.get(f"/not-me/{token}/").status_code == 404
    assert client.post(f"/not-me/{token}/").status_code == 404


def test_the_links_secret_is_nowhere_in_the_database(world):
    token = fresh(world.bob).split("/")[2]
    assert token not in str(vars(Notice.objects.get()))


def test_what_was_added_since_is_taken_back_and_what_was_there_stays(world, client):
    with time_machine.travel(timezone.now() - timedelta(days=2)):
        TOTP.activate(world.alice, "JBSWY3DPEHPK3PXP")
    TOTP.activate(world.bob, "JBSWY3DPEHPK3PXP")
    client.post(fresh(world.bob))
    client.post(fresh(world.alice))
    assert [user.authenticator_set.exists() for user in (world.bob, world.alice)] == [False, True]


def test_a_changed_address_is_taken_back_for_whoever_reads_the_old_one(world, client, _at_once):
    path = fresh(world.bob, "email_changed", address="bob@example.com")
    User.objects.filter(pk=world.bob.pk).update(email="mal@evil.example")
    EmailAddress.objects.filter(user=world.bob).update(email="mal@evil.example")
    client.post(path)
    assert User.objects.get(pk=world.bob.pk).email == "bob@example.com"
    assert list(EmailAddress.objects.filter(user=world.bob).values_list("email", "verified")) == [
        ("bob@example.com", True)
    ]
    assert mail.outbox[-1].to == ["bob@example.com"]


def test_an_address_that_is_somebody_elses_by_now_stays_theirs(world, client):
    path = fresh(world.bob, address="alice@example.com")
    client.post(path)
    assert User.objects.get(pk=world.bob.pk).email == "bob@example.com"


def test_a_stale_mail_cannot_be_used_by_the_account_that_was_thrown_out(world, client):
    """Every notice has its own link; one that was used does not take the others with it."""
    first, second = fresh(world.bob), fresh(world.bob)
    client.post(first)
    assert client.get(second).status_code == 200


def test_a_new_browser_is_told_of_and_the_first_and_a_known_one_are_not(world, browser, _at_once):
    laptop = browser(world.bob)
    assert mail.outbox == []
    browser(world.bob)
    assert "a browser we have not seen before" in " ".join(mail.outbox[-1].body.split())
    laptop.post("/accounts/logout/")
    laptop.post("/accounts/login/", {"login": world.bob.email, "password": PASSWORD})
    assert len(mail.outbox) == 1
    assert link()


def test_a_changed_password_is_told_of(world, browser, _at_once):
    bob = browser(world.bob)
    fields = {"oldpassword": PASSWORD, "password1": "a quite new phrase", "password2": "a quite new phrase"}
    bob.post("/accounts/password/change/", fields)
    assert "password" in mail.outbox[-1].subject.lower()
    assert link()


def test_a_changed_address_is_told_to_the_old_one(world, browser, _at_once):
    bob = browser(world.bob)
    bob.post("/accounts/email/", {"email": "bobby@example.com", "action_add": ""})
    confirm = re.search(r"http://[^/]+(/accounts/confirm-email/\S+)", mail.outbox[-1].body).group(1)
    bob.post(confirm)
    told = next(m for m in mail.outbox if "not-me" in m.body)
    assert told.to == ["bob@example.com"]
    assert User.objects.get(pk=world.bob.pk).email == "bobby@example.com"


def test_a_refresh_token_used_twice_is_told_of_with_a_way_out_for_its_person(world, _at_once):
    had = world.connect(world.bob)
    world.refresh(world.refresh(had))
    with pytest.raises(grants.InvalidGrant):
        world.refresh(had)
    told = {message.to[0]: "/not-me/" in message.body for message in mail.outbox}
    assert told == {"alice@example.com": False, "bob@example.com": True}
    assert recovery.find(link(-1).split("/")[2]).user == world.bob


def test_what_was_told_at_the_address_of_whoever_changed_it_takes_nothing_back(world, client):
    """The thief puts their address in, and is told of all that follows, with links of their own."""
    earlier = fresh(world.bob, "new_browser")
    theirs = fresh(world.bob, "email_changed", address="bob@example.com")
    User.objects.filter(pk=world.bob.pk).update(email="mal@evil.example")
    EmailAddress.objects.filter(user=world.bob).update(email="mal@evil.example")
    world.bob.refresh_from_db()
    thiefs = fresh(world.bob, "password_changed")
    client.post(theirs)
    TOTP.activate(world.bob, "JBSWY3DPEHPK3PXP")
    assert client.post(thiefs).status_code == 404
    assert User.objects.get(pk=world.bob.pk).email == "bob@example.com"
    assert world.bob.authenticator_set.exists()
    assert client.get(earlier).status_code == 200


def test_a_link_to_choose_a_password_goes_to_no_address_that_nobody_has_confirmed(world, client):
    EmailAddress.objects.create(user=world.bob, email="slip@elsewhere.example", verified=False)
    client.post("/accounts/password/reset/", {"email": "slip@elsewhere.example"})
    assert not any("/reset/key/" in sent.body for sent in mail.outbox)
    client.post("/accounts/password/reset/", {"email": world.bob.email})
    assert "/reset/key/" in mail.outbox[-1].body
