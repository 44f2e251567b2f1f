"""Limits that hold: exactly so many, on every path alike, said in headers, and nobody locked out by somebody else."""

import pytest
from django.test import Client
from redis.connection import AbstractConnection

from accounts import rates
from accounts.tests.races import together
from accounts.tests.world import ask

PATHS = ["/oauth/token", "/oauth/revoke", "/oauth/introspect"]


@pytest.fixture(autouse=True)
def _few(settings):
    settings.RATES = {"client": (5, 60), "client-failures": (3, 60), "source-failures": (6, 60), "api": (4, 60)}
    settings.RATES |= {"revocations": (9, 60), "device-codes": (2, 60)}


GUESS = {"token": "x", "grant_type": "client_credentials"}


def own(client, world, **changed):
    return ask(client, "/oauth/token", world.export, world.export_secret, grant_type="client_credentials", **changed)


@pytest.mark.django_db
def test_a_client_is_told_where_it_stands_and_when_to_come_back(world, client):
    answers = [own(client, world) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert [answer["RateLimit"].split(";t=")[0] for answer in answers[:2]] == ['"client";r=4', '"client";r=3']
    assert answers[0]["RateLimit-Policy"] == '"client";q=5;w=60'
    last = answers[-1]
    assert 1 <= int(last["Retry-After"]) <= 60
    assert last["RateLimit"] == f'"client";r=0;t={last["Retry-After"]}'
    assert (last.json()["error"], last["Cache-Control"]) == ("temporarily_unavailable", "no-store")


@pytest.mark.django_db
def test_it_is_over_when_the_window_is(world, client):
    import time

    import time_machine

    for _ in range(6):
        last = own(client, world)
    with time_machine.travel(time.time() + int(last["Retry-After"])):
        assert own(client, world).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("path", PATHS)
def test_guesses_at_a_secret_are_counted_on_every_path_alike(world, client, path):
    for _ in range(3):
        assert ask(client, path, world.export, "wrong", **GUESS).status_code == 401
    for other in PATHS:
        answer = ask(client, other, world.export, world.export_secret, **GUESS)
        assert (answer.status_code, answer["RateLimit-Policy"]) == (429, '"client-failures";q=3;w=60')


@pytest.mark.django_db
def test_whoever_guesses_keeps_nobody_else_out(world):
    guesser, client = Client(REMOTE_ADDR="203.0.113.9"), Client(REMOTE_ADDR="192.0.2.1")
    for _ in range(10):
        ask(guesser, PATHS[0], world.export, "wrong", **GUESS)
    assert ask(guesser, PATHS[0], world.export, "wrong", **GUESS).status_code == 429
    assert own(client, world).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("network", ["2001:db8:1:2::", "2001:db8::", "2001:db8:0:7:1:1:1:"])
def test_a_network_of_64_bits_is_one_household_however_it_is_written(world, network):
    asked = [Client(REMOTE_ADDR=f"{network}{n:x}") for n in range(1, 8)]
    answers = [ask(client, PATHS[0], world.export, "wrong", **GUESS).status_code for client in asked]
    assert answers[-1] == 429


@pytest.mark.django_db
def test_whoever_names_a_public_client_uses_up_their_own_share_of_it(world):
    stranger, phone = Client(REMOTE_ADDR="203.0.113.9"), Client(REMOTE_ADDR="192.0.2.1")
    for _ in range(6):
        last = ask(stranger, "/oauth/revoke", world.pocket, None, token="x")
    assert last.status_code == 429
    assert ask(phone, "/oauth/revoke", world.pocket, None, token="x").status_code == 200


@pytest.mark.django_db
def test_one_address_does_not_try_client_after_client(world, client):
    answers = [ask(client, PATHS[0], world.export, "wrong", **GUESS).status_code for _ in range(3)]
    answers += [ask(client, PATHS[0], world.sync, "wrong", **GUESS).status_code for _ in range(3)]
    assert answers == [401] * 6
    assert ask(client, PATHS[0], world.pocket, "wrong", **GUESS).status_code == 429


@pytest.mark.django_db
def test_an_address_goes_on_being_counted_where_its_share_of_one_client_is_used_up(world, client):
    answers = [ask(client, PATHS[0], world.export, "wrong", **GUESS).status_code for _ in range(6)]
    assert answers == [401] * 3 + [429] * 3
    assert ask(client, PATHS[0], world.sync, "wrong", **GUESS).status_code == 429


@pytest.mark.django_db
def test_the_api_says_so_as_a_problem(world, api_client):
    app, _ = world.integration("App", ["authorization_code"], ["https://a.example/"], scopes=("members:read",))
    caller = api_client(world.connect(world.alice, app, ("members:read",))["access_token"])
    answers = [caller.get("/api/v1/members") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 4 + [429]
    assert answers[0]["RateLimit"].startswith('"api";r=3;t=')
    last = answers[-1]
    assert (last["Content-Type"], last.json()["status"]) == ("application/problem+json", 429)
    assert 1 <= int(last["Retry-After"]) <= 60


@pytest.mark.django_db
def test_ending_access_has_a_share_of_its_own(world, api_client, settings):
    settings.RATES = {**settings.RATES, "revocations": (2, 60)}
    app, _ = world.integration("App", ["authorization_code"], ["https://a.example/"], scopes=("revocations:write",))
    caller = api_client(world.connect(world.alice, app, ("revocations:write",))["access_token"])
    answers = [caller.post("/api/v1/revocations", {}, format="json") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [400, 400, 429]
    assert answers[-1]["RateLimit-Policy"] == '"revocations";q=2;w=60'


@pytest.mark.django_db
def test_a_client_that_shows_who_it_is_costs_one_round_trip(world, client, settings, monkeypatch):
    own(client, world)
    asked = []
    send = AbstractConnection.send_packed_command
    monkeypatch.setattr(
        AbstractConnection, "send_packed_command", lambda *args, **kwargs: (asked.append(1), send(*args, **kwargs))[1]
    )
    assert own(client, world).status_code == 200
    assert len(asked) == (1 if settings.REDIS_URL else 0)


@pytest.mark.django_db
def test_a_guess_that_hits_after_too_many_is_refused_as_one_that_misses(world, client):
    for _ in range(4):
        ask(client, PATHS[0], world.export, "wrong", **GUESS)
    hit, miss = own(client, world), ask(client, PATHS[0], world.export, "wrong", **GUESS)
    assert hit.status_code == miss.status_code == 429
    assert (hit.content, hit["RateLimit-Policy"]) == (miss.content, miss["RateLimit-Policy"])


@pytest.mark.parametrize("times", [40])
def test_of_forty_at_once_exactly_so_many_pass(times):
    outcomes = together(times, lambda: rates.hit("client", "x"))
    assert sum(isinstance(outcome, rates.Standing) for outcome in outcomes) == 5
    assert {type(outcome) for outcome in outcomes} == {rates.Standing, rates.TooMany}


def test_without_redis_this_process_counts_by_itself_and_goes_on(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    rates.forget()
    for _ in range(5):
        rates.hit("client", "x")
    with pytest.raises(rates.TooMany):
        rates.hit("client", "x")
    with pytest.raises(rates.TooMany):
        rates.hit("api", "x", unless=[("source-failures", "x"), ("client", "x")])


@pytest.mark.django_db
def test_devices_that_begin_are_counted_by_address_since_anybody_can_name_a_public_client(world):
    code = "urn:ietf:params:oauth:grant-type:device_code"
    tool, _ = world.integration("Tool", [code], [], public=True)
    stranger, other = Client(REMOTE_ADDR="203.0.113.9"), Client(REMOTE_ADDR="192.0.2.1")
    begun = [ask(stranger, "/oauth/device_authorization", tool, None).status_code for _ in range(3)]
    assert begun == [200, 200, 429]
    assert ask(other, "/oauth/device_authorization", tool, None).status_code == 200


@pytest.mark.django_db
def test_giving_up_a_token_is_counted_with_what_a_client_wants_ended(world, client, settings):
    settings.RATES = {**settings.RATES, "client": (50, 60), "revocations": (2, 60)}
    gone = [ask(client, "/oauth/revoke", world.export, world.export_secret, token="x").status_code for _ in range(3)]
    assert gone == [200, 200, 429]


@pytest.mark.django_db
def test_ipv4_written_in_ipv6_is_not_one_network(world):
    attacker, honest = Client(REMOTE_ADDR="::ffff:198.51.100.66"), Client(REMOTE_ADDR="::ffff:203.0.113.7")
    assert [ask(attacker, PATHS[0], world.export, "wrong", **GUESS).status_code for _ in range(4)][-1] == 429
    assert own(honest, world).status_code == 200
