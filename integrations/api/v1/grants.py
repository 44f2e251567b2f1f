"""Which apps are connected, by whom, and what they may do."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from accounts.reach import Reach
from integrations.api import fields, queries
from integrations.api.view import Collection, Item

READ = {"GET": ("grants:read",)}
EXAMPLE = {
    "id": "3f333df6-90a4-4fda-8dd3-9485d27cee36",
    "integration": {"id": "0f8fad5b-d9cb-469f-a165-70867728950e", "name": "Sync"},
    "user": "5b0c8a4e-6f0d-4b9e-9a53-0d9c0f6f4a21",
    "scopes": ["profile"],
    "created_at": "2026-03-02T09:30:00Z",
    "last_used_at": "2026-03-02T10:12:00Z",
    "expires_at": "2027-03-02T09:30:00Z",
}


class NamedSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="pk", help_text="Its client_id.")
    name = serializers.CharField(help_text="As its organisation calls it.")


class GrantSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="pk", help_text="The `grant` claim of its tokens.")
    integration = NamedSerializer(help_text="The app that is connected.")
    user = serializers.UUIDField(
        source="user_id", allow_null=True, help_text="On whose behalf; null: the integration's own."
    )
    scopes = serializers.ListField(child=serializers.CharField(), help_text="What it may do.")
    created_at = serializers.DateTimeField(help_text="When it was agreed to.")
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="When it last got tokens.")
    expires_at = serializers.DateTimeField(help_text="When it ends by itself; no refresh moves that.")


class GrantQuery(queries.Query):
    user = fields.Id(required=False, help_text="Only on this user's behalf.")
    integration = fields.Id(required=False, help_text="Only of this integration.")


class Grants(Collection):
    """Live grants in the organisation. A token for a plain member sees their own."""

    required_scopes = READ
    serializer_class = GrantSerializer
    example = EXAMPLE
    query_class = GrantQuery

    def rows(self, within: Reach, query: dict[str, Any]) -> QuerySet[Any]:
        return within.grants().filter(**{name: query[name] for name in ("user", "integration") if name in query})


class Grant(Item):
    """One live grant."""

    required_scopes = READ
    serializer_class = GrantSerializer
    example = EXAMPLE

    def rows(self, within: Reach) -> QuerySet[Any]:
        return within.grants()
