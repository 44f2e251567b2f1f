"""Where a code may be sent: the registered address, and on a native app's loopback any port of it (RFC 8252, 7.3)."""

import pytest

from accounts.tests.world import VERIFIER, ask_token, authorize_url, redirected

pytestmark = pytest.mark.django_db
V4, V6 = "http://127.0.0.1/callback", "http://[::1]:9000/callback"


@pytest.fixture
def native(world):
    return world.integration("Native", ["authorization_code"], [V4, V6, "http://localhost:9000/x"], public=True)[0]


@pytest.mark.parametrize(
    "uri", [V4, V6, "http://127.0.0.1:1/callback", "http://127.0.0.1:65535/callback", "http://[::1]/callback"]
)
def test_a_native_app_listens_on_whichever_port_it_gets(world, native, browser, client, uri):
    back = redirected(browser(world.bob).post(authorize_url(native, redirect_uri=uri), {"decision": "allow"}))
    fields = {"grant_type": "authorization_code", "code": back["code"], "code_verifier": VERIFIER}
    assert ask_token(client, native, None, **fields, redirect_uri=V4 + "x").json()["error"] == "invalid_grant"
    assert ask_token(client, native, None, **fields, redirect_uri=uri).status_code == 200


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1:9000/other",
        "http://127.0.0.1:9000",
        "http://127.0.0.1:0/callback",
        "http://127.0.0.1:65536/callback",
        "http://127.0.0.1:09/callback",
        "http://127.0.0.1:/callback",
        "http://127.0.0.1:1@evil.example/callback",
        "http://127.0.0.1:1:2/callback",
        "http://127.0.0.1.evil.example/callback",
        "http://127.0.0.2:9000/callback",
        "http://127.1:9000/callback",
        "http://2130706433/callback",
        "http://[::ffff:127.0.0.1]/callback",
        "https://127.0.0.1:9000/callback",
        "http://localhost:9001/x",
        "http://127.0.0.1:9000/callback?x=1",
        "http://127.0.0.1:9000/callback#x",
    ],
)
def test_nothing_but_the_port_is_free(world, native, browser, uri):
    assert browser(world.bob).get(authorize_url(native, redirect_uri=uri)).status_code == 400


def test_the_fields_of_the_consent_form_never_overrule_the_address_that_was_checked(world, browser):
    fields = {"decision": "allow", "redirect_uri": "https://evil.example/", "scope": "admin", "state": "a\nb"}
    answer = browser(world.bob).post(authorize_url(world.sync), fields)
    assert answer["Location"].startswith("https://sync.example/callback?")
    assert redirected(answer)["state"] == "xyz"
