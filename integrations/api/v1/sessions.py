"""Where the organisation's members are signed in."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from accounts.reach import Reach
from integrations.api import fields, queries
from integrations.api.view import Collection, Item

READ = {"GET": ("sessions:read",)}
EXAMPLE = {
    "id": "d9428888-122b-4f6e-8c1d-1a2b3c4d5e6f",
    "user": "5b0c8a4e-6f0d-4b9e-9a53-0d9c0f6f4a21",
    "created_at": "2026-03-02T09:30:00Z",
    "last_seen_at": "2026-03-02T10:12:00Z",
    "expires_at": "2026-03-02T11:12:00Z",
    "ip_address": "203.0.113.7",
    "device": "Firefox 132 on Linux",
    "method": "password",
}


class SessionSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="public_id", help_text="Of no use to sign in with.")
    user = serializers.UUIDField(source="user_id", help_text="Who is signed in.")
    created_at = serializers.DateTimeField(help_text="When they signed in.")
    last_seen_at = serializers.DateTimeField(help_text="Exact to a minute.")
    expires_at = serializers.DateTimeField(source="expire_date", help_text="When it ends unless it is used before.")
    ip_address = serializers.IPAddressField(allow_null=True, help_text="Where it was last seen.")
    device = serializers.CharField(help_text="Browser and system, as the browser names itself.")
    method = serializers.CharField(help_text="How it signed in; empty where that is not known.")


class SessionQuery(queries.Query):
    user = fields.Id(required=False, help_text="Only of this user.")


class Sessions(Collection):
    """Live sessions of the organisation's members. A token for a plain member sees their own."""

    required_scopes = READ
    serializer_class = SessionSerializer
    example = EXAMPLE
    query_class = SessionQuery
    newest_by = ("created_at", "public_id")

    def rows(self, within: Reach, query: dict[str, Any]) -> QuerySet[Any]:
        return within.sessions().filter(user=query["user"]) if "user" in query else within.sessions()


class Session(Item):
    """One live session."""

    required_scopes = READ
    serializer_class = SessionSerializer
    example = EXAMPLE
    found_by = "public_id"

    def rows(self, within: Reach) -> QuerySet[Any]:
        return within.sessions()
