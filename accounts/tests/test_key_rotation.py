"""Rotating the signing key: published first, signing later, retired last, and no token is refused on the way."""

import os
import subprocess
import sys
from datetime import timedelta
from io import StringIO

import jwt
import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts import keys, tokens
from accounts.models import SigningKey

pytestmark = pytest.mark.django_db


def kid_of(token):
    return jwt.get_unverified_header(token)["kid"]


def rotate(*args):
    out = StringIO()
    call_command("rotate_signing_key", *args, stdout=out)
    return out.getvalue()


def published():
    return {key["kid"] for key in keys.jwks()["keys"]}


@pytest.fixture
def clock():
    with time_machine.travel(timezone.now(), tick=False) as clock:
        yield clock


@pytest.fixture(autouse=True)
def _each_reads_at_once(monkeypatch):
    """Time stands still in these tests, and with it the age of what was read."""
    monkeypatch.setattr(keys, "KEY_REREAD", 0.0)


def test_it_is_published_first_and_signs_later(world, clock, settings):
    old = kid_of(world.own_tokens()["access_token"])
    assert "published, signs from" in rotate()
    assert len(published()) == 2
    clock.shift(2 * settings.JWKS_MAX_AGE - 1)
    assert kid_of(world.own_tokens()["access_token"]) == old
    clock.shift(1)
    assert kid_of(world.own_tokens()["access_token"]) in published() - {old}


def test_whoever_keeps_the_jwks_as_long_as_it_says_never_meets_an_unknown_key(world, clock, settings):
    known, fetched_at = published(), timezone.now()
    for minute in range(30):
        if minute == 5:
            rotate()
        if timezone.now() - fetched_at >= timedelta(seconds=settings.JWKS_MAX_AGE):
            known, fetched_at = published(), timezone.now()
        assert kid_of(world.own_tokens()["access_token"]) in known
        clock.shift(60)
    assert SigningKey.objects.count() == 2


def test_a_refresh_token_of_the_old_key_is_good_until_its_end(world, clock, settings):
    had = world.connect(world.bob)
    rotate()
    clock.shift(settings.REFRESH_TOKEN_AGE - 1)
    assert world.refresh(had)


def test_it_retires_last_and_then_is_neither_shown_nor_believed(world, clock, settings):
    first = SigningKey.objects.get(pk=kid_of(world.own_tokens()["access_token"]))
    rotate()
    first.refresh_from_db()
    clock.move_to(first.retires_at)
    assert first.pk not in published()
    assert keys.verifying_key(first.pk) is None
    assert "retired" in rotate("--list")


def test_twice_in_a_row_is_once(world, clock):
    rotate()
    assert "Under way already" in rotate()
    assert SigningKey.objects.count() == 2


def test_an_emergency_overtakes_what_was_published_and_no_token_is_refused_for_it(world, clock, settings):
    rotate()
    overtaken = SigningKey.objects.latest("signs_at")
    clock.shift(60)
    rotate("--now")
    signs = kid_of(world.own_tokens()["access_token"])
    assert signs not in {overtaken.pk, SigningKey.objects.earliest("signs_at").pk}
    clock.shift(settings.REFRESH_TOKEN_AGE - 60)
    assert kid_of(world.own_tokens()["access_token"]) == signs
    had = world.connect(world.bob)
    clock.shift(settings.REFRESH_TOKEN_AGE - 1)
    assert world.refresh(had)


def test_another_algorithm_is_published_ahead_of_its_setting(world, clock, settings):
    old = world.own_tokens()["access_token"]
    rotate("--algorithm", "EdDSA")
    assert kid_of(world.own_tokens()["access_token"]) == kid_of(old)
    clock.shift(2 * settings.JWKS_MAX_AGE)
    settings.SIGNING_ALGORITHM = "EdDSA"
    token = world.own_tokens()["access_token"]
    assert (jwt.get_unverified_header(token)["alg"], SigningKey.objects.count()) == ("EdDSA", 2)
    assert tokens.is_live(tokens.verify(token))


def test_a_leaked_key_is_revoked_with_all_that_it_signed_and_another_signs(world):
    had = world.connect(world.bob)
    leaked = kid_of(had["access_token"])
    said = rotate("--revoke", leaked, "--reason", "Found in a log")
    assert f"the signing key {leaked}: every token signed with it" in said
    assert leaked not in published()
    with pytest.raises(tokens.InvalidToken):
        tokens.verify(had["access_token"])
    fresh = world.own_tokens()["access_token"]
    assert kid_of(fresh) != leaked
    assert tokens.is_live(tokens.verify(fresh))


@pytest.mark.parametrize("kid", ["nothing", "a\0b", "../../etc/passwd", ""])
def test_an_unknown_kid_is_refused_and_changes_nothing(world, kid):
    before = list(SigningKey.objects.values())
    with pytest.raises(CommandError):
        rotate("--revoke", kid)
    assert list(SigningKey.objects.values()) == before


def test_no_key_is_named_like_an_option(world, monkeypatch):
    names = iter(["-leaked", "leaked-"])
    monkeypatch.setattr(keys, "_thumbprint", lambda *of: next(names))
    assert keys.make("ES256", signs_at=timezone.now()).kid == "leaked-"


def test_keys_that_no_secret_opens_any_more_can_be_seen_replaced_and_revoked(world, monkeypatch, client):
    lost = SigningKey.objects.get(pk=kid_of(world.own_tokens()["access_token"]))
    SigningKey.objects.update(private_encrypted="encrypted under a secret that is lost")
    keys.forget()
    with pytest.raises(keys.CannotSign, match=lost.pk):
        world.own_tokens()
    assert client.get("/.well-known/jwks.json").json()["keys"][0]["kid"] == lost.pk
    assert lost.pk in rotate("--list")
    assert "Revoked" in rotate("--revoke", lost.pk)
    assert kid_of(world.own_tokens()["access_token"]) != lost.pk


def test_private_halves_are_erased_once_they_never_sign_again(world, clock):
    first = SigningKey.objects.get(pk=kid_of(world.own_tokens()["access_token"]))
    rotate()
    first.refresh_from_db()
    clock.move_to(first.retires_at + timedelta(seconds=1))
    call_command("purge", stdout=StringIO())
    assert SigningKey.objects.get(pk=first.pk).private_encrypted == ""
    assert world.own_tokens()


def test_what_was_being_read_when_a_key_was_revoked_is_not_kept(world, monkeypatch):
    had = world.own_tokens()["access_token"]
    original = keys._public

    def revoked_meanwhile(row):
        monkeypatch.setattr(keys, "_public", original)
        SigningKey.objects.update(revoked_at=timezone.now())
        keys.forget()
        return original(row)

    keys.forget()
    monkeypatch.setattr(keys, "_public", revoked_meanwhile)
    assert keys.verifying_key(kid_of(had)) is None


IN_ANOTHER_PROCESS = """
import django; django.setup()
from accounts import rotation
print(rotation.publish(now=True).pk)
"""


@pytest.mark.django_db(transaction=True)
def test_a_key_that_another_process_makes_signs_and_verifies_here_without_a_restart(world, monkeypatch):
    from django.db import connection

    monkeypatch.setattr(keys, "KEY_REREAD", 600.0)
    old = world.own_tokens()["access_token"]
    database = connection.settings_dict["NAME"]
    url = os.environ["DATABASE_URL"]
    url = f"sqlite:///{database}" if connection.vendor == "sqlite" else url.replace("/postgres?", f"/{database}?")
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "saas.settings"}
    done = subprocess.run(
        [sys.executable, "-c", IN_ANOTHER_PROCESS], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert kid_of(world.own_tokens()["access_token"]) == kid_of(old), "read a moment ago"
    monkeypatch.setattr(keys, "KEY_REREAD", 0.0)
    token = world.own_tokens()["access_token"]
    assert kid_of(token) == done.stdout.strip()
    assert tokens.is_live(tokens.verify(token)) and tokens.is_live(tokens.verify(old))
