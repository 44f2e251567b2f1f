"""Fields that take one type and one spelling of a value, and bodies without members that nobody reads."""

from typing import Any

from rest_framework import serializers

from accounts import ids


class Id(serializers.UUIDField):
    """A UUID as text, in its one spelling."""

    default_error_messages = {"invalid": "It must be an id: a UUID in lower case, with hyphens."}

    def to_internal_value(self, data: Any) -> Any:
        try:
            return ids.parse(data)
        except (ValueError, TypeError, AttributeError):
            self.fail("invalid", value=data)


class Text(serializers.CharField):
    """Text; a number is none. Unless it may be blank it holds a character at least, and the document says so."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Flag(serializers.BooleanField):
    """true or false; neither "yes" nor 1."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Body(serializers.Serializer[Any]):
    """Refuses fields that it does not know: a misspelt `dry_run` must not act."""

    default_error_messages = {"invalid": "It must be a JSON object."}
    least_members = 0

    def to_internal_value(self, data: Any) -> Any:
        unknown = sorted(set(data) - set(self.fields)) if isinstance(data, dict) else []
        if unknown:
            raise serializers.ValidationError({name[:100]: ["There is no such member."] for name in unknown})
        return super().to_internal_value(data)
