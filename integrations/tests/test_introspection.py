"""/oauth/introspect (RFC 7662): what a client's own live token says, and {"active": false} for everything else."""

from datetime import timedelta
from unittest import mock

import pytest
import time_machine
from django.db import OperationalError
from django.utils import timezone

from accounts import revocation, tokens
from accounts.models import Cause, Grant, Membership
from accounts.revocation import Scope
from accounts.revocation import list as revocation_list
from accounts.revocation.list import Row, here
from accounts.tests.world import ask

pytestmark = pytest.mark.django_db
PATH = "/oauth/introspect"


def introspect(client, world, token):
    answer = ask(client, PATH, world.sync, world.sync_secret, token=token)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    return answer.json()


def test_a_live_access_token_is_told_of(world, client, settings):
    told = introspect(client, world, world.connect(world.bob)["access_token"])
    assert told | {"active": True, "scope": "profile", "token_type": "Bearer"} == told
    assert (told["client_id"], told["sub"]) == (str(world.sync.pk), str(world.bob.pk))
    assert (told["iss"], told["aud"]) == (settings.ISSUER, settings.AUDIENCE)
    assert {"exp", "jti"} <= told.keys()
    assert told["exp"] - told["iat"] == settings.ACCESS_TOKEN_AGE
    assert (told["grant"], told["org"]) == (str(Grant.objects.get().pk), str(world.acme.pk))


def test_the_current_refresh_token_is_active_and_the_one_before_is_not(world, client, settings):
    first = world.connect(world.bob)
    second = world.refresh(first)
    told = introspect(client, world, second["refresh_token"])
    assert (told["active"], told["org"]) == (True, str(world.acme.pk))
    assert told["exp"] - told["iat"] == settings.REFRESH_TOKEN_AGE
    assert introspect(client, world, first["refresh_token"]) == {"active": False}
    assert Grant.objects.live().exists(), "to ask is not to use"


def after_revocation(world):
    revocation.revoke(Scope(user=world.bob), cause=Cause.SIGNED_OUT_EVERYWHERE)


def after_leaving(world):
    Membership.objects.filter(user=world.bob).delete()


@pytest.mark.parametrize("end", [after_revocation, after_leaving])
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_what_has_ended_is_inactive_and_nothing_more_is_said(world, client, end, kind):
    had = world.connect(world.bob)
    end(world)
    assert introspect(client, world, had[kind]) == {"active": False}


def test_what_has_run_out_is_inactive(world, client):
    had = world.connect(world.bob)
    with time_machine.travel(timezone.now() + timedelta(seconds=301)):
        assert introspect(client, world, had["access_token"]) == {"active": False}


@pytest.mark.parametrize("token", ["x", "a.b.c", "e30.e30.AAAA"])
def test_what_is_no_token_is_inactive(world, client, token):
    assert introspect(client, world, token) == {"active": False}


def test_another_clients_token_is_inactive_to_this_one(world, client):
    assert introspect(client, world, world.connect(world.bob, world.pocket)["access_token"]) == {"active": False}
    assert introspect(client, world, world.own_tokens()["access_token"]) == {"active": False}


def test_a_public_client_may_not_ask(world, client):
    had = world.connect(world.bob, world.pocket)
    answer = ask(client, PATH, world.pocket, None, token=had["access_token"])
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.fixture
def lease():
    """As if this process read the revocation list all the while."""
    here.renew(revocation_list.clock() + 60)
    yield here
    here.forget()


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_it_takes_two_statements(world, client, django_assert_num_queries, kind):
    token = world.connect(world.bob)[kind]
    introspect(client, world, token)
    with django_assert_num_queries(2):
        introspect(client, world, token)


def test_with_a_lease_an_access_token_takes_one_and_that_is_the_clients_secret(
    world, client, lease, django_assert_num_queries
):
    token = world.connect(world.bob)["access_token"]
    introspect(client, world, token)
    with django_assert_num_queries(1):
        assert introspect(client, world, token)["active"] is True


def test_with_a_lease_what_the_list_refuses_is_inactive(world, client, lease):
    token = world.connect(world.bob)["access_token"]
    lease.add([Row(1, "grant", tokens.verify(token).grant_hex, 0)], seen_at=revocation_list.clock())
    assert introspect(client, world, token) == {"active": False}


def test_with_a_lease_a_refresh_token_is_asked_of_the_database_all_the_same(world, client, lease):
    had = world.connect(world.bob)
    after_leaving(world)
    assert introspect(client, world, had["refresh_token"]) == {"active": False}


def test_with_a_lease_a_secret_that_has_ended_is_nobodys(world, client, lease):
    token = world.connect(world.bob)["access_token"]
    introspect(client, world, token)
    revocation.revoke(Scope(client_secret=world.sync.secrets.get()), cause=Cause.ENDED)
    assert ask(client, PATH, world.sync, world.sync_secret, token=token).status_code == 401


def test_a_database_that_is_away_is_no_answer(world, client, monkeypatch):
    token = world.connect(world.bob)["access_token"]
    monkeypatch.setattr(revocation, "stands", mock.Mock(side_effect=OperationalError))
    answer = ask(client, PATH, world.sync, world.sync_secret, token=token)
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
