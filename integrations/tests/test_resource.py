"""Resource indicators (RFC 8707): ours is taken, any other is refused by name."""

import pytest

from accounts.tests.world import CALLBACK, VERIFIER, ask_token, authorize_url, redirected

pytestmark = pytest.mark.django_db


def test_our_own_is_taken_at_both_ends(world, browser, client, settings):
    url = authorize_url(world.sync, resource=settings.AUDIENCE)
    code = redirected(browser(world.bob).post(url, {"decision": "allow"}))["code"]
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    answer = ask_token(client, world.sync, world.sync_secret, **fields, resource=settings.AUDIENCE)
    assert answer.status_code == 200


@pytest.mark.parametrize("other", ["https://evil.example/api", "/api", "http://127.0.0.1:8000/API", ""])
@pytest.mark.parametrize("method", ["get", "post"])
def test_another_goes_back_as_invalid_target(world, browser, other, method, settings):
    fields = {"decision": "allow"} if method == "post" else None
    answer = getattr(browser(world.bob), method)(authorize_url(world.sync, resource=other), fields)
    query = redirected(answer)
    assert (query["error"], query["state"], query["iss"]) == ("invalid_target", "xyz", settings.ISSUER)


@pytest.mark.parametrize("grant_type", ["client_credentials", "refresh_token", "authorization_code"])
def test_another_gives_no_token(world, client, grant_type):
    answer = ask_token(client, world.export, world.export_secret, grant_type=grant_type, resource="https://x.example")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_target")


def test_two_resources_in_one_request_are_refused(world, client, settings):
    both = [settings.AUDIENCE, settings.AUDIENCE]
    answer = ask_token(client, world.export, world.export_secret, grant_type="client_credentials", resource=both)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
