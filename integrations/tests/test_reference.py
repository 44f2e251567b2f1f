"""The API's page shows all that the OpenAPI document holds: a new endpoint stands on it by itself."""

import html
import json
import re

import pytest
from django.template.loader import render_to_string
from django.utils.html import strip_tags

from integrations.api import schema
from integrations.api.reference import Reference

pytestmark = pytest.mark.django_db


@pytest.fixture
def document(client):
    return json.loads(client.get("/api/v1/schema").content)


@pytest.fixture
def sections(client):
    """What stands in each of them to read, by its id."""
    found = re.split(r'<section[^>]* id="([\w-]+)"', client.get("/api/docs").content.decode())
    return dict(zip(found[1::2], found[2::2], strict=True))


def words(markup):
    return " ".join(html.unescape(strip_tags(markup)).split())


def plain(commonmark):
    """As it reads: without the signs for code, strength, links and lists."""
    prose, *more = re.split(r"```(?:sh\n)?", commonmark)
    read = re.sub(r"[`<>]|\*\*|^[*-] |\[(\w+)\]\([^)]*\)", r"\1", prose, flags=re.MULTILINE)
    code, rest = more or ("", "")
    return " ".join([*read.split(), *code.split(), *(plain(rest).split() if rest else [])])


def operations(document):
    return [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def schemas(document, node):
    """Those that it refers to, and those that they do."""
    for name in re.findall(r'"#/components/schemas/(\w+)"', json.dumps(node)):
        found = document["components"]["schemas"][name]
        yield from [found, *schemas(document, found)]


def bodies(operation):
    return [answer for code, answer in operation["responses"].items() if code < "300"]


def examples(node):
    for media in node.get("content", {}).values():
        for example in media.get("examples", {}).values():
            yield words(json.dumps(example["value"], indent=2))


def test_every_operation_is_there_with_its_parameters_fields_answers_and_examples(document, sections):
    for method, path, operation in operations(document):
        shown = sections[operation["operationId"]]
        text = words(shown)
        expected = [f"{method} {path}", operation["summary"], plain(operation.get("description", "")), "curl -s http"]
        expected += [scope for scopes in operation["security"] for scope in scopes["portcullis"]]
        for each in operation["parameters"]:
            expected += [f"{each['name']} {each['in']}, {each['schema']['type']}", plain(each["description"])]
            expected += [str(example["value"]) for example in each.get("examples", {}).values()]
        expected += examples(operation.get("requestBody", {}))
        for code, answer in operation["responses"].items():
            is_own = "$ref" not in answer
            expected += [code, *answer.get("headers", {}), *examples(answer)]
            expected += [plain(answer["description"])] if is_own else []
            assert is_own or f'href="#answer-{code}"' in shown
        for found in schemas(document, [operation.get("requestBody"), bodies(operation)]):
            for name, field in found.get("properties", {}).items():
                expected += [name, plain(field["description"])]
        assert [part for part in expected if part not in text] == [], operation["operationId"]


def test_what_operations_share_is_there_once(document, sections):
    components, answers = document["components"], words(sections["answers"])
    expected = [plain(components["schemas"]["Problem"]["description"])]
    for answer in components["responses"].values():
        expected += [plain(answer["description"]), *answer.get("headers", {}), *examples(answer)]
    assert [part for part in expected if part not in answers] == []
    headers = words(sections["headers"])
    for name, header in components["headers"].items():
        assert all(part in headers for part in (name, plain(header["description"]), str(header["example"])))
    for flow in components["securitySchemes"]["portcullis"]["flows"].values():
        assert all(f"{name} {text}" in words(sections["scopes"]) for name, text in flow["scopes"].items())


def test_the_guide_is_the_documents_own_description(document, sections, client):
    intro, *parts = re.split(r"^## ", document["info"]["description"], flags=re.MULTILINE)
    assert plain(intro) in words(client.get("/api/docs").content.decode())
    shown = [words(section) for section in sections.values()]
    assert [part.splitlines()[0] for part in parts if not any(plain(part) in text for text in shown)] == []


def test_every_link_within_it_leads_somewhere(client):
    page = client.get("/api/docs").content.decode()
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) - {*ids} == set()


def with_markup(node):
    """The document, had somebody written HTML wherever there is text."""
    if isinstance(node, dict):
        return {name: part if name in {"$ref", "in", "tags"} else with_markup(part) for name, part in node.items()}
    if isinstance(node, list):
        return [with_markup(part) for part in node]
    return f"{node} <img src=x> [here](javascript:alert)" if isinstance(node, str) else node


def test_text_of_the_document_is_text(document):
    tags = document["tags"]
    api = Reference({**with_markup(document), "tags": [{**with_markup(tag), "name": tag["name"]} for tag in tags]})
    shown = "".join(render_to_string(f"api/{name}.html", {"api": api}) for name in ("contents", "reference"))
    assert shown.count("&lt;img") > 200
    assert "<img" not in shown and 'href="javascript' not in shown


def test_it_is_for_anybody_without_sql_of_its_own(world, client, browser, django_assert_num_queries):
    alices = browser(world.alice)
    with django_assert_num_queries(0):
        assert client.get("/api/docs").status_code == 200
    with django_assert_num_queries(1):  # the session, with its user
        assert "alice@example.com" in alices.get("/api/docs").content.decode()


def test_the_document_and_the_page_are_made_once(client, monkeypatch):
    first = client.get("/api/docs").content
    monkeypatch.setattr(schema, "SchemaGenerator", None)
    assert client.get("/api/docs").content == first
