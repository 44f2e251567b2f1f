"""A database that does not answer is a 503 that says when to come back, in each protocol's words; nobody gets in."""

import pytest
from django.db import InterfaceError, OperationalError

from accounts import clients, reach
from accounts.tests.world import ask

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[OperationalError, InterfaceError])
def gone(request):
    def raises(*args, **kwargs):
        raise request.param("the server closed the connection")

    return raises


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke", "/oauth/introspect", "/oauth/device_authorization"])
def test_the_oauth_endpoints_say_so(world, client, monkeypatch, gone, path):
    monkeypatch.setattr(clients, "authenticate", gone)
    answer = ask(client, path, world.export, world.export_secret, grant_type="client_credentials", token="x")
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
    assert answer["Retry-After"] == "2" and b"server closed" not in answer.content


def test_the_api_says_so(world, api_client, monkeypatch, gone):
    app, _ = world.integration("App", ["authorization_code"], ["https://a.example/"], scopes=("members:read",))
    caller = api_client(world.connect(world.alice, app, ("members:read",))["access_token"])
    monkeypatch.setattr(reach.Reach, "members", gone)
    answer = caller.get("/api/v1/members")
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    assert answer["Retry-After"] == "2" and b"server closed" not in answer.content
