"""/oauth/revoke (RFC 7009): a client gives up its own tokens, and nobody else's."""

import pytest

from accounts import grants, tokens
from accounts.models import Grant, Revocation
from accounts.tests.world import ask, ask_token

pytestmark = pytest.mark.django_db
PATH = "/oauth/revoke"


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
@pytest.mark.parametrize("hint", [None, "access_token", "refresh_token", "of_mine"])
def test_either_token_ends_the_whole_grant_at_once(world, client, api_client, kind, hint):
    had, neighbour = world.connect(world.bob), world.connect(world.alice)
    fields = {"token": had[kind], **({"token_type_hint": hint} if hint else {})}
    answer = ask(client, PATH, world.sync, world.sync_secret, **fields)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert api_client(had["access_token"]).get("/api/v1/me").status_code == 401
    assert api_client(neighbour["access_token"]).get("/api/v1/me").status_code == 200
    with pytest.raises(grants.InvalidGrant):
        world.refresh(had)


def test_twice_is_once(world, client):
    had = world.connect(world.bob)
    for _ in range(2):
        answer = ask(client, PATH, world.sync, world.sync_secret, token=had["access_token"])
        assert answer.status_code == 200
    assert Revocation.objects.count() == 1


def test_a_public_client_gives_up_its_tokens_too(world, client):
    had = world.connect(world.bob, world.pocket)
    assert ask(client, PATH, world.pocket, None, token=had["refresh_token"]).status_code == 200
    assert not tokens.is_live(tokens.verify(had["access_token"]))


def test_another_clients_token_is_refused_and_lives_on(world, client):
    had = world.connect(world.bob)
    answer = ask(client, PATH, world.export, world.export_secret, token=had["access_token"])
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert tokens.is_live(tokens.verify(had["access_token"]))


@pytest.mark.parametrize("token", ["x", "a.b.c", "e30.e30.AAAA", "x" * 4000])
def test_what_is_no_token_of_ours_is_revoked_already(world, client, token):
    assert ask(client, PATH, world.sync, world.sync_secret, token=token).status_code == 200
    assert not Revocation.objects.exists()


def test_a_client_that_gives_up_its_own_token_may_get_another(world, client):
    had = world.own_tokens()
    ask(client, PATH, world.export, world.export_secret, token=had["access_token"])
    assert not tokens.is_live(tokens.verify(had["access_token"]))
    fresh = ask_token(client, world.export, world.export_secret, grant_type="client_credentials").json()
    assert tokens.is_live(tokens.verify(fresh["access_token"]))
    assert Grant.objects.live().filter(integration=world.export).count() == 1


@pytest.mark.parametrize("path", [PATH, "/oauth/introspect"])
@pytest.mark.parametrize(
    ("fields", "secret", "status", "error"),
    [
        ({}, "right", 400, "invalid_request"),
        ({"token": ""}, "right", 400, "invalid_request"),
        ({"token": ["a", "b"]}, "right", 400, "invalid_request"),
        ({"token": "a\0b"}, "right", 400, "invalid_request"),
        ({"token": "\u20ac"}, "right", 400, "invalid_request"),
        ({"token": "x" * 5000}, "right", 400, "invalid_request"),
        ({"token": "x"}, "wrong", 401, "invalid_client"),
        ({"token": "x"}, None, 401, "invalid_client"),
        ({"token": "x", "client_secret": "both"}, "right", 400, "invalid_request"),
    ],
)
def test_a_request_that_is_wrong_is_told_so(world, client, path, fields, secret, status, error):
    secret = world.sync_secret if secret == "right" else secret
    answer = ask(client, path, world.sync, secret, **fields)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


@pytest.mark.parametrize("path", [PATH, "/oauth/introspect", "/oauth/token"])
def test_bodies_that_are_no_form_are_refused_in_the_protocols_own_words(client, path):
    for content_type, body in [
        ("application/x-www-form-urlencoded; charset=utf-16", b"token=x"),
        ("multipart/form-data", b"--x"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data"),
        ("application/json", b"[" * 100_000),
        ("application/x-www-form-urlencoded", b"a=1&" * 1000),
        ("application/x-www-form-urlencoded", b"x" * 1_100_000),
    ]:
        answer = client.post(path, body, content_type=content_type)
        assert (answer.status_code, answer["Content-Type"]) in {(400, "application/json"), (401, "application/json")}
    answer = client.post(path, b'{"grant_type": "client_credentials"}', content_type="application/json")
    assert answer.json()["error_description"] == "The body must be application/x-www-form-urlencoded."
    assert client.get(path).status_code == 405
    assert client.post(f"{path}?token=x").json()["error"] == "invalid_request"
