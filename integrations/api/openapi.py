"""How a view describes itself in the OpenAPI document: from its docstring, its serializers and its scopes."""

from http import HTTPStatus
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, inline_serializer
from rest_framework import serializers

from accounts.models import SCOPES
from integrations import scopes
from integrations.api import fields
from integrations.errors import PROBLEM

SCHEME = "portcullis"


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(required=False)
    errors = serializers.DictField(  # type: ignore[assignment]  # named so in the answer, whatever DRF's own holds
        required=False, help_text="By field: what is wrong with it."
    )


ERRORS = {
    400: "Something in the request is wrong; `errors` names the field.",
    401: "No access token, or not a valid one.",
    403: "The token does not carry the scope.",
    404: "There is no such thing, or it is not yours.",
    406: "Answers are application/json.",
    429: "Too much at once; `Retry-After` says for how many seconds.",
    503: "It could not be made sure that the token is still good; `Retry-After` says when to come back.",
}


class Schema(AutoSchema):
    def get_operation_id(self) -> str:
        return f"{'create' if self.method == 'POST' else 'read'}{type(self.view).__name__}"

    def get_tags(self) -> list[str]:
        return [type(self.view).__module__.rpartition(".")[2].replace("_", "-")]

    def get_summary(self) -> str:
        """The docstring's first sentence."""
        return super().get_description().split(". ")[0].split("\n")[0].rstrip(".")

    def get_override_parameters(self) -> list[Any]:
        query = getattr(self.view, "query_class", None)
        return [query] if query and self.method == "GET" else list(getattr(self.view, "header_parameters", []))

    def get_response_serializers(self) -> Any:
        answer: Any = getattr(self.view, "serializer_class", None)
        if hasattr(self.view, "query_class") and self.method == "GET":
            name = answer.__name__.removesuffix("Serializer")
            fields = {"items": answer(many=True), "next_cursor": serializers.CharField(allow_null=True)}
            answer = inline_serializer(f"{name}Page", fields)
        good = dict(getattr(self.view, "answers", {200: answer})) if self.method == "POST" else {200: answer}
        return good | {(code, PROBLEM): OpenApiResponse(ProblemSerializer, text) for code, text in self._errors()}

    def get_request_serializer(self) -> Any:
        return getattr(self.view, "request_class", None)

    def get_examples(self) -> list[OpenApiExample]:
        """One of each answer. A view gives `example`, and for what it takes `request_example`."""
        shown = getattr(self.view, "example", None)
        if hasattr(self.view, "query_class") and self.method == "GET":
            shown = {"items": [shown], "next_cursor": None}
        code = "201" if self.method == "POST" else "200"
        good = [OpenApiExample("Example", shown, response_only=True, status_codes=[code])] if shown else []
        if self.method == "POST" and hasattr(self.view, "request_example"):
            good.append(OpenApiExample("Example", self.view.request_example, request_only=True))
        return good + [_refusal(code, text) for code, text in self._errors()]

    def get_auth(self) -> list[dict[str, Any]]:
        super().get_auth()  # names the scheme among the document's components
        return [{SCHEME: list(scopes.required(self.view, self.method) or ())}]

    def _map_serializer(self, serializer: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        """What a body refuses is refused by the document too."""
        mapped = super()._map_serializer(serializer, direction, bypass_extensions)  # type: ignore[no-untyped-call]
        if isinstance(serializer, fields.Body):
            mapped |= {"additionalProperties": False, "minProperties": serializer.least_members}
        return mapped

    def _errors(self) -> list[tuple[int, str]]:
        codes = dict(ERRORS) | (getattr(self.view, "errors", {}) if self.method == "POST" else {})
        if self.method == "GET" and not hasattr(self.view, "query_class"):
            codes.pop(400)
        if self.method == "GET" and "{" not in self.path and not hasattr(self.view, "query_class"):
            codes.pop(404)
        return sorted(codes.items())


def _refusal(code: int, text: str) -> OpenApiExample:
    body = {"type": "about:blank", "title": HTTPStatus(code).phrase, "status": code, "detail": text}
    if code == 400:
        body |= {"errors": {"limit": ["A valid integer is required."]}}
    return OpenApiExample("Example", body, response_only=True, status_codes=[str(code)], media_type=PROBLEM)


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
