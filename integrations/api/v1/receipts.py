"""A revocation's receipt, as the OpenAPI document describes it. It is kept as JSON, and answered as it was kept."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

EXAMPLE = {
    "complete": True,
    "expected": 2,
    "confirmed": [{"worker": "web-1:4711", "ms": 3.1}, {"worker": "web-2:4712", "ms": 4.8}],
    "fenced": [],
    "pending": [],
    "total_ms": 4.9,
    "streams": 1,
}


class ConfirmationSerializer(serializers.Serializer[Any]):
    worker = serializers.CharField(help_text="Its name.")
    ms = serializers.FloatField(help_text="Milliseconds from the demand until it had applied it.")


class ReceiptSerializer(serializers.Serializer[Any]):
    complete = serializers.BooleanField(help_text="No worker is pending: nothing accepts what has ended.")
    expected = serializers.IntegerField(help_text="How many workers there were to ask.")
    confirmed = ConfirmationSerializer(many=True, help_text="Those that have applied it.")
    fenced = serializers.ListField(
        child=serializers.CharField(), help_text="Those that are silent, and by now ask the database each time."
    )
    pending = serializers.ListField(
        child=serializers.CharField(), help_text="Those that are silent, and may not know of it yet."
    )
    total_ms = serializers.FloatField(help_text="Milliseconds from the demand to the receipt.")
    streams = serializers.IntegerField(required=False, help_text="Open pages of the ended sessions that went dark.")


@extend_schema_field(ReceiptSerializer)
class Receipt(serializers.JSONField):
    """The kept one, as it is."""
