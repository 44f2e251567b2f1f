"""The tokens that a process has verified: bounded, never beyond their time, their key or the list."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts import keys, tokens
from accounts.models import SigningKey
from accounts.tokens import _verified
from accounts.verified import BYTES_EACH, Verified

pytestmark = pytest.mark.django_db


def test_a_token_seen_before_costs_no_signature_and_no_statement(world, monkeypatch, django_assert_num_queries):
    token = world.connect(world.bob)["access_token"]
    first = tokens.verify(token)
    monkeypatch.setattr(tokens.jws, "read", lambda *a, **k: pytest.fail("it was read again"))
    with django_assert_num_queries(0):
        assert tokens.verify(token) is first


def test_it_is_not_believed_beyond_its_end(world):
    token = world.connect(world.bob)["access_token"]
    tokens.verify(token)
    with time_machine.travel(timezone.now() + timedelta(seconds=301)), pytest.raises(tokens.InvalidToken):
        tokens.verify(token)
    assert len(_verified) == 0


def test_a_key_that_is_no_longer_ours_takes_its_tokens_along(world):
    token = world.connect(world.bob)["access_token"]
    tokens.verify(token)
    SigningKey.objects.update(revoked_at=timezone.now())
    keys.forget()
    with pytest.raises(tokens.InvalidToken):
        tokens.verify(token)


def test_what_is_refused_is_not_kept(world):
    with pytest.raises(tokens.InvalidToken):
        tokens.verify("a.b.c")
    assert len(_verified) == 0


@pytest.mark.parametrize("spelling", ["{}=", "{}==", " {}", "{} ", "{}\n"])
def test_another_spelling_is_helped_by_none(world, spelling):
    token = world.connect(world.bob)["access_token"]
    tokens.verify(token)
    with pytest.raises(tokens.InvalidToken):
        tokens.verify(spelling.format(token))


def test_stray_bits_in_the_last_character_are_another_spelling(world):
    """64 bytes of signature take 86 characters, of which the last has four bits to spare."""
    token = world.connect(world.bob)["access_token"]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    stray = token[:-1] + alphabet[alphabet.index(token[-1]) + 1]
    tokens.verify(token)
    with pytest.raises(tokens.InvalidToken):
        tokens.verify(stray)


def test_the_least_recently_used_makes_room(settings):
    settings.VERIFIED_TOKENS = 2
    kept = Verified()
    kept.keep("a", 1)
    kept.keep("b", 2)
    kept.get("a")
    kept.keep("c", 3)
    assert [kept.get(name) for name in "abc"] == [1, None, 3]


def test_bytes_are_bounded_too(settings):
    settings.VERIFIED_TOKENS_BYTES = 2 * (BYTES_EACH + 100)
    kept = Verified()
    for number in range(10):
        kept.keep(f"{number:0100}", number)
        kept.keep(f"{number:0100}", number)
    assert (len(kept), kept.bytes) == (2, 2 * (BYTES_EACH + 100))
    kept.drop(f"{9:0100}")
    kept.drop(f"{9:0100}")
    assert (len(kept), kept.bytes) == (1, BYTES_EACH + 100)


def test_claims_cannot_be_changed_for_the_next_request(world):
    claims = tokens.verify(world.connect(world.bob)["access_token"])
    with pytest.raises(AttributeError):
        claims.scopes = ("everything",)
