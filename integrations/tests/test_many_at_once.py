"""Twenty requests at once over HTTP: one winner, nobody sees a 5xx, and nobody honest is signed out."""

import pytest
from django.core import mail
from django.test import Client

from accounts import keys, tokens
from accounts.models import Grant, SecurityEvent
from accounts.tests.races import together
from accounts.tests.world import CALLBACK, VERIFIER, ask_token

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 20


@pytest.fixture(autouse=True)
def _key(db):
    keys.signing_key()


def at_once(world, **fields):
    answers = together(MANY, lambda: ask_token(Client(), world.sync, world.sync_secret, **fields))
    assert {answer.status_code for answer in answers} <= {200, 400}, answers
    return [answer.json() for answer in answers if answer.status_code == 200]


def test_a_code_redeemed_by_twenty_gives_one_answer_at_most_and_the_replay_ends_it(world):
    fields = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    given = at_once(world, code=world.code(world.bob), **fields)
    assert len(given) <= 1
    assert not any(tokens.is_live(tokens.verify(answer["access_token"])) for answer in given)
    assert Grant.objects.live().count() == 0


def test_twenty_refreshes_at_once_get_the_same_answer_and_it_works(world):
    had = world.connect(world.bob)
    given = at_once(world, grant_type="refresh_token", refresh_token=had["refresh_token"])
    assert len(given) == MANY
    assert len({answer["refresh_token"] for answer in given}) == 1
    assert world.refresh(given[0])


def test_twenty_replays_of_an_old_refresh_token_end_the_grant_once_and_tell_its_people_once(world):
    first = world.connect(world.bob)
    world.refresh(world.refresh(first))
    assert at_once(world, grant_type="refresh_token", refresh_token=first["refresh_token"]) == []
    assert SecurityEvent.objects.filter(kind="refresh_reused").count() == 1
    assert sorted(message.to[0] for message in mail.outbox) == ["alice@example.com", "bob@example.com"]
    assert "Sync" in mail.outbox[0].subject and "Acme" in mail.outbox[0].body


def test_a_mail_server_that_is_down_fails_no_request(world, monkeypatch):
    from accounts.letters import Letter

    def down(*args):
        raise ConnectionRefusedError

    monkeypatch.setattr(Letter, "send", down)
    first = world.connect(world.bob)
    world.refresh(world.refresh(first))
    fields = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    assert ask_token(Client(), world.sync, world.sync_secret, **fields).json()["error"] == "invalid_grant"
    assert not Grant.objects.live().exists()


def test_the_same_answer_is_for_the_same_scopes_in_any_order_and_no_others(world):
    scopes = ("profile", "members:read")
    integration, secret = world.integration("Two", ["authorization_code", "refresh_token"], [CALLBACK], scopes=scopes)
    had = world.connect(world.bob, integration, scopes=scopes)
    fields = {"grant_type": "refresh_token", "refresh_token": had["refresh_token"]}
    first = ask_token(Client(), integration, secret, **fields, scope="profile members:read").json()
    for scope in ("members:read profile", "profile members:read profile"):
        assert ask_token(Client(), integration, secret, **fields, scope=scope).json() == first
    assert ask_token(Client(), integration, secret, **fields).json() == first
    assert ask_token(Client(), integration, secret, **fields, scope="profile").json()["error"] == "invalid_grant"
