"""Every mail, as text and as HTML: what it says, whose words it may hold, and what happens where none can be sent."""

import re
from email import message_from_bytes, policy
from pathlib import Path

import allauth
import pytest
from allauth.account import app_settings
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.utils import timezone

from accounts import clients, events, members, notices, revocation
from accounts.letters import Letter
from accounts.models import Cause, Integration, LateTry, Membership, Organisation, SecurityEvent, User
from accounts.revocation import Scope
from accounts.visitors import Visitor
from dashboard import mails

pytestmark = pytest.mark.django_db
NEW = "a quite new phrase"
SIGN_UP = {"email": "Carol@Example.com", "password1": NEW, "password2": NEW}
LAPTOP = Visitor("203.0.113.7", "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0")
HOSTILE = '<b>Acme</b> <a href="http://evil.example/">\r\nBcc: all@example.com\r\n\r\n    http://evil.example/'


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    """A test's transaction never commits; its mails are sent as if it had."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda act, *args, **kwargs: act())


@pytest.fixture
def mail_is_down(settings):
    settings.EMAIL_BACKEND, settings.EMAIL_PORT = "django.core.mail.backends.smtp.EmailBackend", 1


def text(number=-1):
    """What a mail says, however it is broken into lines."""
    return " ".join(mail.outbox[number].body.split())


def html(number=-1):
    return mail.outbox[number].alternatives[0][0]


def secure(user):
    return revocation.revoke(Scope(user=user), cause=Cause.COMPROMISED)


def tell_all(world):
    """One of each that we send by ourselves."""
    had = world.connect(world.bob)
    grant = world.grant_of(had)
    notices.tell_of_reuse(grant)
    ended = revocation.revoke(Scope(grant=grant), cause=Cause.ENDED)
    event = events.record(SecurityEvent.Kind.TRIED_AGAIN, user=world.bob, integration=world.sync)
    tried = LateTry(kind="access_token", integration=world.sync, user_agent=LAPTOP.user_agent, ip_address="203.0.113.7")
    notices.tell_of_late_try(tried, event, ended)
    notices.tell_of_sign_in(world.bob, LAPTOP, news="in a browser we have not seen before")
    for change in notices.CHANGES:
        about = {"from_email": "bob@example.com", "to_email": "new@example.com", "deleted_email": "new@example.com"}
        notices.tell_of_change(world.bob, change, LAPTOP, **about)
    notices.tell_of_removed_factor(world.bob, "Authenticator app")
    members.invite(organisation=world.acme, email="carol@example.com", role="member", by=world.alice)
    secure(world.alice)


def ask_all(world, client, browser):
    """One of each that allauth sends to whoever asks."""
    client.post("/accounts/signup/", SIGN_UP)
    client.post("/accounts/signup/", {**SIGN_UP, "email": world.mallory.email})
    client.post("/accounts/password/reset/", {"email": world.mallory.email})
    client.post("/accounts/password/reset/", {"email": "nobody@example.com"})
    browser(world.mallory).post("/accounts/email/", {"email": "mal@example.com", "action_add": ""})


def test_each_is_in_both_forms_with_the_same_links_and_one_button(world, client, browser):
    ask_all(world, client, browser)
    tell_all(world)
    assert len({message.subject for message in mail.outbox}) == len(mails.LETTERS) + len(notices.CHANGES) + 6
    for number, message in enumerate(mail.outbox):
        assert message.message().get_content_type() == "multipart/alternative"
        links = re.findall(r"https?://\S+/\S+", message.body)
        assert links and set(links) == set(re.findall(r'href="([^"]+)"', html(number)))
        assert all(link.startswith(settings.ISSUER) for link in links)
        assert html(number).count("<h1") == html(number).count('class="button"') == 1
        assert message.subject in html(number)
        assert not re.search(r"<img|<link|<script|url\(|src=", html(number)), "nothing from elsewhere"
        assert max(len(line) for line in message.body.splitlines() if "http" not in line) < 78


def test_every_subject_is_a_sentence_and_no_title(world, client, browser):
    ask_all(world, client, browser)
    tell_all(world)
    for message in mail.outbox:
        words = message.subject.replace("Access token of Sync", "").split()[1:]
        assert words and {word for word in words if not word.islower()} <= {"Acme"}
        assert "Portcullis" not in message.subject, "the sender says that"


def test_whatever_allauth_may_mail_has_words_of_ours():
    folder = Path(allauth.__file__).parent / "templates"
    names = {path.name.removesuffix("_subject.txt") for path in folder.glob("[am]*/email/*_subject.txt")}
    # Codes by mail are off; of a confirmed address it tells by a page.
    never = {"login_code", "password_reset_code", "email_confirm"}
    assert names - never == {*mails.LETTERS, *notices.CHANGES}


def test_strangers_words_are_no_html_no_header_and_no_line_of_their_own(world):
    for model in (User, Organisation, Integration):
        model.objects.update(name=HOSTILE)
    for row in (world.alice, world.bob, world.acme, world.sync):
        row.refresh_from_db()
    tell_all(world)
    for number, message in enumerate(mail.outbox):
        sent = message_from_bytes(message.message().as_bytes(), policy=policy.default)
        assert (sent["To"], sent["Bcc"]) == (message.to[0], None)
        assert "&lt;b&gt;" in html(number) and "<b>" not in html(number)
        assert all(tag.startswith('<a class="') and "evil" not in tag for tag in re.findall("<a[^>]*>", html(number)))
        assert "    http://evil.example/" not in message.body.splitlines()


@pytest.mark.parametrize("where", ["subject", "name", "opening", "advice", "closing"])
def test_no_part_of_a_letter_gets_out_of_its_place(where):
    Letter(**{"subject": "x", "opening": "x", where: HOSTILE}, facts={"app": HOSTILE}).send("bob@example.com")
    sent = message_from_bytes(mail.outbox[0].message().as_bytes(), policy=policy.default)
    assert sent.keys().count("Bcc") == 0 and sent["To"] == "bob@example.com"
    assert (
        "<a" not in html()
        and "<b" not in html().replace("<body", "")
        and "&lt;a href=&quot;http://evil.example/&quot;&gt;" in html()
    )
    assert "    http://evil.example/" not in mail.outbox[0].body.splitlines()


def test_the_way_out_speaks_of_the_password_that_works_now(world):
    """After a theft "the old password" is the victim's own, and the thief has the new one."""
    tell_all(world)
    ways_out = [text(number) for number in range(len(mail.outbox)) if "/not-me/" in text(number)]
    assert len(ways_out) == len(notices.CHANGES) + 3
    assert all("the present password stops working, whoever chose it" in said for said in ways_out)
    assert not any("old password" in text(number) for number in range(len(mail.outbox)))


def test_an_account_that_was_secured_is_told_what_ended(world, browser):
    browser(world.alice)
    browser(world.alice)
    world.connect(world.alice)
    clients.create_secret(world.export, by=world.alice)
    mail.outbox.clear()
    revoked = secure(world.alice)
    assert f"What ended: {revoked.in_words}." in text()
    assert "2 sessions, 1 connected app and 3 client secrets" in text()
    assert "You created those client secrets: programs that use them stop until they get new ones." in text()
    assert "What ended" in html()


def test_what_did_not_end_is_not_spoken_of(world, browser):
    browser(world.bob)
    secure(world.bob)
    assert "What ended: 1 session." in text() and "secret" not in text() and "app" not in text()
    secure(world.mallory)
    assert "What ended" not in text()


def test_one_client_secret_is_one(world):
    world.sync.secrets.update(ended_at=timezone.now())
    secure(world.alice)
    assert "What ended: 1 client secret. You created that client secret: programs that use it stop" in text()


def test_signing_up_and_a_new_address_for_an_account_are_confirmed_in_words_of_their_own(client, browser, world):
    client.post("/accounts/signup/", SIGN_UP)
    assert (mail.outbox[-1].subject, "signed up at" in text()) == ("Confirm your e-mail address", True)
    cache.clear()  # or it would hold back another
    client.post("/accounts/login/", {"login": "carol@example.com", "password": NEW})
    assert (len(mail.outbox), mail.outbox[-1].subject) == (2, "Confirm your e-mail address")
    browser(world.bob).post("/accounts/email/", {"email": "bobby@example.com", "action_add": ""})
    assert (mail.outbox[-1].subject, mail.outbox[-1].to) == ("Confirm your new e-mail address", ["bobby@example.com"])
    assert "signed up" not in text() and "bob@example.com" not in text()


def test_they_say_how_long_a_link_works(world, client):
    client.post("/accounts/signup/", SIGN_UP)
    assert app_settings.EMAIL_CONFIRMATION_EXPIRE_DAYS == 3 and "works once, and for three days" in text()
    client.post("/accounts/password/reset/", {"email": world.bob.email})
    assert settings.PASSWORD_RESET_TIMEOUT == 3600 and "works once, and for an hour" in text()


def test_an_address_is_no_name(world):
    User.objects.update(name="")
    for row in (world.alice, world.bob):
        row.refresh_from_db()
    tell_all(world)
    assert all(message.body.startswith("Hello,\n") for message in mail.outbox)
    invitation = next(message for message in mail.outbox if "/invitations/" in message.body)
    assert invitation.subject == "alice@example.com invites you to Acme"
    assert "example. com" not in invitation.body and "(alice@example.com)" not in invitation.body


def test_a_sign_up_without_a_mail_server_makes_one_account_and_says_what_to_do(client, mail_is_down, caplog):
    for _ in range(2):
        answer = client.post("/accounts/signup/", SIGN_UP)
        assert answer.status_code == 503
        assert b"there is no need to sign up again" in answer.content and b'href="/accounts/login/"' in answer.content
    assert (User.objects.count(), Organisation.objects.count(), Membership.objects.count()) == (1, 1, 1)
    assert "Not mailed to carol@example.com: email_confirmation_signup" in caplog.text


def test_once_it_is_back_signing_in_sends_the_link_at_once(client, settings):
    works = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND, settings.EMAIL_PORT = "django.core.mail.backends.smtp.EmailBackend", 1
    client.post("/accounts/signup/", SIGN_UP)
    assert client.post("/accounts/login/", {"login": SIGN_UP["email"], "password": NEW}).status_code == 503
    settings.EMAIL_BACKEND = works
    answer = client.post("/accounts/login/", {"login": SIGN_UP["email"], "password": NEW})
    assert answer["Location"] == "/accounts/confirm-email/"
    client.post(re.search(r"http://[^/]+(/accounts/confirm-email/\S+)", mail.outbox[-1].body)[1])
    client.post("/accounts/login/", {"login": SIGN_UP["email"], "password": NEW})
    assert client.get("/dashboard/").status_code == 200


@pytest.mark.parametrize(("path", "more"), [("signup/", {"password1": NEW, "password2": NEW}), ("password/reset/", {})])
def test_that_no_mail_goes_out_tells_nobody_who_has_an_account(world, client, mail_is_down, path, more):
    answers = [
        client.post(f"/accounts/{path}", {"email": email, **more}) for email in ("bob@example.com", "x@example.com")
    ]
    assert [answer.status_code for answer in answers] == [503, 503]
    assert answers[0].content == answers[1].content


def test_a_new_address_waits_for_the_mail_server_and_can_be_asked_for_again(world, browser, settings):
    bob, works = browser(world.bob), settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND, settings.EMAIL_PORT = "django.core.mail.backends.smtp.EmailBackend", 1
    answer = bob.post("/accounts/email/", {"email": "bobby@example.com", "action_add": ""})
    assert answer.status_code == 503 and b'href="/accounts/email/"' in answer.content
    settings.EMAIL_BACKEND = works
    assert b"bobby@example.com" in bob.get("/accounts/email/").content
    bob.post("/accounts/email/", {"email": "bobby@example.com", "action_send": ""})
    assert mail.outbox[-1].to == ["bobby@example.com"]
    assert User.objects.get(pk=world.bob.pk).email == "bob@example.com"
