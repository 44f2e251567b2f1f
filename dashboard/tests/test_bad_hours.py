"""What people run into at a bad moment: forms of before, links that have run out, were used or scanned, no Redis."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts import revocation
from accounts.models import Cause, Integration, Membership, User
from accounts.revocation import Scope
from accounts.tests.world import PASSWORD

pytestmark = pytest.mark.django_db
NEW = "a quite new phrase"


def token_of(page):
    return re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())[1]


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/dashboard/settings/", {"name": "Mallory"}),
        ("/dashboard/integrations/", {"name": "Late", "grant_types": "client_credentials", "scopes": "profile"}),
        ("/dashboard/organisations/{acme}/members/", {"email": "mal@example.com", "role": "owner"}),
        ("/dashboard/organisations/{acme}/members/{bob}/remove/", {}),
        ("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}),
        ("/dashboard/sign-out-everywhere/", {}),
    ],
)
def test_a_form_of_before_the_session_ended_changes_nothing(world, browser, path, fields):
    alice = Client(enforce_csrf_checks=True)
    alice.cookies = browser(world.alice).cookies
    fields = {**fields, "csrfmiddlewaretoken": token_of(alice.get("/dashboard/settings/"))}
    revocation.revoke(Scope(user=world.alice, only_sessions=True), cause=Cause.ENDED)
    before = everything(world)
    answer = alice.post(path.format(acme=world.acme.pk, bob=world.bob.pk), {**fields, "organisation": world.acme.pk})
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/accounts/login/")
    assert everything(world) == before


def everything(world):
    return (
        list(User.objects.order_by("pk").values_list("name", "password", "epoch")),
        list(Integration.objects.order_by("pk").values_list("pk")),
        list(Membership.objects.order_by("pk").values_list("pk", "role")),
        world.acme.invitations.count(),
    )


def mailed(where):
    return re.search(rf"https?://[^/]+({where}\S+)", mail.outbox[-1].body)[1]


def ask_for_a_reset(client, user):
    client.post("/accounts/password/reset/", {"email": user.email})
    return mailed("/accounts/password/reset/key/")


def sign_up(client):
    fields = {"email": "carol@example.com", "password1": NEW, "password2": NEW}
    client.post("/accounts/signup/", fields)
    return mailed("/accounts/confirm-email/")


def test_a_reset_link_that_a_scanner_opened_works_for_its_person(world, client):
    link = ask_for_a_reset(client, world.bob)
    for _ in range(3):
        assert Client().get(link, follow=True).status_code == 200
    form = client.get(link)["Location"]
    client.post(form, {"password1": NEW, "password2": NEW})
    assert User.objects.get(pk=world.bob.pk).check_password(NEW)


@pytest.mark.parametrize("page", ["login", "signup", "password/reset", "confirm-email", "inactive"])
@pytest.mark.parametrize("wrong", ["http://[", "//[", "http://[::1", "\\\\x", "javascript:x"])
def test_what_is_no_address_is_no_place_to_go_to(client, page, wrong):
    answer = client.get(f"/accounts/{page}/", {"next": wrong})
    assert answer.status_code == 200
    assert f'href="{wrong}' not in answer.content.decode()


def test_a_reset_link_lasts_an_hour(world, client):
    link = ask_for_a_reset(client, world.bob)
    with time_machine.travel(timezone.now() + timedelta(minutes=59)):
        assert client.get(link).status_code == 302
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        assert b"does nothing any more" in client.get(link).content
        form = re.sub(r"-[^/]+/$", "-set-password/", link)  # the page that it led to, left open
        assert b"does nothing any more" in client.post(form, {"password1": NEW, "password2": NEW}).content
    assert User.objects.get(pk=world.bob.pk).check_password(PASSWORD)


def test_a_confirmation_link_lasts_three_days_and_says_so_when_used_twice(client):
    link = sign_up(client)
    with time_machine.travel(timezone.now() + timedelta(days=3, minutes=1)):
        assert b"does nothing any more" in client.get(link).content
    client.post(link)
    assert User.objects.get(email="carol@example.com").emailaddress_set.get().verified
    assert b"does nothing any more" in client.get(link).content


@pytest.fixture
def without_redis(settings):
    """Configured, and not there: whatever asks it is refused at once."""
    gone = "redis://127.0.0.1:1/0"
    options = {"SOCKET_CONNECT_TIMEOUT": 0.25, "SERIALIZER": "django_redis.serializers.json.JSONSerializer"}
    cache = {"BACKEND": "saas.cache.RedisOrMemory", "LOCATION": gone, "OPTIONS": options}
    settings.REDIS_URL, settings.CACHES = gone, {"default": cache}


def test_without_redis_everything_works_on(world, browser, without_redis):
    here, there = browser(world.bob), browser(world.bob)
    world.connect(world.bob)
    for path in ("", "sessions/", "apps/", "security-log/", "members/"):
        assert here.get(f"/dashboard/{path}", follow=True).status_code == 200
    assert there.get("/live/").json()["ended"] is False
    here.post("/dashboard/sessions/end-others/")
    assert there.get("/live/").json()["ended"] is True
    assert (
        "Ended: 1 session and 1 connected app"
        in here.post("/dashboard/sign-out-everywhere/", follow=True).content.decode()
    )
    assert here.get("/dashboard/").status_code == 302
