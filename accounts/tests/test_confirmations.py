"""Confirmations through a real Redis: of workers we know, signed, after the commit; others count for nothing.

Not run on SQLite, beside which the tests start no Redis.
"""

import contextlib
import threading
import time

import pytest
import redis
from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.db.models.signals import post_delete
from django.utils import timezone

from accounts import revocation, tokens
from accounts.models import Cause, Grant, Worker
from accounts.revocation import Scope, reading, receipts, wire
from accounts.revocation.list import RevocationList
from accounts.revocation.worker import Keeper

pytestmark = pytest.mark.django_db(transaction=True)


def confirm_as_anybody(announcement, *words):
    with redis.Redis.from_url(settings.REDIS_URL) as anybody:
        for word in words:
            anybody.publish(f"portcullis:confirmed:{announcement.id}", word)


def signed(text):
    return f"{wire._mac(text)} {text}"


def registered(name, lease):
    return Worker.objects.create(name=name, lease_seconds=lease, seen_at=timezone.now())


def while_revoking(world, answer, within=contextlib.nullcontext):
    """The receipt, where `answer` is done for each announcement as it is heard."""
    going = threading.Event()

    def listen():
        ear = wire.Ear()
        while not going.is_set():
            for announcement in ear.wait(0.05):
                answer(ear, announcement)

    thread = threading.Thread(target=listen)
    thread.start()
    time.sleep(0.2)
    try:
        with within():
            revoked = revocation.revoke(Scope(user=world.bob), cause=Cause.SIGNED_OUT_EVERYWHERE)
        return revoked.receipt
    finally:
        going.set()
        thread.join()


def test_a_worker_that_confirms_is_not_waited_for(world):
    worker = registered("web-1:7", lease=20)
    receipt = while_revoking(world, lambda ear, announcement: ear.confirm([announcement], str(worker.pk)))
    assert [each["worker"] for each in receipt["confirmed"]] == ["web-1:7"]
    assert receipt["total_ms"] < 10_000


def test_a_forged_confirmation_is_not_believed(world):
    worker = registered("web-1:7", lease=0.5)

    def forge(ear, announcement):
        confirm_as_anybody(announcement, f"{worker.pk} {'0' * 64}", "nothing of ours")

    receipt = while_revoking(world, forge)
    assert (receipt["confirmed"], receipt["fenced"]) == ([], ["web-1:7"])


@pytest.mark.parametrize("options", ["?protocol=2", "?socket_timeout=99&decode_responses=no&health_check_interval=1"])
def test_what_a_url_says_of_the_connection_is_in_nobodys_way(world, settings, options):
    settings.REDIS_URL += options
    worker = registered("web-1:7", lease=20)
    receipt = while_revoking(world, lambda ear, announcement: ear.confirm([announcement], str(worker.pk)))
    assert len(receipt["confirmed"]) == 1


def test_a_confirmation_that_is_no_text_is_not_believed_and_undoes_nothing(world):
    worker = registered("web-1:7", lease=0.5)
    receipt = while_revoking(world, lambda ear, announcement: confirm_as_anybody(announcement, b"\xff"))
    assert (receipt["confirmed"], receipt["fenced"]) == ([], [worker.name])


def test_somebody_whom_nobody_knows_confirms_nothing(world):
    registered("web-1:7", lease=0.3)
    stranger = "00000000-0000-4000-8000-000000000000"
    receipt = while_revoking(world, lambda ear, announcement: ear.confirm([announcement], stranger))
    assert (receipt["confirmed"], receipt["fenced"]) == ([], ["web-1:7"])


def test_an_announcement_tells_what_the_transaction_wrote_into_the_list(world):
    """Which is enough to refuse, and to know that nothing else is missing: nobody has to ask the database."""
    worker, copy = registered("web-1:7", lease=20), RevocationList()
    claims = tokens.verify(world.connect(world.bob)["access_token"])

    def heed(ear, announcement):
        if reading.heed(copy, announcement.news):
            ear.confirm([announcement], str(worker.pk))

    assert while_revoking(world, heed)["complete"]
    assert copy.refuses(claims)


def test_a_worker_that_misses_what_nobody_told_reads_before_it_confirms(world, settings):
    """Ended by hand, and then revoked: the revocation finds it dead, and has nothing to tell."""
    settings.REVOCATION_POLL_SECONDS, settings.REVOCATION_LEASE_SECONDS = 2, 60
    claims, copy = tokens.verify(world.connect(world.bob)["access_token"]), RevocationList()
    keeper = Keeper(copy)
    keeper.start()
    try:
        while not copy.is_leased():
            time.sleep(0.01)
        grant = Grant.objects.get(pk=claims.grant)
        Grant.objects.filter(pk=claims.grant).update(ended_at=timezone.now())
        revoked = revocation.revoke(Scope(grant=grant), cause=Cause.ENDED)
        refuses = copy.refuses(claims)
    finally:
        keeper.stop()
    assert len(revoked.receipt["confirmed"]) == 1
    assert refuses


def test_within_a_transaction_of_the_callers_nothing_is_told(world):
    """What it wrote before would go without saying. The worker reads."""
    worker, told = registered("web-1:7", lease=20), []

    def listen(ear, announcement):
        told.append(announcement.news)
        ear.confirm([announcement], str(worker.pk))

    assert while_revoking(world, listen, transaction.atomic)["complete"]
    assert set(told) == {None}  # it is repeated until all have answered


def test_what_is_written_late_in_the_transaction_is_told_too(world):
    """Such as by a signal of an adopter's: a worker that confirmed without it would believe what is ended."""
    EmailAddress.objects.create(user=world.bob, email="b@elsewhere.example", verified=False, primary=False)
    grant = Grant.objects.get(pk=tokens.verify(world.connect(world.alice)["access_token"]).grant)
    worker, told = registered("web-1:7", lease=20), []

    def also(**kwargs):
        Grant.objects.filter(pk=grant.pk).update(ended_at=timezone.now())

    def listen(ear, announcement):
        told.append(announcement.news)
        ear.confirm([announcement], str(worker.pk))

    post_delete.connect(also, sender=EmailAddress)
    try:
        assert while_revoking(world, listen)["complete"]
    finally:
        post_delete.disconnect(also, sender=EmailAddress)
    assert grant.pk.hex in {row.subject for row in told[0].rows}


def test_too_much_is_not_told(world, monkeypatch):
    monkeypatch.setattr(receipts, "MOST_TOLD", 0)
    worker, told = registered("web-1:7", lease=20), []

    def listen(ear, announcement):
        told.append(announcement.news)
        ear.confirm([announcement], str(worker.pk))

    assert while_revoking(world, listen)["complete"]
    assert set(told) == {None}  # it is repeated until all have answered


@pytest.mark.parametrize(
    "message",
    [
        "",
        "somebody",
        '["id", [[1, 1, 1], [[1, "user", "x", 9]]]]',
        'forged ["id", null]',
        b"\xff\xfe",
        signed('["id", []]'),
        signed('["id", [[1, "user", "x", 9]]]'),
        signed('["id", [[1, 1, 1], [[1]]]]'),
    ],
    ids=[
        "empty",
        "text",
        "unsigned",
        "forged",
        "no text",
        "of the version before, empty",
        "of the version before",
        "another",
    ],
)
def test_an_announcement_that_is_not_ours_is_not_heard(message):
    """Nothing is ever accepted because of Redis; and nobody is refused on a stranger's word either."""
    ear = wire.Ear()
    assert ear.wait(0.1) == []
    with redis.Redis.from_url(settings.REDIS_URL) as anybody:
        anybody.publish(wire.channel(), message)
        assert ear.wait(0.2) == []
        anybody.publish(wire.channel(), signed('["id", null]'))
        assert ear.wait(1) == [wire.Announced("id", None)], "and it still listens"


def test_one_ear_confirms_again_after_redis_has_hung_up(world):
    ear, announced = wire.Ear(), wire.Announced("an id", None)
    ear.confirm([announced], "first")
    with redis.Redis.from_url(settings.REDIS_URL) as anybody, anybody.pubsub(ignore_subscribe_messages=True) as answers:
        anybody.client_kill_filter(_type="normal", skipme=True)
        ear.take_note()
        answers.subscribe("portcullis:confirmed:an id")
        answers.get_message(timeout=1)
        ear.confirm([announced], "second")
        assert answers.get_message(timeout=1)["data"].split()[0] == b"second"
