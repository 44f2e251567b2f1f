"""Confirmations through a real Redis: of workers we know, signed, after the commit; others count for nothing.

Not run on SQLite, beside which the tests start no Redis.
"""

import threading
import time

import pytest
from django.utils import timezone

from accounts import revocation
from accounts.models import Cause, Worker
from accounts.revocation import Scope, wire

pytestmark = pytest.mark.django_db(transaction=True)


def registered(name, lease):
    return Worker.objects.create(name=name, lease_seconds=lease, seen_at=timezone.now())


def while_revoking(world, answer):
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
        return revocation.revoke(Scope(user=world.bob), cause=Cause.SIGNED_OUT_EVERYWHERE).receipt
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
        ear._redis.rpush(f"portcullis:confirmed:{announcement}", f"{worker.pk} {'0' * 64}")
        ear._redis.rpush(f"portcullis:confirmed:{announcement}", "nothing of ours")

    receipt = while_revoking(world, forge)
    assert (receipt["confirmed"], receipt["fenced"]) == ([], ["web-1:7"])


def test_somebody_whom_nobody_knows_confirms_nothing(world):
    registered("web-1:7", lease=0.3)
    stranger = "00000000-0000-4000-8000-000000000000"
    receipt = while_revoking(world, lambda ear, announcement: ear.confirm([announcement], stranger))
    assert (receipt["confirmed"], receipt["fenced"]) == ([], ["web-1:7"])
