"""Who is in the organisation."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from accounts.models import Membership
from accounts.reach import Reach
from integrations.api import queries
from integrations.api.view import Collection, Item

READ = {"GET": ("members:read",)}
EXAMPLE = {
    "id": "5b0c8a4e-6f0d-4b9e-9a53-0d9c0f6f4a21",
    "email": "bob@acme.example",
    "name": "Bob Baker",
    "role": "member",
    "is_active": True,
    "joined_at": "2026-03-02T09:30:00Z",
}


class MemberSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="user.pk", help_text="The user's id: the `sub` of tokens on their behalf.")
    email = serializers.EmailField(source="user.email", help_text="The address that they sign in with.")
    name = serializers.CharField(source="user.name", help_text="As they call themselves; may be empty.")
    role = serializers.ChoiceField(Membership.Role.choices, help_text="In this organisation.")
    is_active = serializers.BooleanField(source="user.is_active", help_text="false: the account is deactivated.")
    joined_at = serializers.DateTimeField(source="created_at", help_text="When they became a member.")


class MemberQuery(queries.Query):
    role = serializers.ChoiceField(Membership.Role.choices, required=False, help_text="Only members of this role.")
    email = serializers.EmailField(max_length=254, required=False, help_text="The whole address, in any case.")


class Members(Collection):
    """The members of the token's organisation, who joined last first."""

    required_scopes = READ
    serializer_class = MemberSerializer
    example = EXAMPLE
    query_class = MemberQuery

    def rows(self, within: Reach, query: dict[str, Any]) -> QuerySet[Any]:
        rows = within.members()
        if "role" in query:
            rows = rows.filter(role=query["role"])
        return rows.filter(user__email=query["email"].lower()) if "email" in query else rows


class Member(Item):
    """One member."""

    required_scopes = READ
    serializer_class = MemberSerializer
    example = EXAMPLE
    found_by = "user"

    def rows(self, within: Reach) -> QuerySet[Any]:
        return within.members()
