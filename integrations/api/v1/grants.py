"""Which apps are connected, by whom, and what they may do."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from accounts.reach import Reach
from integrations.api import fields, queries
from integrations.api.view import Collection, Item

READ = {"GET": ("grants:read",)}


class NamedSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="pk")
    name = serializers.CharField()


class GrantSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="pk", help_text="The `grant` claim of its tokens.")
    integration = NamedSerializer()
    user = serializers.UUIDField(source="user_id", allow_null=True, help_text="null: the integration's own.")
    scopes = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="When it last got tokens.")
    expires_at = serializers.DateTimeField()


class GrantQuery(queries.Query):
    user = fields.Id(required=False)
    integration = fields.Id(required=False)


class Grants(Collection):
    """Live grants in the organisation. A token for a plain member sees their own."""

    required_scopes = READ
    serializer_class = GrantSerializer
    query_class = GrantQuery

    def rows(self, within: Reach, query: dict[str, Any]) -> QuerySet[Any]:
        return within.grants().filter(**{name: query[name] for name in ("user", "integration") if name in query})


class Grant(Item):
    """One live grant."""

    required_scopes = READ
    serializer_class = GrantSerializer

    def rows(self, within: Reach) -> QuerySet[Any]:
        return within.grants()
