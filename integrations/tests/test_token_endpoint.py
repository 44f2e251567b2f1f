"""/oauth/token, over HTTP: the three grants, client authentication, and every way to ask wrongly."""

import base64

import pytest

from accounts import tokens
from accounts.models import Grant
from accounts.tests.world import CALLBACK, VERIFIER, ask_token

pytestmark = pytest.mark.django_db


def redeem(client, integration, secret, code, **changed):
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    return ask_token(client, integration, secret, **{**fields, **changed})


def test_client_credentials_give_a_token_of_the_clients_own(world, client):
    answer = ask_token(client, world.export, world.export_secret, grant_type="client_credentials")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert answer.json().keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert tokens.verify(answer.json()["access_token"]).is_the_clients_own


def test_the_secret_may_come_in_the_form(world, client):
    fields = {"grant_type": "client_credentials", "client_id": world.export.pk, "client_secret": world.export_secret}
    assert client.post("/oauth/token", fields).status_code == 200


def test_a_code_gives_tokens_and_the_refresh_token_new_ones(world, client):
    answer = redeem(client, world.sync, world.sync_secret, world.code(world.bob))
    assert answer.status_code == 200
    fields = {"grant_type": "refresh_token", "refresh_token": answer.json()["refresh_token"]}
    again = ask_token(client, world.sync, world.sync_secret, **fields)
    assert again.status_code == 200
    assert again.json()["refresh_token"] != answer.json()["refresh_token"]


def test_a_public_client_redeems_with_its_verifier_alone(world, client):
    code = world.code(world.bob, world.pocket)
    assert redeem(client, world.pocket, None, code).status_code == 200


def test_a_code_works_once_and_its_replay_ends_what_it_gave(world, client):
    code = world.code(world.bob)
    first = redeem(client, world.sync, world.sync_secret, code).json()
    again = redeem(client, world.sync, world.sync_secret, code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert not tokens.is_live(tokens.verify(first["access_token"]))


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_verifier": "x" * 43}, "invalid_grant"),
        ({"code_verifier": "short"}, "invalid_request"),
        ({"code_verifier": ""}, "invalid_request"),
        ({"redirect_uri": "https://evil.example/"}, "invalid_grant"),
        ({"redirect_uri": ""}, "invalid_grant"),
        ({"code": "wrong"}, "invalid_grant"),
        ({"code": ""}, "invalid_grant"),
        ({"code": "a\0b"}, "invalid_request"),
        ({"code": "\u20ac"}, "invalid_request"),
        ({"code": "x" * 5000}, "invalid_request"),
        ({"code": ["a", "b"]}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ["authorization_code", "authorization_code"]}, "invalid_request"),
        ({"grant_type": "client_credentials"}, "unauthorized_client"),
        ({"client_secret": "both ways"}, "invalid_request"),
    ],
)
def test_one_thing_wrong_is_named_and_costs_the_code_nothing(world, client, changed, error):
    code = world.code(world.bob)
    fields = {"code": code, **changed}
    answer = redeem(client, world.sync, world.sync_secret, **fields)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert redeem(client, world.sync, world.sync_secret, code).status_code == 200


def test_a_code_is_bound_to_its_client(world, client):
    code = world.code(world.bob)
    assert redeem(client, world.pocket, None, code).json()["error"] == "invalid_grant"
    assert redeem(client, world.sync, world.sync_secret, code).status_code == 200


def basic(text):
    return "Basic " + base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic ###",
        "Bearer x",
        basic("no colon"),
        basic(b"\xff\xfe:x"),
        basic("x:y"),
        basic("a\0b:c"),
        "x" * 9000,
    ],
)
def test_a_client_that_does_not_show_who_it_is_gets_401(world, client, header, settings):
    answer = client.post("/oauth/token", {"grant_type": "client_credentials"}, HTTP_AUTHORIZATION=header)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer["WWW-Authenticate"].startswith(f'Basic realm="{settings.ISSUER}", error="invalid_client"')


def test_an_unknown_client_and_a_wrong_secret_look_the_same(world, client):
    wrong = ask_token(client, world.export, "pc_secret_wrong", grant_type="client_credentials")
    unknown = client.post(
        "/oauth/token",
        {"grant_type": "client_credentials"},
        HTTP_AUTHORIZATION=basic("00000000-0000-4000-8000-000000000000:pc_secret_wrong"),
    )
    assert (wrong.status_code, wrong.content) == (unknown.status_code, unknown.content)


def test_a_confidential_client_without_its_secret_is_nobody(world, client):
    assert redeem(client, world.sync, None, world.code(world.bob)).status_code == 401


def test_a_scope_that_is_not_the_clients_is_refused(world, client):
    fields = {"grant_type": "client_credentials", "scope": "profile admin"}
    answer = ask_token(client, world.export, world.export_secret, **fields)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


def test_parameters_in_the_url_are_refused(world, client):
    answer = client.post("/oauth/token?grant_type=client_credentials")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_it_is_post_alone(client):
    assert client.get("/oauth/token").status_code == 405


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "e30.e30.AAAA", "\0", "x" * 5000])
def test_a_junk_refresh_token_is_refused(world, client, token):
    answer = ask_token(client, world.sync, world.sync_secret, grant_type="refresh_token", refresh_token=token)
    assert answer.status_code == 400
    assert answer.json()["error"] in {"invalid_grant", "invalid_request"}


def test_two_secrets_work_while_one_is_rotated(world, client):
    from accounts import clients, revocation
    from accounts.models import Cause
    from accounts.revocation import Scope

    old = world.export.secrets.get()
    _, fresh = clients.create_secret(world.export, by=world.alice)
    for secret in (world.export_secret, fresh):
        assert ask_token(client, world.export, secret, grant_type="client_credentials").status_code == 200
    with pytest.raises(clients.TooManySecrets):
        clients.create_secret(world.export, by=world.alice)
    revocation.revoke(Scope(client_secret=old), cause=Cause.ENDED)
    assert ask_token(client, world.export, world.export_secret, grant_type="client_credentials").status_code == 401
    assert ask_token(client, world.export, fresh, grant_type="client_credentials").status_code == 200


def test_tokens_of_one_client_and_secret_share_one_grant(world, client):
    for _ in range(5):
        ask_token(client, world.export, world.export_secret, grant_type="client_credentials")
    assert Grant.objects.filter(client_secret__integration=world.export).count() == 1


def test_a_refresh_takes_three_statements(world, client, django_assert_num_queries):
    def refresh(token):
        return ask_token(client, world.sync, world.sync_secret, grant_type="refresh_token", refresh_token=token)

    had = refresh(world.connect(world.bob)["refresh_token"]).json()  # notes that the secret is in use
    with django_assert_num_queries(3):
        assert refresh(had["refresh_token"]).status_code == 200


def test_a_token_of_the_clients_own_takes_two(world, client, django_assert_num_queries):
    ask_token(client, world.export, world.export_secret, grant_type="client_credentials")
    with django_assert_num_queries(2):
        ask_token(client, world.export, world.export_secret, grant_type="client_credentials")
