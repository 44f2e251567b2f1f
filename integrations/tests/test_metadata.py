"""The metadata is true in every field: what it names is there and does it, and what is there is named."""

import pytest
from django.test import Client

from accounts.models import Integration

pytestmark = pytest.mark.django_db
SERVER, RESOURCE = "/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource/api"


@pytest.fixture
def document(client):
    return client.get(SERVER, HTTP_HOST="127.0.0.1").json()


def test_the_issuer_is_ours_character_for_character_whatever_the_host_header_says(document, settings):
    assert document["issuer"] == settings.ISSUER


def test_every_address_is_on_the_issuer_and_answers(document, client, settings):
    addresses = [value for name, value in document.items() if name.endswith(("_endpoint", "_uri"))]
    assert len(addresses) >= 5
    for address in addresses:
        assert address.startswith(settings.ISSUER + "/")
        assert client.get(address.removeprefix(settings.ISSUER)).status_code != 404


def test_it_offers_each_grant_that_an_integration_can_have(document):
    assert set(document["grant_types_supported"]) == set(Integration.GrantType.values)


def test_what_it_does_not_offer_is_refused(document, client, world):
    from accounts.tests.world import ask_token

    assert document["response_types_supported"] == ["code"]
    assert document["code_challenge_methods_supported"] == ["S256"]
    answer = ask_token(client, world.sync, world.sync_secret, grant_type="password")
    assert answer.json()["error"] == "unsupported_grant_type"


def test_the_resource_names_its_server(client, settings):
    document = client.get(RESOURCE).json()
    assert (document["resource"], document["authorization_servers"]) == (settings.AUDIENCE, [settings.ISSUER])


@pytest.mark.parametrize("path", [SERVER, RESOURCE, "/.well-known/jwks.json"])
def test_anybody_may_read_it_from_a_page_and_keep_it_for_a_while(client, path):
    answer = client.get(path)
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "max-age" in answer["Cache-Control"]
    refused = Client(enforce_csrf_checks=True).post(path)
    assert (refused.status_code, refused["Allow"]) == (405, "GET, HEAD")
