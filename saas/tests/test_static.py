"""Production without collected static files: pages are bare and work, and whoever starts it is told."""

import json

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.files.storage import storages

from saas import static


@pytest.fixture
def storage(settings, tmp_path, monkeypatch):
    """As in production, in a folder of its own."""
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "saas.static.CollectedFiles"}}

    def look():
        monkeypatch.setattr(staticfiles_storage, "_wrapped", storages.create_storage(settings.STORAGES["staticfiles"]))

    look()
    return look


def test_without_them_a_page_is_bare_and_the_start_says_so(storage, client, caplog):
    page = client.get("/accounts/login/")
    assert (page.status_code, b'href="/static/portcullis.css"' in page.content) == (200, True)
    static.complain()
    assert "collectstatic" in caplog.text
    assert [problem.id for problem in static.are_collected()] == ["saas.E001"]


def test_with_them_names_change_with_the_content_and_nobody_complains(storage, client, caplog, tmp_path):
    paths = {"portcullis.css": "portcullis.0123456789ab.css"}
    (tmp_path / "staticfiles.json").write_text(json.dumps({"version": "1.1", "paths": paths, "hash": ""}))
    storage()
    assert b"/static/portcullis.0123456789ab.css" in client.get("/accounts/login/").content
    static.complain()
    assert (static.are_collected(), caplog.text) == ([], "")
