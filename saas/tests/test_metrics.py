"""What Prometheus is told, and whom it is told to."""

import pytest
from django.db import OperationalError, connection
from prometheus_client.parser import text_string_to_metric_families

from accounts import revocation
from accounts.models import Cause, Revocation
from accounts.revocation import Scope

TOKEN = "a-token-that-is-long-enough-for-anybody"


def told(client, **headers):
    answer = client.get("/metrics", **headers)
    assert answer.status_code == 200, answer.content
    families = text_string_to_metric_families(answer.content.decode())
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


@pytest.mark.django_db(transaction=True)
def test_a_revocation_is_counted_with_its_receipt(world, client):
    before = told(client)
    revocation.revoke(Scope(user=world.bob), cause=Cause.COMPROMISED)
    Revocation.objects.update(receipt={"complete": True, "total_ms": 1250.0})
    revocation.revoke(Scope(user=world.alice), cause=Cause.SIGNED_OUT_EVERYWHERE)
    Revocation.objects.filter(user=world.alice).update(receipt=None)
    after = told(client)
    for cause in (Cause.COMPROMISED, Cause.SIGNED_OUT_EVERYWHERE):
        of_cause = "portcullis_revocations_total", cause.value
        assert after[of_cause] == before[of_cause] + 1
    assert after[("portcullis_receipts_incomplete",)] == 1
    assert after[("portcullis_receipt_seconds_max",)] == 1.25
    assert after[("portcullis_list_entries",)] > before[("portcullis_list_entries",)]
    assert after[("portcullis_lease_held",)] == 0


@pytest.mark.django_db
def test_nothing_of_anybody_is_in_it(world, client):
    revocation.revoke(Scope(user=world.bob), cause=Cause.COMPROMISED, reason="Laptop stolen", by=world.alice)
    text = client.get("/metrics").content.decode()
    assert not any(word in text for word in ("bob", "alice", "Laptop", str(world.bob.pk)))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "headers",
    [
        {"REMOTE_ADDR": "203.0.113.9"},
        {"REMOTE_ADDR": "10.0.0.7"},
        {"REMOTE_ADDR": ""},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"HTTP_FORWARDED": "for=127.0.0.1"},
    ],
)
def test_nobody_else_is_told_without_a_token(client, headers):
    answer = client.get("/metrics", **headers)
    assert (answer.status_code, b"METRICS_TOKEN" in answer.content) == (403, True)


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("proxies", [0, 1])
def test_this_machine_itself_is_told(client, settings, address, proxies):
    settings.TRUSTED_PROXY_COUNT = proxies
    assert told(client, REMOTE_ADDR=address)


@pytest.mark.django_db
def test_with_a_token_whoever_shows_it(client, settings):
    settings.METRICS_TOKEN = TOKEN
    assert told(client, REMOTE_ADDR="203.0.113.9", HTTP_AUTHORIZATION=f"Bearer {TOKEN}")
    for shown in ({}, {"HTTP_AUTHORIZATION": "Bearer é"}, {"HTTP_AUTHORIZATION": TOKEN}):
        assert client.get("/metrics", **shown).status_code == 403


@pytest.mark.django_db
def test_it_is_asked_by_address_over_plain_http(client, settings):
    settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = ["app.example.com"], True
    assert client.get("/metrics", HTTP_HOST="127.0.0.1:8000").status_code == 200
    assert client.post("/metrics").status_code == 405


@pytest.mark.django_db
def test_without_a_database_it_says_so(client, monkeypatch):
    def lost(*args, **kwargs):
        raise OperationalError("gone")

    monkeypatch.setattr(connection, "cursor", lost)
    answer = client.get("/metrics")
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
