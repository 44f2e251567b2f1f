"""docs/standards.md names tests that exist, for every row; and a few rows that have no better place."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone

from accounts import grants
from accounts.tests.world import VERIFIER, authorize_url

ROOT = Path(__file__).resolve().parent.parent.parent
TEXT = (ROOT / "docs" / "standards.md").read_text()


def test_every_test_that_it_names_exists():
    named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", TEXT)
    assert len(named) > 100
    missing = [(file, name) for file, name in named if f"def {name}(" not in (ROOT / file).read_text()]
    assert missing == []


def test_every_row_of_the_first_two_tiers_is_there():
    rows = {int(number) for number in re.findall(r"^\| (\d+) [A-Z0-9-]+ \|", TEXT, re.MULTILINE)}
    assert rows == set(range(1, 71))


@pytest.mark.django_db
def test_a_code_lives_for_a_minute(world):
    code = world.code(world.bob)
    grant = grants.find_code(code, integration=world.sync)
    with time_machine.travel(timezone.now() + timedelta(seconds=61)), pytest.raises(grants.InvalidGrant):
        grants.redeem(grant, code_verifier=VERIFIER)


@pytest.mark.django_db
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:8000.evil.example"])
def test_nothing_but_public_documents_is_shared_with_other_origins(world, client, browser, origin):
    answers = [browser(world.bob).get(authorize_url(world.sync), headers={"Origin": origin})]
    for path in ("/oauth/token", "/oauth/revoke", "/oauth/introspect", "/api/v1/me", "/api/v1/revocations"):
        answers += [client.post(path, headers={"Origin": origin}), client.options(path, headers={"Origin": origin})]
    assert not [name for answer in answers for name in answer.headers if name.startswith("Access-Control")]
