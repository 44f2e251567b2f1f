"""How a view describes itself in the OpenAPI document: from its docstring, its serializers and its scopes.

What many operations share, headers and whole answers, stands once among the document's components.
"""

import inspect
import re
import sys
from http import HTTPStatus
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, inline_serializer
from rest_framework import exceptions, serializers

from accounts.models import SCOPES
from integrations import scopes
from integrations.api import fields, headers
from integrations.authentication import Unavailable
from integrations.errors import PROBLEM, WORDS

SCHEME = "portcullis"


class ProblemSerializer(serializers.Serializer[Any]):
    """Below /api/ every refusal is `application/problem+json` (RFC 9457).

    Go by its status. 401 asks for a new token, and 403 for one with another scope; 429 and 503 say when to come back.
    What is somebody else's is 404, as if there were no such thing.
    """

    type = serializers.CharField(help_text="Always `about:blank`: the status says which kind it is.")
    title = serializers.CharField(help_text="The status in words.")
    status = serializers.IntegerField(help_text="The status again.")
    detail = serializers.CharField(required=False, help_text="What is wrong, for people.")
    errors = serializers.DictField(  # type: ignore[assignment]  # named so in the answer, whatever DRF's own holds
        required=False, help_text="With 400: by field, what is wrong with it; `non_field_errors`, with all of it."
    )


ERRORS = {
    400: "Something in the request is wrong, or stands in the address and is read by nobody; `errors` names it.",
    401: "No access token, or not a valid one.",
    403: "The token does not carry the scope.",
    404: "There is no such thing, or it is not yours.",
    406: "Answers are application/json.",
    429: "Too much at once; `Retry-After` says for how many seconds.",
    503: "The token's revocation status could not be verified; `Retry-After` says when to come back.",
}
# What `detail` says where it is not that.
DETAILS = {
    401: WORDS[exceptions.AuthenticationFailed],
    403: "The token lacks the scope members:read.",
    429: f"{exceptions.Throttled.default_detail} Expected available in 42 seconds.",
    503: Unavailable.default_detail,
}
UNCHANGED = "Nothing has changed since the answer with the `ETag` that you named. There is no body."


class Schema(AutoSchema):
    view: Any  # one of integrations.api.view

    def get_operation_id(self) -> str:
        return f"{'create' if self.method == 'POST' else 'read'}{type(self.view).__name__}"

    def get_tags(self) -> list[str]:
        return [tag(type(self.view).__module__)["name"]]

    def get_summary(self) -> str:
        """The docstring's first sentence."""
        return self._sentences()[0].rstrip(".")

    def get_description(self) -> str:  # type: ignore[override]  # as AutoSchema has it
        """What follows it."""
        return "".join(self._sentences()[1:])

    def get_override_parameters(self) -> list[Any]:
        if self.method == "POST":
            return list(getattr(self.view, "header_parameters", []))
        found: list[Any] = [self.view.query_class] if self._is_collection() else []
        if "{id}" in self.path:
            shown = [OpenApiExample("Example", self.view.example["id"])]
            text = "Its id, as the list has it."
            found.append(OpenApiParameter("id", OpenApiTypes.UUID, "path", description=text, examples=shown))
        return [*found, headers.IF_NONE_MATCH]

    def get_response_serializers(self) -> Any:
        if self.method == "POST":
            good = dict(self.view.answers)
        else:
            answer = self._page() if self._is_collection() else self.view.serializer_class
            good = {200: OpenApiResponse(answer, "As it is now."), 304: OpenApiResponse(None, UNCHANGED)}
        return good | {(code, PROBLEM): OpenApiResponse(ProblemSerializer, text) for code, text in self._errors()}

    def get_request_serializer(self) -> Any:
        return getattr(self.view, "request_class", None)

    def get_examples(self) -> list[OpenApiExample]:
        """A view gives `example`, and for what it takes `request_example`; `answers` have their own."""
        refusals = [_refusal(code, text) for code, text in self._errors()]
        if self.method == "POST":
            return [OpenApiExample("Example", self.view.request_example, request_only=True), *refusals]
        shown = self.view.example
        if self._is_collection():
            shown = {"items": [shown], "next_cursor": None}
        return [OpenApiExample("Example", shown, response_only=True, status_codes=["200"]), *refusals]

    def get_auth(self) -> list[dict[str, Any]]:
        super().get_auth()  # names the scheme among the document's components
        return [{SCHEME: list(scopes.required(self.view, self.method) or ())}]

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for code, body in bodies.items():
            names = headers.of(int(code), self.method, is_counted=self.view.is_counted)
            if names:
                body["headers"] = {name: self._shared("headers", name, headers.described(name)) for name in names}
            if int(code) in {304, *ERRORS} and names == headers.of(int(code), self.method, is_counted=True):
                bodies[code] = self._shared("responses", HTTPStatus(int(code)).phrase.replace(" ", ""), body)
        return bodies

    def _shared(self, kind: str, name: str, schema: dict[str, Any]) -> dict[str, str]:
        """A reference to what stands among the document's components, and is put there if it does not."""
        component = ResolvedComponent(name, kind, schema, object=name)  # type: ignore[no-untyped-call]
        self.registry.register_on_missing(component)
        return dict(component.ref)

    def _map_serializer(self, serializer: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        """What a body refuses is refused by the document too."""
        mapped = super()._map_serializer(serializer, direction, bypass_extensions)  # type: ignore[no-untyped-call]
        if isinstance(serializer, fields.Body):
            mapped |= {"additionalProperties": False, "minProperties": serializer.least_members}
        return mapped

    def _get_serializer_field_meta(self, field: Any, direction: Any) -> dict[str, Any]:
        meta: dict[str, Any] = super()._get_serializer_field_meta(field, direction)  # type: ignore[no-untyped-call]
        if isinstance(field, fields.Text) and not field.allow_blank:
            meta["minLength"] = 1
        return meta

    def _sentences(self) -> list[str]:
        """The docstring: its first sentence, and the rest if there is any."""
        return re.split(r"(?<=\.)\s+", super().get_description(), maxsplit=1)

    def _is_collection(self) -> bool:
        return self.method == "GET" and self.view.query_class is not None

    def _page(self) -> Any:
        answer = self.view.serializer_class
        items = answer(many=True, help_text="Newest first.")
        end = serializers.CharField(allow_null=True, help_text="The `cursor` of the next page; null on the last.")
        name = f"{answer.__name__.removesuffix('Serializer')}Page"
        return inline_serializer(name, {"items": items, "next_cursor": end})

    def _errors(self) -> list[tuple[int, str]]:
        codes = dict(ERRORS) | (getattr(self.view, "errors", {}) if self.method == "POST" else {})
        if self.method == "GET" and not self._is_collection() and "{" not in self.path:
            codes.pop(404)
        if not self.view.is_counted:
            codes.pop(429)
        return sorted(codes.items())


def _refusal(code: int, text: str) -> OpenApiExample:
    said = {"errors": {"limt": ["There is no such parameter."]}} if code == 400 else {"detail": DETAILS.get(code, text)}
    body = {"type": "about:blank", "title": HTTPStatus(code).phrase, "status": code, **said}
    return OpenApiExample("Example", body, response_only=True, status_codes=[str(code)], media_type=PROBLEM)


def tag(module: str) -> dict[str, str]:
    """A file of views is a group of operations, and what it says of itself is true of the group."""
    text = inspect.getdoc(sys.modules[module]) or ""
    return {"name": module.rpartition(".")[2].replace("_", " ").capitalize(), "description": text}


class AccessTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "integrations.authentication.AccessTokenAuthentication"
    name = SCHEME

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        addresses = {"tokenUrl": "/oauth/token", "scopes": SCOPES}
        return {
            "type": "oauth2",
            "flows": {
                "clientCredentials": addresses,
                "authorizationCode": {**addresses, "authorizationUrl": "/oauth/authorize"},
            },
        }
