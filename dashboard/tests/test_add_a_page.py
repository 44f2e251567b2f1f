"""docs/how-to/add-a-page.md does what it says: its two files, and nothing else, make a page."""

import importlib
import re
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import clear_url_caches

from dashboard import pages

DOC = Path(__file__).resolve().parent.parent.parent / "docs" / "how-to" / "add-a-page.md"


def reread():
    pages.modules.cache_clear()
    pages.menu.cache_clear()
    for name in ("dashboard.urls", settings.ROOT_URLCONF):
        importlib.reload(importlib.import_module(name))
    clear_url_caches()


@pytest.fixture
def added(tmp_path, settings):
    """The documented files, in folders of their own that the dashboard is told of."""
    wanted = r"`([\w.]+)` in `dashboard/([\w/]+)/`, whole:\n\n```\w+\n(.*?)```"
    for name, folder, text in re.findall(wanted, DOC.read_text(), re.DOTALL):
        path = tmp_path / folder / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    assert len(list(tmp_path.rglob("*.*"))) == 2
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path / "templates"]}]
    pages.__path__.append(str(tmp_path / "pages"))
    reread()
    yield
    pages.__path__.remove(str(tmp_path / "pages"))
    sys.modules.pop("dashboard.pages.headcount", None)
    reread()


@pytest.mark.django_db
def test_one_file_and_one_template_are_a_page_in_the_menu(world, added, browser, client):
    assert client.get("/dashboard/headcount/").status_code == 302
    page = browser(world.alice).get("/dashboard/headcount/").content.decode()
    assert re.search(r'<strong>Acme</strong></div><span class="badge">2</span>', page)
    assert re.search(r'href="/dashboard/headcount/" aria-current="page">Headcount', page)
