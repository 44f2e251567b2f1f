"""/oauth/authorize: consent is asked for, given to the right address, and never without PKCE S256."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine

from accounts.models import Grant
from accounts.tests.world import CALLBACK, PASSWORD, authorize_url, redirected

pytestmark = pytest.mark.django_db


def test_it_asks_in_words_and_gives_nothing_yet(world, browser):
    page = browser(world.bob).get(authorize_url(world.sync))
    assert page.status_code == 200
    for words in (b"Connect Sync?", b"See who it is acting for", b"sync.example", b"bob@example.com"):
        assert words in page.content
    assert not Grant.objects.exists()


def test_the_consent_page_cannot_be_framed_and_lets_the_form_go_where_it_says(world, browser):
    policy = browser(world.bob).get(authorize_url(world.sync))["Content-Security-Policy"]
    directives = set(policy.split("; "))
    assert {"frame-ancestors 'none'", "form-action 'self' http: https:"} <= directives


def test_the_form_may_lead_to_an_app_by_a_scheme_of_its_own(world, browser):
    world.sync.redirect_uris = ["com.example.app:/callback"]
    world.sync.save()
    page = browser(world.bob).get(authorize_url(world.sync, redirect_uri="com.example.app:/callback"))
    assert "form-action 'self' com.example.app: http:" in page["Content-Security-Policy"].split("; ")


def test_allowed_it_sends_a_code_with_state_and_issuer(world, browser, settings):
    answer = browser(world.bob).post(authorize_url(world.sync, state="a b&c"), {"decision": "allow"})
    assert answer.status_code == 302
    assert answer["Location"].startswith(CALLBACK + "?")
    query = redirected(answer)
    assert query["code"].startswith("pc_code_")
    assert (query["state"], query["iss"]) == ("a b&c", settings.ISSUER)


@pytest.mark.parametrize("fields", [{"decision": "deny"}, {}, {"decision": ""}])
def test_whatever_is_not_a_yes_is_a_no(world, browser, fields, settings):
    query = redirected(browser(world.bob).post(authorize_url(world.sync), fields))
    assert (query["error"], query["state"], query["iss"]) == ("access_denied", "xyz", settings.ISSUER)
    assert not Grant.objects.exists()


def test_whoever_is_not_signed_in_is_asked_to_first_and_comes_back(world, client):
    answer = client.get(authorize_url(world.sync))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=/oauth/authorize")


def test_consent_needs_a_csrf_token(world, browser):
    from django.test import Client

    bob = Client(enforce_csrf_checks=True)
    bob.cookies = browser(world.bob).cookies
    assert bob.post(authorize_url(world.sync), {"decision": "allow"}).status_code == 403
    assert not Grant.objects.exists()


def test_a_stranger_to_the_organisation_cannot_connect_its_app(world, browser):
    mallory = browser(world.mallory)
    assert mallory.get(authorize_url(world.sync)).status_code == 403
    assert mallory.post(authorize_url(world.sync), {"decision": "allow"}).status_code == 403
    assert not Grant.objects.exists()


@pytest.mark.parametrize(
    "changed",
    [
        {"code_challenge": None},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge": "short"},
        {"code_challenge": "x" * 128},
        {"response_type": "token"},
        {"response_type": "code token"},
        {"scope": "profile admin"},
        {"response_mode": "fragment"},
        {"response_mode": "form_post"},
        {"request": "e30.e30."},
        {"request_uri": "https://sync.example/request"},
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_the_protocol_does_not_allow_goes_back_as_an_error(world, browser, changed, method, settings):
    answer = getattr(browser(world.bob), method)(
        authorize_url(world.sync, **changed), {"decision": "allow"} if method == "post" else None
    )
    assert answer.status_code == 302
    query = redirected(answer)
    errors = {"invalid_request", "unsupported_response_type", "invalid_scope", "unauthorized_client"}
    assert query["error"] in errors | {"request_not_supported", "request_uri_not_supported"}
    assert (query["state"], query["iss"]) == ("xyz", settings.ISSUER)
    assert not Grant.objects.exists()


@pytest.mark.parametrize("state", ["xyz", "; url=https://evil.example", "\"'<>,"])
def test_an_error_behind_a_form_of_ours_goes_back_by_a_page_that_leads_on(world, browser, state, settings):
    """A redirect would be blocked by the form-action of the page that the form is on, and the form look dead."""
    url = authorize_url(world.sync, code_challenge=None, state=state)
    bob = browser(world.bob)
    page = bob.get(url, headers={"Sec-Fetch-Site": "same-origin"})
    assert (page.status_code, "code_challenge is missing" in page.content.decode()) == (200, True)
    assert page["Refresh"] == f"0; url={bob.get(url)['Location']}"
    query = parse_qs(urlsplit(page["Refresh"].removeprefix("0; url=")).query)
    assert (query["error"], query["state"]) == (["invalid_request"], [state])


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_a_link_from_elsewhere_gets_the_redirect_itself(world, browser, site):
    answer = browser(world.bob).get(authorize_url(world.sync, scope="x"), headers={"Sec-Fetch-Site": site})
    assert (answer.status_code, redirected(answer)["error"]) == (302, "invalid_scope")


def test_an_unproven_address_is_not_led_to_either(world, browser):
    url = authorize_url(world.sync, redirect_uri="https://evil.example/callback")
    page = browser(world.bob).get(url, headers={"Sec-Fetch-Site": "same-origin"})
    assert (page.status_code, page.get("Refresh")) == (400, None)


@pytest.mark.parametrize(
    "uri",
    [
        "https://sync.example/callback/",
        "https://sync.example/callback?x=1",
        "https://sync.example/callback#x",
        "https://sync.example.evil.example/callback",
        "https://sync.example@evil.example/callback",
        "https://SYNC.example/callback",
        "https://sync.example/Callback",
        "http://sync.example/callback",
        "https://sync.example/../callback",
        "https://sync.example\\@evil.example/callback",
        "//sync.example/callback",
        "javascript:alert(1)",
        "data:text/html,x",
        'https://sync.example/"callback',
        "",
        None,
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_address_that_is_not_registered_gets_a_page_and_never_a_redirect(world, browser, uri, method):
    answer = getattr(browser(world.bob), method)(authorize_url(world.sync, redirect_uri=uri))
    assert answer.status_code == 400
    assert b"cannot be connected" in answer.content
    assert not Grant.objects.exists()


@pytest.mark.parametrize("client_id", ["", None, "x", "a\0b", '"', "00000000-0000-4000-8000-000000000000", "x" * 5000])
def test_an_unknown_client_gets_a_page(world, browser, client_id):
    assert browser(world.bob).get(authorize_url(world.sync, client_id=client_id)).status_code == 400


@pytest.mark.parametrize("spell", [str.upper, lambda pk: pk.replace("-", ""), "{{{}}}".format, "urn:uuid:{}".format])
def test_a_client_has_one_name(world, browser, spell):
    url = authorize_url(world.sync, client_id=spell(str(world.sync.pk)))
    assert browser(world.bob).get(url).status_code == 400


@pytest.mark.parametrize(
    "name", ["client_id", "redirect_uri", "scope", "state", "response_type", "code_challenge", "x"]
)
def test_a_repeated_parameter_is_refused_and_named(world, browser, name):
    answer = browser(world.bob).get(authorize_url(world.sync) + f"&{name}=1&{name}=1")
    assert answer.status_code == 400
    assert f"{name} is repeated" in answer.content.decode()


@pytest.mark.parametrize("state", ["<script>alert(1)</script>", '"><b>', "\\", "x" * 2000])
def test_state_comes_back_untouched_and_is_never_shown(world, browser, state):
    bob = browser(world.bob)
    assert state not in bob.get(authorize_url(world.sync, state=state)).content.decode()
    assert redirected(bob.post(authorize_url(world.sync, state=state), {"decision": "allow"}))["state"] == state


@pytest.mark.parametrize("state", ["a\r\nSet-Cookie: x=1", "a\0b", "\u20ac"])
def test_a_state_that_no_header_could_carry_is_refused(world, browser, state):
    assert browser(world.bob).get(authorize_url(world.sync, state=state)).status_code == 400


def test_a_client_for_itself_alone_cannot_ask_people(world, browser):
    answer = browser(world.bob).get(authorize_url(world.export))
    assert answer.status_code == 400


@pytest.mark.parametrize(("scope", "asked_again"), [("profile", False), ("revocations:write", True)])
def test_consent_to_write_asks_again_who_it_is_once_the_sign_in_is_old(world, browser, scope, asked_again):
    start = time.time()
    world.sync.scopes = ["profile", "revocations:write"]
    world.sync.save()
    alice, url = browser(world.alice), authorize_url(world.sync, scope=scope)
    assert alice.get(url).status_code == 200
    with time_machine.travel(start + 600):
        answers = [alice.get(url), alice.post(url, {"decision": "allow"})]
        if asked_again:
            assert all(answer["Location"].startswith("/accounts/reauthenticate/?next=") for answer in answers)
            assert not Grant.objects.exists()
            answer = alice.post(answers[0]["Location"], {"password": PASSWORD, "next": url})
            assert answer["Location"] == url
        assert alice.post(url, {"decision": "allow"})["Location"].startswith(CALLBACK)
