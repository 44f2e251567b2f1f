"""The OpenAPI document is true: asked whatever it allows, and whatever it does not, the API does as it says."""

import json
import re
from functools import reduce
from operator import getitem
from urllib.parse import urlsplit

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from schemathesis import GenerationMode

from accounts.clients import Client as OAuthClient
from accounts.grants import own
from accounts.models import SCOPES
from integrations.api import fields
from integrations.api.v1.me import Me

pytestmark = pytest.mark.django_db
DOCUMENT = "/api/v1/schema"
LISTS = ["grants", "members", "revocations", "security-events", "sessions"]
READS = ["/api/v1/me", *(f"/api/v1/{name}{rest}" for name in LISTS for rest in ("", "/{id}"))]
OPERATIONS = [("GET", path) for path in READS] + [("POST", "/api/v1/revocations")]


@pytest.fixture(scope="module")
def document(in_the_tests_transaction):
    return schemathesis.openapi.from_wsgi(DOCUMENT, get_wsgi_application())


@pytest.fixture(scope="module")
def in_the_tests_transaction():
    """A server closes its connections around each request, as Django's own test client takes care not to."""
    signals = [request_started, request_finished]
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def headers(world):
    integration, _ = world.integration("Robot", ["client_credentials"], [], scopes=tuple(SCOPES))
    token = own(OAuthClient(integration, integration.secrets.get()), tuple(SCOPES))["access_token"]
    return {"Authorization": f"Bearer {token}"}


def test_it_holds_every_operation_and_these_are_all(document):
    found = {(operation.ok().method.upper(), operation.ok().path) for operation in document.get_all_operations()}
    assert found == set(OPERATIONS)


ASKED = [(method, path, mode) for method, path in OPERATIONS for mode in GenerationMode]
ASKED.remove(("GET", "/api/v1/me", GenerationMode.NEGATIVE))  # it takes nothing that could be wrong


@pytest.mark.parametrize(("method", "path", "mode"), ASKED)
def test_whatever_it_is_asked_it_does_as_the_document_says(document, headers, method, path, mode):
    operation = document[path][method]
    cases = operation.as_strategy(generation_mode=mode)

    @hypothesis_settings(
        max_examples=15, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=cases)
    def ask(case):
        case.call_and_validate(headers=headers)

    ask()


def test_it_is_openapi_3_1_with_an_example_for_every_answer(client):
    shown = json.loads(client.get(DOCUMENT).content)
    assert shown["openapi"].startswith("3.1")
    for path in shown["paths"].values():
        for operation in path.values():
            assert operation["summary"] and operation["security"]
            for code, response in operation["responses"].items():
                answer = followed(shown, response)
                assert answer["description"]
                assert code == "304" or [media["examples"] for media in answer["content"].values()], operation


def test_it_says_what_every_parameter_field_and_header_means(client):
    shown = json.loads(client.get(DOCUMENT).content)
    said = [(name, header) for name, header in shown["components"]["headers"].items()]
    for path in shown["paths"].values():
        said += [(each["name"], each) for operation in path.values() for each in operation.get("parameters", [])]
    for schema in shown["components"]["schemas"].values():
        said += schema.get("properties", {}).items()
    assert [name for name, node in said if not node.get("description")] == []


def test_a_text_that_must_be_there_is_described_as_not_empty():
    described = Me().schema._get_serializer_field_meta
    assert described(fields.Text(), "request") == {"minLength": 1}
    assert described(fields.Text(allow_blank=True), "request") == {}


def followed(document, node):
    if "$ref" in node:
        _, *path = node["$ref"].split("/")
        return reduce(getitem, path, document)
    return node


def test_it_is_kept_and_asked_for_again(client):
    first = client.get(DOCUMENT)
    assert client.get(DOCUMENT, headers={"If-None-Match": first["ETag"]}).status_code == 304


def test_the_page_is_made_of_our_own_files_under_our_own_policy(client):
    page = client.get("/api/docs")
    content = page.content.decode()
    assert "'unsafe" not in page["Content-Security-Policy"]
    sources = re.findall(r'(?:src|<link[^>]* href)="([^"]+)"', content)
    assert sources and not [source for source in sources if urlsplit(source).netloc]
    assert "<script" not in content and "style=" not in content
