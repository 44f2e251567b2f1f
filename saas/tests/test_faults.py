"""What may go wrong around a revocation, with the real thing: servers stopped, paused, emptied; workers killed.

In every case no request that begins after a complete receipt is let in with a dead credential, bystanders are served
(503 at most while the database is gone), and all workers verify with no I/O again within a bound.
"""

import itertools
import os
import shutil
import signal
import tempfile
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
import redis
from django.core.management import call_command

from accounts import keys, revocation
from accounts.models import Cause, Worker
from accounts.revocation import Scope, line
from accounts.tests.world import World
from saas.tests import services
from saas.tests.cluster import LEASE, POLL, RUNSERVER, UVICORN, Cluster, Watch

pytestmark = pytest.mark.xdist_group("cluster")

COMPLETE_WITHIN = LEASE + 1.0  # seconds: a lease and a little, on a busy machine
_numbers = itertools.count()


@pytest.fixture(scope="module")
def cluster(django_db_blocker):
    # Not one of pytest's own folders: PostgreSQL runs as another user, whom they keep out.
    folder = Path(tempfile.mkdtemp(prefix="portcullis-cluster-"))
    with django_db_blocker.unblock():
        cluster = Cluster(folder, nodes=8)
        try:
            with cluster.as_default():
                keys.forget()
                yield cluster
        finally:
            cluster.stop()
            shutil.rmtree(folder, ignore_errors=True)


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


def test_redis_stopped(cluster, story, record_property):
    with Watch(cluster, **story.tokens) as watch:
        cluster.redis.stop()
        receipt, then = compromise(story)
        time.sleep(0.5)
        cluster.redis.start()
    assert receipt["complete"]
    assert receipt["total_ms"] < COMPLETE_WITHIN * 1000
    assert watch.statuses("bob", since=then) == {401}
    assert watch.statuses("alice") == {200}
    confirms_again(cluster, record_property)


def test_redis_restarted_empty(cluster, story, record_property):
    with Watch(cluster, **story.tokens) as watch:
        cluster.redis.stop()
        cluster.redis.start()
        receipt, then = compromise(story)
        time.sleep(0.5)
    assert receipt["complete"]
    assert watch.statuses("bob", since=then) == {401}
    assert watch.statuses("alice") == {200}
    confirms_again(cluster, record_property)


def test_redis_paused(cluster, story, record_property):
    with Watch(cluster, **story.tokens) as watch:
        cluster.redis.pause()
        receipt, then = compromise(story)
        time.sleep(0.5)
        cluster.redis.resume()
    assert receipt["complete"]
    assert receipt["total_ms"] < COMPLETE_WITHIN * 1000
    assert watch.statuses("bob", since=then) == {401}
    assert watch.statuses("alice") == {200}
    assert max(seen.took for seen in watch.seen["alice"]) < LEASE, "a request waited for Redis"
    confirms_again(cluster, record_property)


def test_redis_flushed_all_the_while(cluster, story):
    client = redis.Redis.from_url(cluster.redis.url)
    going = threading.Event()

    def flush():
        while not going.wait(0.0005):
            client.flushall()

    thread = threading.Thread(target=flush)
    thread.start()
    try:
        with Watch(cluster, **story.tokens) as watch:
            receipt, then = compromise(story)
            time.sleep(0.3)
    finally:
        going.set()
        thread.join()
    assert receipt["complete"]
    assert watch.statuses("bob", since=then) == {401}
    assert watch.statuses("alice") == {200}


def test_messages_lost(cluster, story, monkeypatch):
    """Nobody hears the first announcements; the poll reads the database all the same, and a later one is answered."""
    say, lost = line.Line.say, ["the first", "the second"]

    def lossy(line, *commands):
        if lost and commands[-1][0] == "PUBLISH":
            commands = commands[:-1]
            lost.pop()
        say(line, *commands)

    monkeypatch.setattr(line.Line, "say", lossy)
    with Watch(cluster, **story.tokens) as watch:
        receipt, then = compromise(story)
        time.sleep(0.3)
    assert (receipt["complete"], len(receipt["confirmed"]), lost) == (True, 8, [])
    assert watch.statuses("bob", since=then) == {401}


def test_redis_out_of_the_revokers_reach(cluster, story, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    with Watch(cluster, **story.tokens) as watch:
        receipt, then = compromise(story)
        time.sleep(0.3)
    assert (receipt["complete"], len(receipt["fenced"])) == (True, 8)
    assert watch.statuses("bob", since=then) == {401}
    assert watch.statuses("alice") == {200}


def test_no_redis_at_all_where_the_revoker_is(cluster, story, settings):
    """As on an operator's laptop: the register says that there are workers to wait for."""
    settings.REDIS_URL = ""
    receipt, _ = compromise(story)
    assert (receipt["complete"], len(receipt["fenced"])) == (True, 8)
    assert {node.me(story.tokens["bob"]) for node in cluster.nodes} == {401}


def test_redis_out_of_a_workers_reach(cluster, story):
    with cluster.one_more(REDIS_URL="redis://127.0.0.1:1/0") as node:
        assert node.me(story.tokens["bob"]) == 200
        cluster.wait_until_leased()
        with Watch(cluster, **story.tokens) as watch:
            receipt, then = compromise(story)
            time.sleep(0.3)
    assert (receipt["complete"], len(receipt["confirmed"]), len(receipt["fenced"])) == (True, 8, 1)
    assert watch.statuses("bob", since=then) == {401}
    assert watch.statuses("alice") == {200}


def test_a_worker_stopped_for_longer_than_its_lease_and_resumed(cluster, story, record_property):
    node = cluster.nodes[0]
    services.pause(node.worker_pid)
    try:
        receipt, _ = compromise(story)
        time.sleep(LEASE / 2)
        answers = node.ask_soon("/api/v1/me", story.tokens["bob"])
    finally:
        os.kill(node.worker_pid, signal.SIGCONT)
    assert (receipt["complete"], len(receipt["confirmed"]), len(receipt["fenced"])) == (True, 7, 1)
    assert answers() == 401
    assert node.me(story.tokens["alice"]) == 200
    record_property("back to no I/O in", f"{cluster.wait_until_leased():.2f} s")


def test_a_worker_killed(cluster, story, record_property):
    with Watch(cluster, **story.tokens) as watch:
        os.kill(cluster.nodes[0].worker_pid, signal.SIGKILL)
        receipt, then = compromise(story)
        time.sleep(0.5)
    assert (receipt["complete"], len(receipt["fenced"])) == (True, 1)
    assert watch.statuses("bob", since=then) <= {401, 0}
    record_property("back to no I/O in", f"{cluster.wait_until_leased():.2f} s")


def test_a_worker_started_in_the_middle(cluster, story):
    with cluster.one_more() as node, Watch(cluster, **story.tokens) as watch:
        for _ in range(3):
            revocation.revoke(Scope(user=story.world.mallory), cause=Cause.SIGNED_OUT_EVERYWHERE)
        receipt, then = compromise(story)
        assert node.me(story.tokens["bob"]) == 401
        time.sleep(0.3)
    assert receipt["complete"]
    assert watch.statuses("bob", since=then) == {401}


def test_a_workers_clock_set_back_an_hour(cluster, story, tmp_path):
    """It verifies no more without I/O: what expired would live again there, and the list has forgotten it by then."""
    with cluster.one_more(**set_back_when_told(tmp_path)) as node:
        assert node.me(story.tokens["bob"]) == 200
        cluster.wait_until_leased()
        receipt, _ = compromise(story)
        assert receipt["complete"]
        (tmp_path / "now").touch()
        time.sleep(0.5)
        assert not node.is_leased()
        assert (node.me(story.tokens["bob"]), node.me(story.tokens["alice"])) == (401, 200)


def test_a_transaction_that_commits_late(cluster, story):
    """Its entry has a lower id than those that overtook it, and no poll by the highest id would find it."""
    late = psycopg.connect(cluster.postgresql.get_uri())
    late.execute("UPDATE accounts_user SET epoch = epoch + 1 WHERE id = %s", [story.bob.pk])
    for _ in range(3):
        revocation.revoke(Scope(user=story.world.mallory), cause=Cause.SIGNED_OUT_EVERYWHERE)
    time.sleep(2 * POLL)
    assert {node.me(story.tokens["bob"]) for node in cluster.nodes} == {200}
    late.commit()
    late.close()
    time.sleep(2 * POLL + 0.2)
    assert {node.me(story.tokens["bob"]) for node in cluster.nodes} == {401}
    assert {node.me(story.tokens["alice"]) for node in cluster.nodes} == {200}


def test_raw_sql_is_refused_within_a_poll(cluster, story):
    with psycopg.connect(cluster.postgresql.get_uri()) as operator:
        operator.execute("UPDATE accounts_user SET is_active = false WHERE id = %s", [story.bob.pk])
    time.sleep(2 * POLL + 0.2)
    assert {node.me(story.tokens["bob"]) for node in cluster.nodes} == {401}


def test_truncate_is_refused_within_a_poll(cluster, story):
    with psycopg.connect(cluster.postgresql.get_uri()) as operator:
        operator.execute("TRUNCATE accounts_grant CASCADE")
    time.sleep(2 * POLL + 0.2)
    assert {node.me(token) for node in cluster.nodes for token in story.tokens.values()} == {401}


def test_postgresql_restarted(cluster, story, record_property):
    receipt, then = compromise(story)
    with Watch(cluster, **story.tokens) as watch:
        cluster.stop_postgresql()
        cluster.start_postgresql()
        time.sleep(1)
    assert receipt["complete"]
    assert watch.statuses("bob", since=then) <= {401, 503}
    assert watch.statuses("alice") <= {200, 503}
    record_property("back to no I/O in", f"{cluster.wait_until_leased():.2f} s")


def test_postgresql_gone_for_ten_seconds(cluster, story, record_property):
    with Watch(cluster, **story.tokens) as watch:
        cluster.stop_postgresql()
        gone = time.monotonic()
        time.sleep(10)
        back = time.monotonic()
        cluster.start_postgresql()
        record_property("back to no I/O in", f"{cluster.wait_until_leased():.2f} s")
        whole = time.monotonic()
        receipt, then = compromise(story)
        time.sleep(0.3)
    assert receipt["complete"]
    while_gone = [seen.status for seen in watch.seen["alice"] if gone + LEASE < seen.began and seen.ended < back]
    assert set(while_gone) == {503}, "nobody is let in on hope"
    assert watch.statuses("alice") <= {200, 503}
    assert watch.statuses("alice", since=whole) == {200}
    assert watch.statuses("bob", since=then) == {401}


def registered():
    return set(Worker.objects.values_list("pk", flat=True))


@pytest.mark.parametrize(
    "kind",
    [
        {},
        {"options": ("--preload",)},  # everything is loaded before the fork; the thread starts behind it
        {"server": UVICORN},
        {"server": RUNSERVER, "DEBUG": "true"},  # one process watches the files, and has no thread; the other serves
    ],
    ids=["gunicorn", "preloading", "asgi", "reloading"],
)
def test_a_server_of_each_kind_confirms_and_is_waited_for_no_more_once_it_has_ended(cluster, story, kind):
    before = registered()
    with cluster.one_more(**kind) as node:
        assert node.me(story.tokens["bob"]) == 200
        cluster.wait_until_leased()
        assert len(registered() - before) == 1
        receipt, _ = compromise(story)
        assert len(receipt["confirmed"]) == 9
        assert node.me(story.tokens["bob"]) == 401
    assert registered() <= before
    assert list(story.world.sync.usage.values_list("requests", flat=True)) == [1], "written down at the end"


def test_a_command_starts_no_thread_and_registers_nothing(cluster):
    before = registered()
    call_command("purge")
    assert "revocation-list" not in {thread.name for thread in threading.enumerate()}
    assert registered() <= before


def confirms_again(cluster, record_property):
    """Once Redis is there again, workers hear of a revocation by it, and confirm."""
    record_property("back to no I/O in", f"{cluster.wait_until_leased():.2f} s")
    began = time.monotonic()
    world = World(people=f"x{next(_numbers)}")
    while len(revocation.revoke(Scope(user=world.bob), cause=Cause.SIGNED_OUT_EVERYWHERE).receipt["confirmed"]) < 8:
        assert time.monotonic() - began < 20, "workers do not confirm"
    record_property("all confirm again in", f"{time.monotonic() - began:.2f} s")


def set_back_when_told(folder):
    """Variables for a node whose clock goes back an hour as soon as there is a file `now` in that folder."""
    (folder / "sitecustomize.py").write_text(
        "import datetime, os, pathlib, threading, time, time_machine\n"
        "def watch():\n"
        f"    while not pathlib.Path({str(folder / 'now')!r}).exists():\n"
        "        time.sleep(0.05)\n"
        "    hour_ago = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1)\n"
        "    time_machine.travel(hour_ago, tick=True).start()\n"
        "os.register_at_fork(after_in_child=threading.Thread(target=watch, daemon=True).start)\n"
    )
    return {"PYTHONPATH": str(folder)}
