"""Devices without a browser (RFC 8628): a code to show, a person who agrees elsewhere, tokens once, one way to die."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts import revocation, tokens
from accounts.models import Cause, DeviceRequest, Grant, Integration
from accounts.revocation import Scope
from accounts.tests.races import together
from accounts.tests.world import ask

pytestmark = pytest.mark.django_db
PAGE, DEVICE_CODE = "/oauth/device", "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture
def cli(world):
    return world.integration("CLI", [DEVICE_CODE, "refresh_token"], [], public=True)[0]


def begin(cli, client=None, **fields):
    answer = ask(client or Client(), "/oauth/device_authorization", cli, None, **fields)
    assert answer.status_code == 200, answer.content
    return answer.json()


def poll(cli, begun, client=None):
    fields = {"grant_type": DEVICE_CODE, "device_code": begun["device_code"]}
    return ask(client or Client(), "/oauth/token", cli, None, **fields)


def agree(browser, begun, decision="allow"):
    return browser.post(PAGE, {"user_code": begun["user_code"], "decision": decision})


def test_the_whole_way(world, cli, browser, settings):
    begun = begin(cli, scope="profile")
    assert begun["verification_uri"] == f"{settings.ISSUER}{PAGE}"
    assert begun["verification_uri_complete"].endswith(f"?user_code={begun['user_code']}")
    bob = browser(world.bob)
    asked = bob.post(PAGE, {"user_code": begun["user_code"].lower().replace("-", " ")}).content.decode()
    assert "Connect CLI on a device?" in asked and "See who it is acting for" in asked
    assert not Grant.objects.exists()
    assert b"CLI is connected" in agree(bob, begun).content
    answer = poll(cli, begun)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert answer.json().keys() == {"access_token", "token_type", "expires_in", "scope", "refresh_token"}
    assert tokens.verify(answer.json()["access_token"]).subject == world.bob.pk


def test_until_then_it_is_pending_and_too_soon_is_told_to_slow_down(world, cli):
    begun = begin(cli)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert poll(cli, begun).json()["error"] == "authorization_pending"
        assert poll(cli, begun).json()["error"] == "slow_down"
        clock.shift(6)
        assert poll(cli, begun).json()["error"] == "slow_down", "the interval is ten seconds now"
        clock.shift(15)
        assert poll(cli, begun).json()["error"] == "authorization_pending"
        clock.shift(600)
        assert poll(cli, begun).json()["error"] == "expired_token"


def test_a_no_is_told_and_is_final(world, cli, browser):
    begun, bob = begin(cli), browser(world.bob)
    assert b"was not connected" in agree(bob, begun, "deny").content
    assert poll(cli, begun).json()["error"] == "access_denied"
    assert agree(bob, begun).status_code == 400
    assert not Grant.objects.exists()


def test_a_code_in_the_address_is_filled_in_and_not_believed(world, cli, browser):
    begun = begin(cli)
    page = browser(world.bob).get(f"{PAGE}?user_code={begun['user_code']}")
    assert begun["user_code"] in page.content.decode()
    assert b"CLI" not in page.content
    assert DeviceRequest.objects.open().exists()


def test_a_device_redeems_once(world, cli, browser):
    begun = begin(cli)
    agree(browser(world.bob), begun)
    had = poll(cli, begun).json()
    assert poll(cli, begun).json()["error"] == "invalid_grant"
    assert tokens.is_live(tokens.verify(had["access_token"])), "a poll that was sent twice ends nothing"


@pytest.mark.parametrize("when", ["waiting", "agreed", "connected"])
@pytest.mark.parametrize("whose", ["user", "integration"])
def test_it_dies_by_the_same_rule_as_any_grant(world, cli, browser, when, whose):
    begun, bob, had = begin(cli), browser(world.bob), None
    if when != "waiting":
        agree(bob, begun)
    if when == "connected":
        had = poll(cli, begun).json()
    scope, cause = (
        (Scope(user=world.bob), Cause.COMPROMISED) if whose == "user" else (Scope(integration=cli), Cause.ENDED)
    )
    revocation.revoke(scope, cause=cause)
    if when == "waiting" and whose == "user":
        assert agree(bob, begun).status_code == 302, "that session is over"
    elif when == "waiting":
        assert agree(bob, begun).status_code == 400
    assert poll(cli, begun).status_code in {400, 401}
    assert had is None or not tokens.is_live(tokens.verify(had["access_token"]))


def test_what_was_agreed_to_counts_as_a_pending_connection(world, cli, browser):
    agree(browser(world.bob), begin(cli))
    assert revocation.preview(Scope(user=world.bob)).codes == 1


def test_nothing_that_lets_in_is_kept_in_clear(world, cli):
    begun = begin(cli)
    row = str(DeviceRequest.objects.values().get())
    assert begun["device_code"] not in row and begun["user_code"] not in row
    import hashlib

    plain = begun["user_code"].replace("-", "").encode()
    assert hashlib.sha256(plain).hexdigest() not in row, "short enough to be guessed from a plain digest"


def test_it_is_bound_to_its_client_and_organisation(world, cli, browser):
    other, _ = world.integration("Other", [DEVICE_CODE], [], public=True)
    begun = begin(cli)
    assert agree(browser(world.mallory), begun).status_code == 403
    agree(browser(world.bob), begun)
    assert poll(other, begun).json()["error"] == "invalid_grant"
    assert poll(cli, begun).status_code == 200


def test_a_client_that_may_not_is_told_so(world, client):
    for path, fields in [("/oauth/device_authorization", {}), ("/oauth/token", {"grant_type": DEVICE_CODE})]:
        answer = ask(client, path, world.pocket, None, **fields, device_code="x")
        assert (answer.status_code, answer.json()["error"]) == (400, "unauthorized_client")


@pytest.mark.parametrize(
    ("fields", "error"),
    [({"scope": "admin"}, "invalid_scope"), ({"resource": "https://x.example"}, "invalid_target")],
)
def test_what_it_may_not_ask_for_is_refused(cli, client, fields, error):
    answer = ask(client, "/oauth/device_authorization", cli, None, **fields)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert not DeviceRequest.objects.exists()


@pytest.mark.parametrize("code", ["", "BCDF-GHJK", "a\0b", "\u20ac" * 8, "x" * 5000, '"', "\ud7ff"])
@pytest.mark.parametrize("decision", [None, "allow"])
def test_a_code_that_nobody_shows_is_refused_in_words(world, browser, code, decision):
    fields = {"user_code": code, **({"decision": decision} if decision else {})}
    answer = browser(world.bob).post(PAGE, fields)
    assert answer.status_code == 400 and b"No device is waiting" in answer.content


def test_codes_are_not_guessed_one_after_the_other(world, browser, settings):
    bob = browser(world.bob)
    answers = [bob.post(PAGE, {"user_code": "BCDF-GHJK"}).status_code for _ in range(11)]
    assert answers == [400] * 10 + [429]


def test_before_a_device_may_change_things_its_person_shows_again_who_they_are(world, browser):
    scopes = ("profile", "revocations:write")
    cli = world.integration("CLI", [DEVICE_CODE], [], public=True, scopes=scopes)[0]
    bob, begun = browser(world.bob), begin(cli)
    with time_machine.travel(timezone.now() + timedelta(minutes=30)):
        begun = begin(cli)
        answer = bob.post(PAGE, {"user_code": begun["user_code"]})
        assert answer["Location"].startswith("/accounts/reauthenticate/")
        assert agree(bob, begun)["Location"].startswith("/accounts/reauthenticate/")
    assert not Grant.objects.exists()


def test_it_takes_a_session_and_a_csrf_token(world, cli, browser, client):
    begun = begin(cli)
    assert client.get(PAGE).status_code == 302
    bob = Client(enforce_csrf_checks=True)
    bob.cookies = browser(world.bob).cookies
    assert agree(bob, begun).status_code == 403
    assert not Grant.objects.exists()


def test_the_pages_cannot_be_framed(world, cli, browser):
    bob = browser(world.bob)
    for page in (bob.get(PAGE), bob.post(PAGE, {"user_code": begin(cli)["user_code"]})):
        assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
        assert page["Cache-Control"].startswith("max-age=0")


@pytest.mark.django_db(transaction=True)
def test_of_twenty_polls_at_once_one_is_answered(world, browser):
    from accounts import keys

    keys.signing_key()
    cli = world.integration("CLI", [DEVICE_CODE], [], public=True)[0]
    begun = begin(cli)
    agree(browser(world.bob), begun)
    answers = together(20, lambda: poll(cli, begun).status_code)
    assert sorted(answers) == [200] + [400] * 19
    assert Integration.objects.live().filter(pk=cli.pk).exists()


def test_late_ones_are_forgotten(world, cli):
    from django.core.management import call_command

    begin(cli)
    DeviceRequest.objects.update(expires_at=timezone.now() - timedelta(hours=2))
    call_command("purge")
    assert not DeviceRequest.objects.exists()
