"""Sign up, sign in, and what the entrance does not tell a stranger."""

import re

import pytest
from django.core import mail

from accounts.models import Membership, User
from accounts.tests.world import PASSWORD

pytestmark = pytest.mark.django_db
FORM = {"email": "Carol@Example.com", "password1": "a phrase of her own", "password2": "a phrase of her own"}


def test_signing_up_makes_an_owner_of_an_organisation_once_the_address_is_confirmed(client):
    client.post("/accounts/signup/", {**FORM, "organisation": "Carols"})
    assert client.get("/dashboard/").status_code == 302
    link = re.search(r"http://[^/]+(/accounts/confirm-email/\S+)", mail.outbox[-1].body).group(1)
    client.post(link)
    client.post("/accounts/login/", {"login": "carol@example.com", "password": FORM["password1"]})
    assert client.get("/dashboard/").status_code == 200
    assert Membership.objects.get(user__email="carol@example.com").role == "owner"


def test_opening_the_confirmation_link_changes_nothing_so_that_scanners_may(client):
    client.post("/accounts/signup/", FORM)
    link = re.search(r"http://[^/]+(/accounts/confirm-email/\S+)", mail.outbox[-1].body).group(1)
    assert client.get(link).status_code == 200
    client.post("/accounts/login/", {"login": "carol@example.com", "password": FORM["password1"]})
    assert client.get("/dashboard/").status_code == 302


def test_a_known_address_and_a_new_one_look_the_same_at_sign_up(world, client):
    new = client.post("/accounts/signup/", FORM)
    known = client.post("/accounts/signup/", {**FORM, "email": world.bob.email})
    assert (new.status_code, new["Location"]) == (known.status_code, known["Location"])
    assert User.objects.filter(email=world.bob.email).count() == 1


def test_a_known_address_and_an_unknown_one_look_the_same_at_sign_in_and_reset(world, client):
    def page(path, field, email):
        text = client.post(path, {field: email, "password": "wrong"}, follow=True).content.decode()
        return re.sub(r'value="[^"]{64}"', "", text).replace(email, "")

    for path, field in (("/accounts/login/", "login"), ("/accounts/password/reset/", "email")):
        assert page(path, field, world.bob.email) == page(path, field, "nobody@example.com")


@pytest.mark.parametrize("url", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_it_sends_nobody_elsewhere(world, client, url):
    answer = client.post("/accounts/login/", {"login": world.bob.email, "password": PASSWORD, "next": url})
    assert answer["Location"] == "/dashboard/"


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("login/", {"login": "", "password": ""}),
        ("login/", {"login": "a\0b", "password": "a\0b"}),
        ("login/", {"login": "x" * 5000, "password": "x" * 5000}),
        ("signup/", {**FORM, "email": "a\0b@example.com"}),
        ("signup/", {**FORM, "email": "x" * 300 + "@example.com"}),
        ("signup/", {**FORM, "password1": "short", "password2": "short"}),
        ("signup/", {**FORM, "password2": "another"}),
        ("signup/", {**FORM, "password1": "password1234"}),
        ("signup/", {**FORM, "organisation": "x" * 151}),
        ("signup/", {**FORM, "organisation": "a\0b"}),
        ("password/reset/", {"email": "a\0b"}),
        ("password/reset/", {"email": ""}),
    ],
)
def test_bad_input_is_a_form_again_and_changes_nothing(world, client, path, fields):
    before = User.objects.count()
    answer = client.post(f"/accounts/{path}", fields)
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert User.objects.count() == before


@pytest.mark.parametrize("key", ["x-y", "1-set-password", "%00-%00", "a" * 300 + "-b", "zzzz-zzzz-zzzz"])
def test_a_made_up_reset_link_is_a_page_that_says_so(world, client, key):
    answer = client.get(f"/accounts/password/reset/key/{key}/")
    assert answer.status_code in {200, 404}


def test_guessing_is_slowed_down_and_the_owner_is_not_locked_out_for_good(world, client):
    for _ in range(12):
        last = client.post("/accounts/login/", {"login": world.bob.email, "password": "wrong"})
    assert b"Too many failed" in last.content


def test_bytes_that_are_not_utf_8_are_no_500(world, client):
    body = b"login=%ff%fe&password=%ff"
    answer = client.post("/accounts/login/", body, content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, b"login is not UTF-8" in answer.content) == (400, True)
    assert client.get("/dashboard/?x=%ff%fe").status_code == 400
