"""What a revocation has ended and is tried again: counted, bounded, told once; and nothing else is."""

import time
from collections import Counter
from datetime import timedelta
from io import StringIO
from threading import Timer

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.utils import timezone

from accounts import events, late_tries, revocation, tally
from accounts.late_tries import Kind, Try
from accounts.models import Cause, Grant, LateTry, Membership, Organisation, Revocation, SecurityEvent
from accounts.revocation import Scope
from accounts.tests.races import PATIENCE, together
from accounts.tests.world import CALLBACK, VERIFIER, ask_token, person
from accounts.visitors import Visitor

pytestmark = pytest.mark.django_db(transaction=True)
CURL = Visitor("203.0.113.7", "curl/8.5")


def try_access_token(world, had):
    return Client().get("/api/v1/me", headers={"Authorization": f"Bearer {had['access_token']}", "User-Agent": "thief"})


def try_refresh_token(world, had):
    fields = {"grant_type": "refresh_token", "refresh_token": had["refresh_token"]}
    return ask_token(Client(headers={"User-Agent": "thief"}), world.sync, world.sync_secret, **fields)


def try_code(world, had):
    fields = {"grant_type": "authorization_code", "code": had["code"], "redirect_uri": CALLBACK}
    fields["code_verifier"] = VERIFIER
    return ask_token(Client(headers={"User-Agent": "thief"}), world.sync, world.sync_secret, **fields)


def try_client_secret(world, had):
    client = Client(headers={"User-Agent": "thief"})
    return ask_token(client, world.export, world.export_secret, grant_type="client_credentials")


TRIES = {
    Kind.ACCESS_TOKEN: (try_access_token, lambda w: Scope(user=w.bob)),
    Kind.REFRESH_TOKEN: (try_refresh_token, lambda w: Scope(user=w.bob)),
    Kind.CODE: (try_code, lambda w: Scope(user=w.bob)),
    Kind.CLIENT_SECRET: (try_client_secret, lambda w: Scope(client_secret=w.export.secrets.get())),
}


def everything_of_bobs(world):
    return {**world.connect(world.bob), "code": world.code(world.bob)}


def end(world, **scope):
    return revocation.revoke(Scope(**scope or {"user": world.bob}), cause=Cause.ENDED)


@pytest.fixture
def dead(world):
    """A grant of Bob's that has been ended."""
    grant = world.grant_of(world.connect(world.bob))
    end(world, grant=grant)
    return grant


def told():
    return SecurityEvent.objects.filter(kind=events.Kind.TRIED_AGAIN)


@pytest.mark.parametrize("kind", TRIES, ids=str)
def test_each_kind_is_counted_from_where_it_was_tried(world, kind):
    act, scope = TRIES[kind]
    had, ended = everything_of_bobs(world), scope(world)
    done = revocation.revoke(ended, cause=Cause.ENDED)
    assert not LateTry.objects.exists()
    assert act(world, had).status_code in {400, 401}
    row = LateTry.objects.get()
    assert (row.revocation_id, row.kind, row.times) == (done.pk, kind, 1)
    assert (row.ip_address, row.user_agent) == ("127.0.0.1", "thief")


@pytest.mark.parametrize("kind", TRIES, ids=str)
def test_what_is_alive_is_let_in_and_counted_nowhere(world, kind, monkeypatch):
    act, _ = TRIES[kind]
    had = everything_of_bobs(world)
    end(world, grant=world.grant_of(world.connect(world.alice)))
    monkeypatch.setattr(late_tries, "note", None)  # whoever called it would fail
    assert act(world, had).status_code == 200


def forged(token):
    head, body, signature = token.split(".")
    return f"{head}.{body}.{signature[::-1]}"


def test_what_never_was_ours_or_merely_ran_out_counts_nothing(world):
    had = everything_of_bobs(world)
    end(world, grant=world.grant_of(had))
    try_access_token(world, {"access_token": forged(had["access_token"])})
    try_refresh_token(world, {"refresh_token": forged(had["refresh_token"])})
    try_code(world, {"code": "pc_code_guessed"})
    ask_token(Client(), world.export, "pc_secret_guessed", grant_type="client_credentials")
    with time_machine.travel(time.time() + 301):
        try_access_token(world, had)
    late_tries.tally._write_what_is_left()
    assert not LateTry.objects.exists() and not told().exists()


def test_what_was_ended_below_a_revocation_counts_nothing(world):
    had = everything_of_bobs(world)
    Grant.objects.update(ended_at=timezone.now())
    assert try_access_token(world, had).status_code == 401
    assert not LateTry.objects.exists() and not told().exists()
    assert not late_tries.tally._counts


def test_what_was_ended_by_a_revocation_that_somebody_deleted_below_the_orm_counts_nothing(world):
    had = everything_of_bobs(world)
    end(world, grant=world.grant_of(had))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_revocation")
    assert try_access_token(world, had).status_code == 401
    late_tries.tally._write_what_is_left()
    assert not LateTry.objects.exists()


def test_ten_thousand_requests_are_a_handful_of_writes(dead):
    written = Counter()

    def watch(execute, sql, *rest):
        written[sql.split()[0]] += 1
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        for _ in range(10_000):
            late_tries.note(Kind.ACCESS_TOKEN, dead.pk, CURL)
        late_tries.tally._write_all()
    assert LateTry.objects.get().times == 10_000
    assert written["INSERT"] + written["UPDATE"] <= 10
    assert sum(written.values()) <= 30


def test_agents_made_up_for_the_purpose_are_counted_together(dead):
    for number in range(250):
        late_tries.note(Kind.ACCESS_TOKEN, dead.pk, Visitor("203.0.113.7", f"agent {number}"))
    late_tries.tally._write_all()
    rows = LateTry.objects.all()
    assert len(rows) == late_tries.MOST_ROWS + 1
    assert sum(row.times for row in rows) == 250
    assert rows.get(kind=Kind.OTHERS).times == 150
    assert late_tries.tally._counts == {}


def test_what_waits_in_memory_is_written_sooner_when_it_is_much(dead):
    for number in range(1500):
        late_tries.note(Kind.ACCESS_TOKEN, dead.pk, Visitor("203.0.113.7", f"agent {number}"))
        assert len(late_tries.tally._counts) < 1000
    assert sum(LateTry.objects.values_list("times", flat=True)) > 1000


def test_workers_that_see_it_at_once_tell_of_it_once_and_lose_nothing(dead):
    numbers = iter(range(800))

    def one_worker():
        tries = [Try(Kind.ACCESS_TOKEN, dead.pk, Visitor("203.0.113.7", f"agent {next(numbers)}")) for _ in range(99)]
        late_tries._write(Counter([*tries, Try(Kind.ACCESS_TOKEN, dead.pk, CURL)]))

    assert together(8, one_worker) == [None] * 8
    assert told().count() == 1
    assert sorted(message.to[0] for message in mail.outbox) == ["alice@example.com", "bob@example.com"]
    assert LateTry.objects.count() == late_tries.MOST_ROWS + 1
    assert sum(LateTry.objects.values_list("times", flat=True)) == 800


def test_the_next_revocation_is_told_of_as_well(world):
    for number in (1, 2):
        had = world.connect(world.bob)
        end(world, grant=world.grant_of(had))
        late_tries.tally.forget()  # as after ten seconds
        for _ in range(2):
            try_access_token(world, had)
        assert told().count() == number


def test_it_says_what_and_from_where_and_that_it_may_be_honest(world, dead):
    late_tries.note(Kind.REFRESH_TOKEN, dead.pk, CURL)
    event, message = told().get(), mail.outbox[0]
    assert (event.user, event.organisation, event.integration) == (world.bob, world.acme, world.sync)
    assert (event.ip_address, event.what) == ("203.0.113.7", "Refresh token")
    assert "An app that has not noticed the end tries again too" in event.details["note"]
    assert message.subject == "Revoked credential used again: Refresh token of Sync"
    assert "203.0.113.7" in message.body and f"/dashboard/security-log/{event.pk}/" in message.body
    assert "An app that has not noticed the end tries again too" in message.body


def test_an_owner_of_elsewhere_is_not_told_of_here(world):
    carol = person("Carol")
    Membership.objects.create(user=carol, organisation=world.acme, role="member")
    Membership.objects.create(user=carol, organisation=Organisation.objects.create(name="Elsewhere"), role="owner")
    grant = world.grant_of(world.connect(world.bob))
    end(world, grant=grant)
    world.try_again(grant)
    assert sorted(message.to[0] for message in mail.outbox) == ["alice@example.com", "bob@example.com"]


def test_whoever_was_told_of_a_reuse_is_not_told_twice(world):
    had = world.connect(world.bob)
    world.refresh(world.refresh(had))
    try_refresh_token(world, had)
    assert len(mail.outbox) == 2
    try_refresh_token(world, had)
    assert (len(mail.outbox), told().count(), LateTry.objects.get().times) == (2, 1, 1)


def test_whoever_may_not_come_in_any_more_is_not_told(world):
    had = world.connect(world.bob)
    revocation.revoke(Scope(user=world.bob), cause=Cause.DEACTIVATED)
    try_access_token(world, had)
    assert [message.to for message in mail.outbox] == [["alice@example.com"]]


def test_the_words_of_whoever_tries_lead_nowhere(world):
    had = world.connect(world.bob)
    end(world, grant=world.grant_of(had))
    hostile = "http://evil.example/\r\nBcc:\0\x1b[2J " + "x" * 5000
    headers = {"Authorization": f"Bearer {had['access_token']}", "User-Agent": hostile}
    assert Client().get("/api/v1/me", headers=headers).status_code == 401
    kept = LateTry.objects.get().user_agent
    assert kept.isprintable() and len(kept) == 300
    assert "http: evil. example/" in mail.outbox[0].body


def test_a_database_that_is_away_changes_no_answer_and_loses_no_count(world, monkeypatch):
    had = world.connect(world.bob)
    end(world, grant=world.grant_of(had))

    def away(*args, **kwargs):
        raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(LateTry.objects, "bulk_create", away)
        assert [try_access_token(world, had).status_code for _ in range(3)] == [401] * 3
    assert not LateTry.objects.exists() and not told().exists()
    late_tries.tally._write_all()
    assert LateTry.objects.get().times == 3
    assert told().count() == 1


def test_what_is_not_due_is_written_by_itself(dead, monkeypatch):
    timers = []

    def at_once(seconds, write):
        timers.append(Timer(0, write))
        return timers[-1]

    monkeypatch.setattr(tally, "Timer", at_once)
    monkeypatch.setattr(late_tries.tally, "_every", 3600)
    for _ in range(2):
        late_tries.note(Kind.ACCESS_TOKEN, dead.pk, CURL)
    timers[0].join(PATIENCE)
    assert LateTry.objects.get().times == 2


def test_nothing_is_written_inside_somebodys_transaction(dead):
    with transaction.atomic():
        late_tries.note(Kind.ACCESS_TOKEN, dead.pk, CURL)
        assert not LateTry.objects.exists()
    late_tries.note(Kind.ACCESS_TOKEN, dead.pk, CURL)
    assert LateTry.objects.get().times == 2


def test_the_receipt_stays_as_it_was_signed(dead):
    before = Revocation.objects.get()
    late_tries.note(Kind.ACCESS_TOKEN, dead.pk, CURL)
    after = Revocation.objects.get()
    assert after.tried_again_at is not None
    assert (after.receipt, after.receipt_jws) == (before.receipt, before.receipt_jws)


def test_purge_forgets_addresses_of_long_ago_and_tells_of_nothing_twice(dead):
    late_tries.note(Kind.ACCESS_TOKEN, dead.pk, CURL)
    for days, left in ((89, 1), (91, 0)):
        LateTry.objects.update(last_at=timezone.now() - timedelta(days=days))
        call_command("purge", stdout=StringIO())
        assert LateTry.objects.count() == left
    late_tries._write(Counter([Try(Kind.ACCESS_TOKEN, dead.pk, CURL)]))
    assert told().count() == 1
