"""The OpenAPI document as the page at /api/docs shows it: references followed, schemas as rows, a curl for each call.

It knows nothing that the document does not say. What stands among the document's components because many answers share
it, refusals and headers, is shown once and linked to.
"""

import json
import re
import shlex
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, NamedTuple

from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from markdown_it import MarkdownIt

Node = dict[str, Any]

# What OpenAPI's descriptions are written in. HTML in them is shown as text, and no link leads to a script.
COMMONMARK = MarkdownIt("commonmark", {"html": False})
LIMITS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "length at least {}",
    "maxLength": "at most {} characters",
    "minProperties": "at least {} of these",
    "pattern": "matching {}",
    "default": "{} if left out",
}


class Row(NamedTuple):
    """A parameter, a header, or a field of an object; `within` leads to an inner one, such as `items[].`."""

    name: str
    kind: str
    limits: list[str]
    meaning: SafeString
    is_required: bool
    example: Any = None
    place: str = ""
    within: str = ""


class Body(NamedTuple):
    media_type: str = ""
    meaning: SafeString = SafeString()
    fields: tuple[Row, ...] = ()
    examples: tuple[str, ...] = ()


class Answer(NamedTuple):
    """What comes under one status. `is_shared`: the same for many operations."""

    code: str
    phrase: str
    meaning: SafeString
    headers: tuple[str, ...]
    body: Body
    is_shared: bool


class Reference:
    """What the templates show of a document."""

    def __init__(self, document: Node) -> None:
        self._document = document
        self._components: Node = document["components"]
        intro, *guide = re.split(r"^## (.+)\n", document["info"]["description"], flags=re.MULTILINE)
        self.intro = _html(intro)
        self.guide = [(slugify(name), name, _html(text)) for name, text in zip(guide[::2], guide[1::2], strict=True)]
        (scheme,) = self._components["securitySchemes"].values()
        self.scopes: Node = next(iter(scheme["flows"].values()))["scopes"]
        self.headers = [_row(name, header, header["schema"]) for name, header in self._components["headers"].items()]
        self.groups = [
            (slugify(tag["name"]), tag["name"], _html(tag["description"]), [*self._operations(tag["name"])])
            for tag in document["tags"]
        ]

    def common(self) -> list[Answer]:
        """The answers that many operations share."""
        answers = (answer for *_, operations in self.groups for each in operations for answer in each["common"])
        return sorted({answer.code: answer for answer in answers}.values())

    def _operations(self, tag: str) -> Iterator[Node]:
        for path, operations in self._document["paths"].items():
            for method, operation in operations.items():
                if tag in operation["tags"]:
                    yield operation | self._operation(method.upper(), path, operation)

    def _operation(self, method: str, path: str, operation: Node) -> Node:
        body = self._body(operation.get("requestBody", {}))
        answers = sorted(self._answer(code, answer) for code, answer in operation["responses"].items())
        return {
            "method": method,
            "path": path,
            "description": _html(operation.get("description", "")),
            "scopes": [scope for scheme in operation["security"] for scopes in scheme.values() for scope in scopes],
            "parameters": [
                _row(each["name"], each, self._followed(each["schema"])) for each in operation.get("parameters", [])
            ],
            "body": body,
            "own": [answer for answer in answers if not answer.is_shared],
            "common": [answer for answer in answers if answer.is_shared],
            "curl": self._curl(method, path, operation, body),
        }

    def _curl(self, method: str, path: str, operation: Node, body: Body) -> str:
        """The call with what it must have, and nothing else."""
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "path":
                path = path.replace(f"{{{parameter['name']}}}", str(_example(parameter)))
        is_said = method == ("POST" if body.examples else "GET")  # by the rest of the command
        command = "curl -s" if is_said else f"curl -s -X {method}"
        parts = [f"{command} {self._document['servers'][0]['url']}{path}", '-H "Authorization: Bearer $TOKEN"']
        if body.examples:
            parts += [f'-H "Content-Type: {body.media_type}"', f"-d {shlex.quote(body.examples[0])}"]
        return " \\\n  ".join(parts)

    def _answer(self, code: str, answer: Node) -> Answer:
        found = self._followed(answer)
        headers = tuple(found.get("headers", {}))
        meaning, body = _html(found["description"]), self._body(found)
        return Answer(code, HTTPStatus(int(code)).phrase, meaning, headers, body, is_shared="$ref" in answer)

    def _body(self, holder: Node) -> Body:
        """By its one media type."""
        for media_type, media in holder.get("content", {}).items():
            examples = (json.dumps(example["value"], indent=2) for example in media.get("examples", {}).values())
            meaning = _html(self._followed(media["schema"]).get("description", ""))
            return Body(media_type, meaning, tuple(self._fields(media["schema"])), tuple(examples))
        return Body()

    def _fields(self, schema: Node, within: str = "") -> Iterator[Row]:
        schema = self._followed(schema)
        for name, field in schema.get("properties", {}).items():
            found = self._followed(field)
            yield _row(name, found | {"required": name in schema.get("required", [])}, found, within)
            is_list = "items" in found
            yield from self._fields(found["items"] if is_list else found, f"{within}{name}{'[].' if is_list else '.'}")

    def _followed(self, node: Node) -> Node:
        """Together with what it refers to; what it says itself comes first."""
        if "$ref" in node:
            *_, kind, name = node["$ref"].split("/")
            return self._followed(self._components[kind][name]) | node
        for part in [*node.get("allOf", []), *node.get("oneOf", [])]:
            node = self._followed(part) | node
        return node


def _row(name: str, node: Node, schema: Node, within: str = "") -> Row:
    return Row(
        name,
        _kind(schema),
        [text.format(json.dumps(schema[key])) for key, text in LIMITS.items() if key in schema],
        _html(node.get("description", "")),
        node.get("required", False),
        _example(node),
        node.get("in", ""),
        within,
    )


def _kind(schema: Node) -> str:
    """Such as "string (uuid) or null"."""
    types = schema.get("type", "anything")
    names = [types] if isinstance(types, str) else list(types)
    if "items" in schema:
        names[0] += f" of {schema['items'].get('type', 'object')}s"
    if "format" in schema:
        names[0] += f" ({schema['format']})"
    if {"type": "null"} in schema.get("oneOf", []):
        names.append("null")
    return " or ".join(names)


def _example(node: Node) -> Any:
    """Of a parameter or a header."""
    for example in node.get("examples", {}).values():
        return example["value"]
    return node.get("example")


def _html(text: str) -> SafeString:
    return mark_safe(str(COMMONMARK.render(text)))  # noqa: S308  # it escapes, and lets no HTML through
