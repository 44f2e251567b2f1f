"""/oauth/introspect (RFC 7662): what a client's own live token says, and {"active": false} for everything else."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts import revocation
from accounts.models import Cause, Grant, Membership
from accounts.revocation import Scope
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


def test_the_current_refresh_token_is_active_and_the_one_before_is_not(world, client):
    first = world.connect(world.bob)
    second = world.refresh(first)
    assert introspect(client, world, second["refresh_token"])["active"] is True
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


def test_it_takes_two_statements(world, client, django_assert_num_queries):
    token = world.connect(world.bob)["access_token"]
    introspect(client, world, token)
    with django_assert_num_queries(2):
        introspect(client, world, token)
