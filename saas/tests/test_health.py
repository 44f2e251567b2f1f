"""Alive, ready, and ready without Redis."""

import pytest
from django.db import OperationalError, connection

from accounts.revocation import feed


def test_alive_asks_nobody(client):
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_supervisor_asks_an_address_over_plain_http(client, settings, path):
    settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = ["app.example.com"], True
    assert client.get(path, HTTP_HOST="10.0.0.7:8000").status_code == 200
    assert client.get("/accounts/login/", HTTP_HOST="10.0.0.7:8000").status_code == 400


@pytest.mark.django_db
def test_ready_names_what_it_asked(client):
    assert client.get("/readyz").json() == {
        "status": "ok",
        "database": "ok",
        "triggers": "ok",
        "cache": "ok",
        "lease": "off",
    }


@pytest.mark.django_db
def test_a_lost_redis_is_named_and_fails_nothing(client, settings):
    from django.core.cache import caches

    options = {"SOCKET_CONNECT_TIMEOUT": 0.1}
    lost = {"BACKEND": "saas.cache.RedisOrMemory", "LOCATION": "redis://127.0.0.1:1/0", "OPTIONS": options}
    settings.CACHES = {"default": lost}
    try:
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["cache"]) == (200, "unavailable")
        guesses = [client.post("/accounts/login/", {"login": "a@b.example", "password": "x"}) for _ in range(8)]
        assert {guess.status_code for guess in guesses} == {200}
        assert b"Too many failed" in guesses[-1].content
    finally:
        caches.close_all()


@pytest.mark.django_db
def test_a_refusal_for_want_of_a_database_is_one_line_in_the_log(client, monkeypatch, caplog):
    def lost(*args, **kwargs):
        raise OperationalError("gone")

    monkeypatch.setattr(connection, "cursor", lost)
    client.raise_request_exception = False
    client.cookies["sessionid"] = "x" * 32
    assert client.get("/dashboard/").status_code == 503
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [
        "Refused for want of a database: /dashboard/: gone"
    ]


@pytest.mark.django_db
def test_a_lost_database_is_503(client, monkeypatch):
    def lost():
        raise OperationalError("gone")

    monkeypatch.setattr(connection, "cursor", lost)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (503, "unavailable")


@pytest.mark.django_db
def test_the_headers_that_a_scanner_looks_for(client):
    answer = client.get("/accounts/login/")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["X-Frame-Options"] == "DENY"
    for directive in ("object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert directive in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]


@pytest.mark.django_db(transaction=True)
def test_triggers_that_are_missing_are_named(client):
    feed.lift(connection)
    try:
        assert client.get("/readyz").json()["triggers"] == "missing"
    finally:
        feed.lay(connection)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_has_not_been_migrated_as_far_is_not_ready(client):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_user RENAME COLUMN compromised_at TO later")
    try:
        assert client.get("/readyz").status_code == 503
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE accounts_user RENAME COLUMN later TO compromised_at")
