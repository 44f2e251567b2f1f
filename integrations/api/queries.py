"""What may stand after the question mark: each name once, and no name that nobody reads (a typo is not a filter)."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from integrations.authentication import ApiRequest

MOST = 100  # rows in one page


class Query(serializers.Serializer[Any]):
    limit = serializers.IntegerField(
        min_value=1, max_value=MOST, default=50, required=False, help_text="How many items at most."
    )
    cursor = serializers.CharField(
        max_length=300, required=False, help_text="`next_cursor` of the page before; without one, the first page."
    )


def read(query_class: type[Query], request: ApiRequest) -> dict[str, Any]:
    """The query's values. Raises ValidationError, naming what is unknown, repeated or wrong."""
    known = query_class().fields
    odd: dict[str, list[str]] = {}
    for name, values in request.query_params.lists():
        if name not in known:
            odd[name[:100]] = ["There is no such parameter."]
        elif len(values) > 1:
            odd[name] = ["Given more than once."]
    if odd:
        raise ValidationError(odd)
    asked = query_class(data=request.query_params.dict())
    asked.is_valid(raise_exception=True)
    found: dict[str, Any] = asked.validated_data
    return found
