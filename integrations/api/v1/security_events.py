"""The organisation's security log. Poll it with If-None-Match, or with `since`.

An event may be written a moment after one that is newer. Whoever polls with `since` asks from a minute before the
newest event that they have, and drops the ids that they know.
"""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from accounts.models import SecurityEvent
from accounts.reach import Reach
from integrations.api import fields, queries
from integrations.api.view import Collection, Item

READ = {"GET": ("events:read",)}
EXAMPLE: dict[str, Any] = {
    "id": "e4eaaaf2-d142-4b5a-8f6e-1c2d3e4f5a6b",
    "at": "2026-03-02T09:30:00Z",
    "kind": "signed_in",
    "user": "5b0c8a4e-6f0d-4b9e-9a53-0d9c0f6f4a21",
    "user_label": "bob@acme.example",
    "actor": "5b0c8a4e-6f0d-4b9e-9a53-0d9c0f6f4a21",
    "actor_label": "bob@acme.example",
    "integration": None,
    "ip_address": "203.0.113.7",
    "device": "Firefox 132 on Linux",
    "details": {},
}


class EventSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="pk", help_text="It never changes.")
    at = serializers.DateTimeField(help_text="When it happened.")
    kind = serializers.ChoiceField(SecurityEvent.Kind.choices, help_text="What happened.")
    user = serializers.UUIDField(source="user_id", allow_null=True, help_text="Whom it concerns.")
    user_label = serializers.CharField(help_text="Their address at the time; it outlives the account.")
    actor = serializers.UUIDField(source="actor_id", allow_null=True, help_text="Who did it.")
    actor_label = serializers.CharField(help_text="Their address, or their program's name, at the time.")
    integration = serializers.UUIDField(source="integration_id", allow_null=True, help_text="Which app it concerns.")
    ip_address = serializers.IPAddressField(allow_null=True, help_text="Where it was done from.")
    device = serializers.CharField(help_text="Browser and system, as the browser names itself.")
    details = serializers.DictField(help_text="What an auditor would ask next. Its members vary with the kind.")


class EventQuery(queries.Query):
    kind = serializers.ChoiceField(
        SecurityEvent.Kind.choices, required=False, help_text="Only what happened in this way."
    )
    user = fields.Id(required=False, help_text="Only what concerns this user.")
    since = serializers.DateTimeField(required=False, help_text="At this moment or later.")
    until = serializers.DateTimeField(required=False, help_text="Before this moment.")


class SecurityEvents(Collection):
    """What happened in the organisation and to its members. A token for a plain member sees what concerns them."""

    required_scopes = READ
    serializer_class = EventSerializer
    example = EXAMPLE
    query_class = EventQuery
    newest_by = ("at", "pk")

    def rows(self, within: Reach, query: dict[str, Any]) -> QuerySet[Any]:
        columns = {"kind": "kind", "user": "user", "since": "at__gte", "until": "at__lt"}
        return within.events().filter(**{column: query[name] for name, column in columns.items() if name in query})


class OneSecurityEvent(Item):
    """One event."""

    required_scopes = READ
    serializer_class = EventSerializer
    example = EXAMPLE

    def rows(self, within: Reach) -> QuerySet[Any]:
        return within.events()
