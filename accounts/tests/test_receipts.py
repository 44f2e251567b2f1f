"""Receipts: who confirmed, who is fenced, who is pending; signed so that anybody can verify; never a guess."""

import time

import jwt
import pytest
from django.core import mail
from django.db import DatabaseError, IntegrityError
from django.utils import timezone

from accounts import events, keys, revocation
from accounts.models import Cause, Revocation, SigningKey, User, Worker
from accounts.revocation import Scope, ending, receipts, wire
from accounts.revocation.line import Line
from accounts.tests.world import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


def registered(name, lease=0.2):
    return Worker.objects.create(name=name, lease_seconds=lease, seen_at=timezone.now())


def sign_out(world, **more):
    return revocation.revoke(Scope(user=world.bob), cause=Cause.SIGNED_OUT_EVERYWHERE, **more)


def test_without_leases_it_is_effective_at_commit(world):
    done = sign_out(world)
    assert (done.receipt["complete"], done.receipt["expected"]) == (True, 0)
    assert done.receipt_in_words == "effective at commit: every request asks the database"


def test_a_worker_that_says_nothing_is_fenced_once_its_lease_is_over(world):
    registered("web-1:7")
    began = time.monotonic()
    done = sign_out(world)
    assert time.monotonic() - began >= 0.2
    assert (done.receipt["complete"], done.receipt["fenced"], done.receipt["pending"]) == (True, ["web-1:7"], [])
    assert "1 fenced" in done.receipt_in_words


def test_who_cannot_wait_is_told_who_is_pending(world):
    registered("web-1:7", lease=30)
    done = sign_out(world, patience=0.05)
    assert (done.receipt["complete"], done.receipt["pending"]) == (False, ["web-1:7"])
    assert "1 pending" in done.receipt_in_words


def test_who_has_no_time_does_not_find_out_whether_redis_is_there(world, settings, monkeypatch):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    asked = []
    monkeypatch.setattr(wire, "Line", lambda: asked.append(True) or Line())
    registered("web-1:7", lease=30)
    assert sign_out(world, patience=0).receipt["pending"] == ["web-1:7"]
    assert asked == []
    sign_out(world, patience=0.01)
    assert asked == [True]


def test_the_wait_is_for_the_longest_lease_of_all(world):
    registered("web-1:7", lease=0.1)
    registered("web-2:7", lease=0.4)
    began = time.monotonic()
    assert len(sign_out(world).receipt["fenced"]) == 2
    assert time.monotonic() - began >= 0.4


def test_it_is_kept_and_verifies_with_the_jwks(world, client):
    done = sign_out(world)
    kept = Revocation.objects.get()
    assert (kept.receipt, kept.receipt_jws) == (done.receipt, done.receipt_jws)
    keys = jwt.PyJWKSet.from_dict(client.get("/.well-known/jwks.json").json())
    header = jwt.get_unverified_header(kept.receipt_jws)
    claims = jwt.decode(kept.receipt_jws, keys[header["kid"]], algorithms=["ES256"])
    assert header["typ"] == receipts.TYP
    assert (claims["jti"], claims["ended"], claims["receipt"]) == (str(done.pk), done.ended, done.receipt)


def test_it_opens_nothing(world, api_client):
    assert api_client(sign_out(world).receipt_jws).get("/api/v1/me").status_code == 401


def test_a_database_that_goes_away_undoes_no_revocation(world, browser, monkeypatch):
    bob = browser(world.bob)

    def gone(*args, **kwargs):
        raise DatabaseError("gone")

    monkeypatch.setattr(receipts, "REGISTER", gone)
    done = sign_out(world)
    assert (done.receipt, done.receipt_in_words) == (None, "no receipt yet")
    assert bob.get("/dashboard/").status_code == 302


def test_a_key_that_cannot_sign_the_receipt_undoes_no_revocation_and_keeps_no_mail_back(world, browser):
    bob = browser(world.bob)
    signing = SigningKey.objects.get(pk=keys.signing_key().kid)
    signing.private_encrypted = "encrypted under a key that is lost"
    signing.save()
    keys.forget()
    done = revocation.revoke(Scope(user=world.bob), cause=Cause.COMPROMISED)
    assert Revocation.objects.get(pk=done.pk).receipt is None
    assert bob.get("/dashboard/").status_code == 302
    assert mail.outbox[-1].to == [world.bob.email]


def test_a_mail_that_cannot_be_written_keeps_no_revocation_from_its_receipt(world, monkeypatch):
    monkeypatch.setattr(ending.notices, "tell_of_compromise", None)  # whoever calls it fails
    done = revocation.revoke(Scope(user=world.bob), cause=Cause.COMPROMISED)
    assert Revocation.objects.get(pk=done.pk).receipt["complete"]


def test_what_fails_as_it_is_written_down_ends_nothing_and_tells_nobody(world, monkeypatch):
    told = []
    monkeypatch.setattr(receipts, "collect", lambda *args, **kwargs: told.append(args))
    monkeypatch.setattr(ending, "_record", lambda *args: events.record(None))
    with pytest.raises(IntegrityError):
        revocation.revoke(Scope(user=world.bob), cause=Cause.COMPROMISED)
    assert User.objects.get(pk=world.bob.pk).check_password(PASSWORD)
    assert not Revocation.objects.exists()
    assert not told and not mail.outbox


def test_the_log_says_what_was_ended_so_that_it_can_be_done_again_after_a_restore(world, caplog):
    with caplog.at_level("INFO", logger="accounts.revocation.receipts"):
        done = sign_out(world)
    (line,) = [record.getMessage() for record in caplog.records]
    assert str(done.pk) in line and str(world.bob.pk) in line and "signed_out_everywhere" in line
