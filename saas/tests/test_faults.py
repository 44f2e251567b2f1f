"""What may go wrong around a revocation, with the real thing: servers stopped, paused, emptied; workers killed.

In every case no request that begins after a complete receipt is let in with a dead credential, bystanders are served
(503 at most while the database is gone), and all workers verify with no I/O again within a bound.
"""

import itertools
import time
from types import SimpleNamespace

import pytest

from accounts import keys, revocation
from accounts.models import Cause
from accounts.revocation import Scope
from accounts.tests.world import World
from saas.tests.cluster import LEASE, Cluster, Watch

pytestmark = pytest.mark.xdist_group("cluster")

COMPLETE_WITHIN = LEASE + 1.0  # seconds: a lease and a little, on a busy machine
_numbers = itertools.count()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory, django_db_blocker):
    with django_db_blocker.unblock():
        cluster = Cluster(tmp_path_factory.mktemp("cluster"), nodes=8)
        try:
            with cluster.as_default():
                keys.forget()
                yield cluster
        finally:
            cluster.stop()


@pytest.fixture
def story(cluster):
    """Bob, whom it will hit, and Alice beside him, each with an access token; all workers have their leases."""
    keys.forget()
    world = World(people=str(next(_numbers)))
    bobs, alices = (world.connect(user)["access_token"] for user in (world.bob, world.alice))
    for node in cluster.nodes:
        assert (node.me(bobs), node.me(alices)) == (200, 200)
    cluster.wait_until_leased()
    return SimpleNamespace(world=world, bob=world.bob, tokens={"bob": bobs, "alice": alices})


def compromise(story):
    """Declares Bob compromised; returns the receipt, and when it was complete."""
    revoked = revocation.revoke(Scope(user=story.bob), cause=Cause.COMPROMISED)
    return revoked.receipt, time.monotonic()


def test_eight_workers_under_load_all_refuse_when_the_receipt_is_there(cluster, story):
    with Watch(cluster, **story.tokens) as watch:
        time.sleep(0.3)
        receipt, then = compromise(story)
        time.sleep(0.5)
    assert receipt["complete"]
    assert (len(receipt["confirmed"]), receipt["fenced"]) == (8, [])
    assert watch.statuses("bob", since=then) == {401}
    assert watch.statuses("alice") == {200}
