"""What the documents say is there, is there."""

import re
from pathlib import Path

import pytest

from accounts.management.commands import demo

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = [*(ROOT / f"{name}.md" for name in ("README", "CHANGELOG", "SECURITY")), *sorted((ROOT / "docs").rglob("*.md"))]
SHOWN = {
    "base_url": "http://127.0.0.1:8000",
    "users": [
        {"role": role, "email": f"{name}@acme.example", "password": "…"}
        for role, name in (("owner", "alice"), ("admin", "adam"), ("member", "bob"))
    ],
    "clients": [
        {"name": "Nightly export", "client_id": "…", "client_secret": "…", "grant_types": ["client_credentials"]}
    ],
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_within_the_repository_leads_somewhere(page):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_command_and_test_that_is_named_exists(page):
    text = page.read_text()
    named = set(re.findall(r"`((?:accounts|dashboard|integrations|saas|docs)/[\w./-]+)`", text))
    assert {path for path in named if not (ROOT / path).exists()} == set()
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", text)) <= targets


def test_the_readmes_first_screen_is_what_make_run_prints():
    block = re.search(r"```\n(The demo organisation.*?)```", (ROOT / "README.md").read_text(), re.DOTALL).group(1)
    printed = demo._as_text(SHOWN)
    for line in block.splitlines():
        assert line.removesuffix("…") in printed
