"""What may stand after the question mark: each name once, and no name that nobody reads (a typo is not a filter).

That holds for every operation: whoever writes `?dry_run=true` behind an address must not get the act itself.
"""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from integrations.authentication import ApiRequest

MOST = 100  # rows in one page


class Query(serializers.Serializer[Any]):
    limit = serializers.IntegerField(
        min_value=1, max_value=MOST, default=50, required=False, help_text="How many items at most."
    )
    cursor = serializers.CharField(
        max_length=300, required=False, help_text="`next_cursor` of the page before; without one, the first page."
    )


def check(query_class: type[Query] | None, request: Request) -> None:
    """Raises ValidationError, naming what is unknown (without a class, everything is) or repeated."""
    known = query_class().fields if query_class else {}
    odd: dict[str, list[str]] = {}
    for name, values in request.query_params.lists():
        if name not in known:
            odd[name[:100]] = ["There is no such parameter."]
        elif len(values) > 1:
            odd[name] = ["Given more than once."]
    if odd:
        raise ValidationError(odd)


def read(query_class: type[Query], request: ApiRequest) -> dict[str, Any]:
    """The values of a query that was checked. Raises ValidationError, naming what is wrong."""
    asked = query_class(data=request.query_params.dict())
    asked.is_valid(raise_exception=True)
    found: dict[str, Any] = asked.validated_data
    return found
