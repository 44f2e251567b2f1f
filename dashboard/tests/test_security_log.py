"""The security log: narrowed, searched, exported, and never a formula in somebody's spreadsheet."""

import csv
import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.utils import timezone
from django.utils.html import strip_tags

from accounts import events, revocation
from accounts.models import Cause, SecurityEvent
from accounts.revocation import Scope

pytestmark = pytest.mark.django_db
LOG = "/dashboard/security-log/"


@pytest.mark.django_db
def test_an_owner_sees_that_an_operator_has_revoked_a_member_as_a_whole(world):
    for user in (world.bob, world.mallory):
        revocation.revoke(Scope(user=user), cause=Cause.COMPROMISED, reason="Phone stolen")
    ended = SecurityEvent.objects.filter(kind="revoked")
    seen = {who: {event.user for event in ended.seen_by(who)} for who in (world.alice, world.bob, world.mallory)}
    assert seen == {world.alice: {world.bob}, world.bob: {world.bob}, world.mallory: {world.mallory}}


def test_the_time_stands_there_as_text(world, browser):
    event = events.record(events.Kind.PASSWORD_CHANGED, user=world.bob)
    SecurityEvent.objects.filter(pk=event.pk).update(at=datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC))
    assert "4 Mar 2026, 05:06:07 UTC" in strip_tags(browser(world.bob).get(LOG).content.decode())


def exported(client, query=""):
    return list(csv.DictReader(StringIO(client.get(f"{LOG}export.csv{query}").content.decode("utf-8-sig"))))


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ("?kind=app_connected", "App connected", "Integration created"),
        ("?q=bob", "bob@example.com", "mallory"),
        ("?q=pocket", "Pocket", "Sync"),
        ("?days=1", "App connected", "Password changed"),
        ("?q=127.0.0.1", "Signed in", "Integration created"),
    ],
)
def test_it_is_narrowed(world, browser, query, shown, hidden):
    world.connect(world.bob)
    old = events.record(events.Kind.PASSWORD_CHANGED, user=world.alice)
    SecurityEvent.objects.filter(pk=old.pk).update(at=timezone.now() - timedelta(days=3))
    text = browser(world.alice).get(LOG + query).content.decode().split('id="log"')[1]
    assert shown in text
    assert hidden not in text


@pytest.mark.parametrize("query", ["?kind=x", "?days=x", "?q=%00", f"?q={'x' * 3000}", "?page=-1&kind=", "?q='%22%25"])
@pytest.mark.parametrize("file", ["", "export.csv", "export.json"])
def test_a_filter_that_makes_no_sense_is_no_error(world, browser, query, file):
    assert browser(world.alice).get(LOG + file + query).status_code == 200


def test_the_exports_hold_what_the_page_shows_and_no_more(world, browser):
    browser(world.mallory)
    alice = browser(world.alice)
    rows = exported(alice, "?kind=signed_in")
    assert [row["user"] for row in rows] == ["alice@example.com"]
    assert json.loads(alice.get(f"{LOG}export.json?kind=signed_in").content)[0]["user"] == "alice@example.com"


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "\uff1d1"])
def test_a_cell_is_never_a_formula(world, browser, name):
    events.record(events.Kind.REVOKED, user=world.alice, reason=name)
    reasons = {row["reason"] for row in exported(browser(world.alice))}
    assert f"'{name}" in reasons


def test_it_is_a_file_to_keep_and_cached_by_nobody(world, browser, client):
    assert client.get(f"{LOG}export.csv").status_code == 302
    answer = browser(world.alice).get(f"{LOG}export.csv")
    assert answer["Content-Disposition"] == 'attachment; filename="security-log.csv"'
    assert "no-store" in answer["Cache-Control"]
