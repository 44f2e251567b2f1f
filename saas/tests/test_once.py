"""A field that comes twice, or in bytes that are no text, is named and nothing is done."""

import pytest

from accounts.models import Integration, User
from accounts.tests.world import PASSWORD

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("login=bob@example.com&login=alice@example.com&password=x", "login is repeated."),
        ("login=bob@example.com&password=x&password=x", "password is repeated."),
        (b"login=%ff%fe&password=x", "login is not UTF-8."),
        (b"login=%ED%A0%80&password=x", "login is not UTF-8."),
        (b"%ff=1&login=x", "A field is not UTF-8."),
        ("login=x&%3Cb%3E=1&%3Cb%3E=2", "&lt;b&gt; is repeated."),
    ],
)
def test_a_form_is_refused_by_the_fields_name(client, settings, body, said, debug):
    settings.DEBUG = debug
    answer = client.post("/accounts/login/", body, content_type=FORM)
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert "Traceback" not in answer.content.decode()


def test_which_of_two_passwords_counts_is_nobodys_guess(world, client):
    client.post("/accounts/login/", {"login": world.bob.email, "password": ["wrong", PASSWORD]})
    assert client.get("/dashboard/").status_code == 302


@pytest.mark.parametrize("query", ["page=1&page=2", "page=%ff", "x=1&x=1"])
def test_an_address_is_refused_too(world, browser, query):
    assert browser(world.bob).get(f"/dashboard/security-log/?{query}").status_code == 400


def test_boxes_of_which_several_may_be_ticked_are_several(world, browser):
    fields = {"name": "Two ways", "organisation": world.acme.pk, "scopes": ["profile"], "redirect_uris": ""}
    both = ["client_credentials", "authorization_code"]
    assert browser(world.alice).post("/dashboard/integrations/", {**fields, "grant_types": both}).status_code == 400
    fields["redirect_uris"] = "https://x.example/callback"
    answer = browser(world.alice).post("/dashboard/integrations/", {**fields, "grant_types": both})
    assert (answer.status_code, Integration.objects.filter(name="Two ways").count()) == (200, 1)


BAD_NAMES = ["a\nb", "a\r\nBcc: x", "a\u202eb", "a\u2066b", "\u200b", "a\u2028b", "a\x1bb", "a\x7fb"]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_reads_otherwise_than_it_is_is_refused(world, browser, client, name):
    fields = {"organisation": world.acme.pk, "scopes": "profile", "grant_types": "client_credentials"}
    before = Integration.objects.count()
    answer = browser(world.alice).post("/dashboard/integrations/", {"name": name, **fields})
    assert (answer.status_code, Integration.objects.count()) == (400, before)
    assert "A name is one line" in answer.content.decode()
    form = {"email": "carol@example.com", "password1": "a phrase of her own", "password2": "a phrase of her own"}
    client.post("/accounts/signup/", {**form, "organisation": name})
    assert not User.objects.filter(email="carol@example.com").exists()


@pytest.mark.parametrize("name", ["Zoë & Søn", "می‌خواهم", "👩‍👩‍👧", "שלום", "東京", "O'Neil <b>"])
def test_names_of_all_the_world_are_welcome(world, browser, name):
    fields = {"organisation": world.acme.pk, "scopes": "profile", "grant_types": "client_credentials"}
    assert browser(world.alice).post("/dashboard/integrations/", {"name": name, **fields}).status_code == 200
    assert Integration.objects.filter(name=name).exists()
