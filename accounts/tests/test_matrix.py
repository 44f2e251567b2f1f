"""Every cell of the matrix (accounts.tests.matrix), at every place where it is checked."""

import os
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection

from accounts import clients, grants, tokens
from accounts.models import Cause, credentials
from accounts.revocation import reading, triggers
from accounts.revocation.list import RevocationList, clock
from accounts.revocation.scope import NARROWING
from accounts.tests import matrix
from accounts.tests.matrix import ROWS
from accounts.tests.world import VERIFIER

pytestmark = pytest.mark.django_db
GUARANTEES = Path(__file__).resolve().parents[2] / "docs" / "guarantees.md"
BEGIN, END = "<!-- the matrix, printed by UPDATE_GUARANTEES=1 pytest accounts/tests/test_matrix.py -->", "<!-- end -->"


def by_the_list(text):
    """What a worker with a lease says of an access token."""
    copy = RevocationList()
    reading.read_into(copy, seen_at=clock())
    try:
        return not copy.refuses(tokens.verify(text))
    except tokens.InvalidToken:
        return False


def by_the_database(text):
    try:
        return tokens.is_live(tokens.verify(text))
    except tokens.InvalidToken:
        return False


def works(act, *refusals):
    try:
        act()
    except refusals:
        return False
    return True


# Where each credential is checked.
PLACES = {
    ("session", "the dashboard"): lambda w: w.browser.get("/dashboard/").status_code == 200,
    ("access", "the API, with a lease"): lambda w: by_the_list(w.connected["access_token"]),
    ("access", "the API, without"): lambda w: by_the_database(w.connected["access_token"]),
    ("access", "introspection"): lambda w: grants.introspect(w.sync, w.connected["access_token"])["active"],
    ("refresh", "introspection"): lambda w: grants.introspect(w.sync, w.connected["refresh_token"])["active"],
    ("refresh", "the token endpoint"): lambda w: works(lambda: w.refresh(w.connected), grants.InvalidGrant),
    ("code", "the token endpoint"): lambda w: works(
        lambda: grants.redeem(grants.find_code(w.code_of_hers, integration=w.sync), code_verifier=VERIFIER),
        grants.InvalidGrant,
    ),
    ("secret", "the token endpoint"): lambda w: works(
        lambda: clients.authenticate(str(w.secret.integration_id), w.export_secret), clients.UnknownClient
    ),
    ("own", "the API, with a lease"): lambda w: by_the_list(w.own["access_token"]),
    ("own", "the API, without"): lambda w: by_the_database(w.own["access_token"]),
}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what)
def test_what_ends_what(world, browser, row):
    w = matrix.prepare(world, browser)
    row.act(w)
    expected = {place: place[0] not in row.ends for place in PLACES}
    assert {place: bool(check(w)) for place, check in PLACES.items()} == expected


def test_nothing_happened_and_everything_lives(world, browser):
    """The control."""
    w = matrix.prepare(world, browser)
    assert all(check(w) for check in PLACES.values())


def test_every_cause_scope_and_trigger_has_its_row():
    told_of = frozenset().union(*(row.tells_of for row in ROWS))
    assert {*Cause, *NARROWING, "everything"} <= told_of
    # Of TRUNCATE, which no transaction of a test can try, saas/tests/test_faults.py tells; the other ends nothing.
    elsewhere = {"grant_truncated", "outstanding_gone"}
    assert {trigger.name for trigger in triggers.of(connection.vendor)} <= told_of | elsewhere


def test_every_credential_has_its_places():
    assert {name for name, _ in PLACES} == set(matrix.CREDENTIALS)
    # Integrations hold no secret themselves; grants are codes, refresh tokens and access tokens.
    tables = {model.__name__ for model in apps.get_models() if model.__module__ == credentials.__name__}
    assert tables == {"Session", "Integration", "ClientSecret", "Grant"}


def test_the_guarantees_are_printed_from_here():
    text = GUARANTEES.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    printed = f"{before}{BEGIN}\n{matrix.as_markdown()}\n{END}{after}"
    if os.environ.get("UPDATE_GUARANTEES"):
        GUARANTEES.write_text(printed)
    assert text == printed, "run UPDATE_GUARANTEES=1 pytest accounts/tests/test_matrix.py, and read what has changed"
