"""From a shell: revoke, purge, demo. Bad input gets one clear line and changes nothing."""

import json
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from accounts import batches, revocation
from accounts.models import Cause, Grant, Revocation, RevocationEntry, Session, SigningKey, User
from accounts.revocation import Scope, feed

pytestmark = pytest.mark.django_db


def run(*arguments):
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_revoke_ends_everything_and_prints_what_ended(world, browser):
    bob = browser(world.bob)
    world.connect(world.bob)
    said = run("revoke", "--user", "BOB@example.com", "--cause", "compromised", "--reason", "Stolen")
    assert "1 session and 1 connected app" in said
    assert "effective at commit: every request asks the database" in said
    assert bob.get("/dashboard/").status_code == 302
    assert Revocation.objects.get().reason == "Stolen"


@pytest.mark.django_db(transaction=True)
def test_what_revoke_prints_for_programs_is_json_and_no_mail(world, settings, capsys):
    settings.EMAIL_BACKEND = "saas.mail.Printed"
    call_command("revoke", "--user", world.bob.email, "--cause", "compromised", "--json")
    printed = capsys.readouterr()
    assert json.loads(printed.out)["cause"] == "compromised"
    assert "choose a new password" in printed.err


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("--organisation", lambda w: w.acme.pk),
        ("--integration", lambda w: w.sync.pk),
        ("--signing-key", lambda w: SigningKey.objects.get().pk),
    ],
)
def test_revoke_takes_other_scopes(world, name, of):
    world.connect(world.bob)
    printed = json.loads(run("revoke", name, str(of(world)), "--json"))
    assert (printed["ended"]["grants"], printed["cause"]) == (1, "ended")
    assert printed["receipt"]["complete"]


@pytest.mark.django_db(transaction=True)
def test_revoke_everything_and_read_the_receipt_again(world, browser):
    browser(world.bob)
    printed = json.loads(run("revoke", "--everything", "--json"))
    assert printed["ended"]["sessions"] == 1
    assert json.loads(run("receipt", printed["id"], "--json")) == printed
    assert run("receipt", printed["id"], "--jws").strip() == printed["receipt_jws"]
    assert "everything" in run("receipt", printed["id"])


@pytest.mark.parametrize("id_", ["", "x", "00000000-0000-4000-8000-000000000000", "a\0b", "0" * 500])
def test_a_receipt_of_nothing_is_refused(db, id_):
    with pytest.raises(CommandError, match="There is no revocation"):
        run("receipt", id_)


def test_a_dry_run_says_the_same_and_ends_nothing(world, browser):
    bob = browser(world.bob)
    assert "1 session" in run("revoke", "--user", world.bob.email, "--cause", "compromised", "--dry-run")
    assert bob.get("/dashboard/").status_code == 200


@pytest.mark.parametrize(
    "arguments",
    [
        ["--user", "nobody@example.com", "--cause", "compromised"],
        ["--user", "", "--cause", "compromised"],
        ["--user", "a\0b", "--cause", "compromised"],
        ["--user", "bob@example.com", "--cause", "whim"],
        ["--user", "bob@example.com"],
        [],
        ["--user", "bob@example.com", "--everything"],
        ["--everything", "--cause", "compromised"],
        ["--organisation", "x"],
        ["--organisation", ""],
        ["--signing-key", ""],
        ["--organisation", "00000000-0000-4000-8000-000000000000"],
        ["--integration", "a\0b"],
        ["--signing-key", "x"],
        ["--signing-key", "a\0b"],
        ["--everything", "--timeout", "-1"],
        ["--everything", "--timeout", "nan"],
        ["--everything", "--timeout", "soon"],
        ["--user", "bob@example.com", "--cause", "compromised", "--reason", "x" * 501],
        ["--user", "bob@example.com", "--cause", "compromised", "--reason", "a\0b"],
    ],
)
def test_revoke_refuses_what_it_does_not_understand(world, arguments):
    with pytest.raises(CommandError):
        run("revoke", *arguments)
    assert not Revocation.objects.exists()


def test_a_dry_run_says_what_would_follow_and_does_nothing(world, browser):
    browser(world.bob)
    run_dry = lambda *more: run("revoke", "--user", world.bob.email, "--dry-run", "--cause", *more)  # noqa: E731
    assert "1 session. The password would open nothing" in run_dry("compromised")
    assert "1 session. They could not come back" in run_dry("deactivated")
    assert run_dry("signed_out_everywhere") == "Would end: 1 session.\n"
    told = json.loads(run_dry("compromised", "--json"))
    assert told == {"dry_run": True, "would_end": {"sessions": 1, "grants": 0, "codes": 0, "client_secrets": 0}}
    assert not Revocation.objects.exists()


def test_purge_deletes_what_has_run_out_and_nothing_else(world, browser):
    browser(world.bob)
    world.connect(world.bob)
    world.code(world.bob)
    run("purge")
    assert (Session.objects.count(), Grant.objects.count(), OutstandingToken.objects.count()) == (1, 2, 1)
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        run("purge")
    assert (Session.objects.count(), Grant.objects.count(), OutstandingToken.objects.count()) == (0, 1, 1)
    with time_machine.travel(timezone.now() + timedelta(days=368)):
        run("purge")
    assert (Grant.objects.count(), OutstandingToken.objects.count()) == (0, 0)


def test_purge_leaves_the_outstanding_row_of_a_client_that_goes_on_asking(world):
    world.own_tokens()
    for days in (300, 600):
        with time_machine.travel(timezone.now() + timedelta(days=days)):
            world.own_tokens()
            run("purge")
    assert OutstandingToken.objects.filter(grant=Grant.objects.live().get()).exists()


def test_purge_deletes_more_than_are_deleted_at_once(world, monkeypatch):
    monkeypatch.setattr(batches, "AT_ONCE", 2)
    for _ in range(5):
        world.connect(world.bob)
    Grant.objects.update(ended_at=timezone.now() - timedelta(days=3))
    had = world.connect(world.alice)
    assert "Purged 5 grants" in run("purge")
    assert list(Grant.objects.all()) == [world.grant_of(had)]
    assert OutstandingToken.objects.count() == 1


def test_rows_do_not_grow_with_refreshes(world):
    had = world.connect(world.bob)
    for _ in range(10):
        had = world.refresh(had)
        world.own_tokens()
    assert (Grant.objects.count(), OutstandingToken.objects.count()) == (2, 2)


@pytest.fixture
def empty(db, settings, tmp_path):
    settings.DEBUG, settings.DEMO_FILE = True, str(tmp_path / "demo.json")


def test_the_demo_is_made_once_and_printed_ever_after(empty, tmp_path):
    first, second = json.loads(run("demo", "--json")), json.loads(run("demo", "--json"))
    assert first == second
    assert set(first) == {"base_url", "users", "clients"}
    assert {user["role"] for user in first["users"]} == {"owner", "admin", "member"}
    kinds = [(client["grant_types"][0], bool(client["client_secret"])) for client in first["clients"]]
    assert kinds == [("client_credentials", True), ("authorization_code", True), ("authorization_code", False)]
    assert (tmp_path / "demo.json").stat().st_mode & 0o077 == 0


def test_the_demo_keeps_out_of_a_database_that_is_lived_in(empty, world):
    with pytest.raises(CommandError):
        run("demo")
    assert run("demo", "--if-empty") == ""
    assert User.objects.count() == 3


def test_a_demo_that_cannot_be_kept_is_not_made(empty, settings):
    settings.DEMO_FILE = "/dev/null/demo.json"
    with pytest.raises(CommandError, match="DEMO_FILE"):
        run("demo")
    assert not User.objects.exists()


@pytest.mark.parametrize("content", ["", "{", "{}", "[]", "null", '{"users": [], "user_ids": ["x"]}', '{"users": 1}'])
def test_a_demo_file_that_is_damaged_is_no_demo(empty, world, tmp_path, content):
    (tmp_path / "demo.json").write_text(content)
    with pytest.raises(CommandError, match="other people"):
        run("demo")


def test_the_demo_is_not_for_production(empty, settings):
    settings.DEBUG = False
    with pytest.raises(CommandError):
        run("demo")
    assert not User.objects.exists()


def test_createsuperuser_can_sign_in_at_once(client, settings):
    settings.DEBUG = False
    call_command("createsuperuser", "--noinput", "--email", "Root@example.com")
    root = User.objects.get(email="root@example.com")
    root.set_password("a long root phrase")
    root.save()
    client.post("/accounts/login/", {"login": "root@example.com", "password": "a long root phrase"})
    assert client.get("/admin/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_receipt_says_what_was_tried_again_since(world):
    grant = world.grant_of(world.connect(world.bob))
    done = revocation.revoke(Scope(grant=grant), cause=Cause.ENDED)
    world.try_again(grant, 2)
    assert "tried     2 times: Access token of Sync, 203.0.113.7, curl 8" in run("receipt", str(done.pk))
    tried = json.loads(run("receipt", str(done.pk), "--json"))["late_tries"][0]
    assert (tried["kind"], tried["ip_address"], tried["times"]) == ("access_token", "203.0.113.7", 2)


def test_purge_forgets_entries_where_no_worker_keeps_a_copy(world):
    revocation.revoke(Scope(user=world.bob), cause=Cause.COMPROMISED)
    run("purge")
    assert RevocationEntry.objects.exists()
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        run("purge")
    assert not RevocationEntry.objects.exists()


def test_an_older_version_leaves_the_triggers_of_a_newer_one_as_they_are(db, monkeypatch, caplog):
    MigrationRecorder(connection).record_applied("accounts", "9999_of_tomorrow")
    laid = []
    monkeypatch.setattr(feed, "lay", laid.append)
    call_command("migrate", verbosity=0)
    assert laid == []
    assert "migrated by a newer version (9999_of_tomorrow)" in caplog.text
    MigrationRecorder(connection).record_unapplied("accounts", "9999_of_tomorrow")
    call_command("migrate", verbosity=0)
    assert laid == [connection]
