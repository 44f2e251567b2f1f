"""What was ended in the organisation, and ending more of it: first as a dry run, then for good, with a receipt."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed, NotFound
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts import remote_revocation, visitors
from accounts.models import Cause, LateTry
from accounts.reach import Reach
from accounts.remote_revocation import Demand
from integrations import rates
from integrations.api import fields, idempotency, queries
from integrations.api.v1 import receipts
from integrations.api.view import Collection, Item
from integrations.authentication import ApiRequest
from integrations.errors import Conflict

READ = ("revocations:read",)
EXAMPLE = {
    "id": "16fd2706-8baf-433b-82eb-8c7fada847da",
    "at": "2026-03-02T10:15:00Z",
    "cause": "compromised",
    "reason": "Laptop stolen",
    "scope": {"user": "5b0c8a4e-6f0d-4b9e-9a53-0d9c0f6f4a21"},
    "actor": None,
    "actor_label": "On-call script",
    "ended": {"sessions": 2, "grants": 1, "codes": 0, "client_secrets": 0},
    "receipt": receipts.EXAMPLE,
    "receipt_jws": "eyJhbGciOiJFUzI1NiIsInR5cCI6InJldm9jYXRpb24tcmVjZWlwdCtqd3QifQ.e30.c2lnbmF0dXJl",
    "tried_again_at": "2026-03-02T10:21:40Z",
}
LATE_TRY = {
    "kind": "access_token",
    "integration": "0f8fad5b-d9cb-469f-a165-70867728950e",
    "ip_address": "203.0.113.7",
    "device": "Python Requests 2",
    "times": 12,
    "first_at": "2026-03-02T10:21:40Z",
    "last_at": "2026-03-02T10:24:59Z",
}
DEMAND = {
    "scope": {"user": "5b0c8a4e-6f0d-4b9e-9a53-0d9c0f6f4a21"},
    "cause": "compromised",
    "reason": "Laptop stolen",
    "dry_run": True,
}
WOULD_END = {"dry_run": True, "would_end": EXAMPLE["ended"]}


class CountsSerializer(serializers.Serializer[Any]):
    sessions = serializers.IntegerField(help_text="Browsers that were signed in.")
    grants = serializers.IntegerField(help_text="Connected apps.")
    codes = serializers.IntegerField(help_text="Connections agreed to, and not yet made.")
    client_secrets = serializers.IntegerField(help_text="Secrets and keys of integrations.")


class RevocationSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="pk", help_text="It never changes.")
    at = serializers.DateTimeField(help_text="From when on what it covers is refused.")
    cause = serializers.ChoiceField(Cause.choices, help_text="Why it was ended.")
    reason = serializers.CharField(help_text="As whoever asked put it.")
    scope = serializers.DictField(
        help_text="What was named, by id. `keep`, `spare_grant` and `spare_secrets` say what of it was left alone."
    )
    actor = serializers.UUIDField(source="actor_id", allow_null=True, help_text="The user who did it.")
    actor_label = serializers.CharField(help_text="Their address, the integration that they used, or both.")
    ended = CountsSerializer(source="*", help_text="How many were live, and ended.")
    receipt = receipts.Receipt(
        allow_null=True, help_text="Which workers confirmed, and how fast; null until it is there."
    )
    receipt_jws = serializers.CharField(help_text="The same, signed; it verifies with our JWKS.")
    tried_again_at = serializers.DateTimeField(
        allow_null=True, help_text="When something of what it ended was first tried again, and refused."
    )


class LateTrySerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(LateTry.Kind.choices, help_text="What was tried.")
    integration = serializers.UUIDField(source="integration_id", allow_null=True, help_text="Whose credential it was.")
    ip_address = serializers.IPAddressField(allow_null=True, help_text="From where.")
    device = serializers.CharField(help_text="What its User-Agent header says, in words.")
    times = serializers.IntegerField(help_text="How often.")
    first_at = serializers.DateTimeField(help_text="When first.")
    last_at = serializers.DateTimeField(help_text="When last.")


class OneRevocationSerializer(RevocationSerializer):
    late_tries = LateTrySerializer(
        many=True,
        help_text="What of it was tried again since, by credential, address and device. Each was refused. An app that "
        "has not noticed the end tries again too. Where there are too many, the rest stand together as `others`.",
    )


class ScopeSerializer(fields.Body):
    """At least one id. Several are a conjunction: only what is in all of them."""

    least_members = 1
    user = fields.Id(required=False, help_text="What lets this person in, and acts for them.")
    session = fields.Id(required=False, help_text="This one browser.")
    grant = fields.Id(required=False, help_text="This one connection of an app, with its tokens.")
    integration = fields.Id(required=False, help_text="Every grant and secret of this app.")
    client_secret = fields.Id(required=False, help_text="This one, and the grants that were made with it.")
    organisation = fields.Id(required=False, help_text="The token's own: all that acts in it.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError(f"Name at least one of {', '.join(remote_revocation.NAMES)}.")
        return attrs


class DemandSerializer(fields.Body):
    scope = ScopeSerializer(help_text="What is to end.")
    cause = serializers.ChoiceField(
        [(cause.value, cause.label) for cause in remote_revocation.CAUSES],
        default=Cause.ENDED,
        help_text="The last two are said of a user, and nothing else.",
    )
    reason = fields.Text(max_length=500, default="", allow_blank=True, help_text="For the audit.")
    dry_run = fields.Flag(default=False, help_text="Says what would end, and ends nothing.")
    include_self = fields.Flag(
        default=False, help_text="Without it the grant of the token that asks is spared, unless it is named itself."
    )


class DryRunSerializer(serializers.Serializer[Any]):
    dry_run = serializers.BooleanField(help_text="true: nothing has ended.")
    would_end = CountsSerializer(help_text="How many are live, and would end.")


class RevocationQuery(queries.Query):
    user = fields.Id(required=False, help_text="Only of this user.")


class Revocations(Collection):
    """What was ended in the organisation, newest first. A token for a plain member sees what concerned them."""

    required_scopes = {"GET": READ, "POST": ("revocations:write",)}
    serializer_class = RevocationSerializer
    example = EXAMPLE
    query_class = RevocationQuery
    newest_by = ("at", "pk")
    request_class = DemandSerializer
    request_example = DEMAND
    answers = {
        200: OpenApiResponse(
            DryRunSerializer, "With `dry_run`: what would end.", [OpenApiExample("Example", WOULD_END)]
        ),
        201: OpenApiResponse(RevocationSerializer, "It has ended.", [OpenApiExample("Example", EXAMPLE)]),
    }
    errors = {
        409: "The token would end itself, or is an admin's and names an owner; neither passes by itself. Or, with "
        "`Retry-After`, the first request under this Idempotency-Key is still under way.",
        413: "The body is too large.",
        415: "The body is not application/json.",
        422: "This Idempotency-Key was used for another request.",
    }
    header_parameters = [idempotency.HEADER]

    def rows(self, within: Reach, query: dict[str, Any]) -> QuerySet[Any]:
        return within.revocations().filter(user=query["user"]) if "user" in query else within.revocations()

    def post(self, request: ApiRequest) -> Response:
        """Ends what the scope covers, on every worker, and answers with the receipt.

        It reaches this organisation alone. A user who belongs to others too, or who is staff of this site, loses their
        sessions, and what they have here; with a cause that is said of a person, a user who belongs nowhere else loses
        everything, and `compromised` takes their password as well. The grant of the token that asks is spared unless
        it is named itself. Repeated under the same `Idempotency-Key`, it gets the same answer and acts no more.
        """
        rates.hit_api(request, "revocations")
        body = DemandSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        demand = self._demand(request, body.validated_data)
        act = _dry_run if body.validated_data["dry_run"] else _revoke
        status, answer = idempotency.once(request, lambda: act(demand))
        headers = {"Location": reverse("api_revocation", args=[answer["id"]])} if status == 201 else {}
        return Response(answer, status=status, headers=headers)

    def _demand(self, request: ApiRequest, data: dict[str, Any]) -> Demand:
        return Demand(
            claims=request.auth,
            named=data["scope"],
            cause=Cause(data["cause"]),
            reason=data["reason"],
            include_self=data["include_self"],
            visitor=visitors.of(request),
        )


class OneRevocation(Item):
    """One revocation, with its receipt, and what of it was tried again since."""

    required_scopes = {"GET": READ}
    serializer_class = OneRevocationSerializer
    example = {**EXAMPLE, "late_tries": [LATE_TRY]}

    def rows(self, within: Reach) -> QuerySet[Any]:
        return within.revocations().prefetch_related(Prefetch("late_tries", within.late_tries()))


def _dry_run(demand: Demand) -> tuple[int, dict[str, Any]]:
    with _refusals():
        would_end = remote_revocation.preview(demand)
    return 200, {"dry_run": True, "would_end": dict(CountsSerializer(would_end).data)}


def _revoke(demand: Demand) -> tuple[int, dict[str, Any]]:
    with _refusals():
        done = remote_revocation.revoke(demand)
    return 201, dict(RevocationSerializer(done).data)


@contextmanager
def _refusals() -> Iterator[None]:
    """What the heart refuses, in the words of HTTP."""
    try:
        yield
    except remote_revocation.NoLonger:
        raise AuthenticationFailed from None
    except remote_revocation.NotThere as error:
        raise NotFound(f"scope.{error}: there is no such thing, or it is not yours.") from None
    except remote_revocation.Outranked:
        raise Conflict("It is an owner's: a token of an admin ends nothing of theirs by their name.") from None
    except remote_revocation.NeedsPerson:
        message = "It is said of a user: name one, and nothing besides."
        raise serializers.ValidationError({"cause": [message]}) from None
    except remote_revocation.WouldEndItself:
        raise Conflict("The token that asks would end itself. Say include_self if that is meant.") from None
