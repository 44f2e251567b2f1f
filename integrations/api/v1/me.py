"""Who a token acts for."""

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from integrations.api.view import View
from integrations.authentication import ApiRequest


class MeSerializer(serializers.Serializer[Any]):
    subject = serializers.UUIDField(help_text="The user's id, or the client's for its own token.")
    subject_type = serializers.ChoiceField(
        [("user", "A person has agreed."), ("client", "The client acts for itself.")],
        help_text="Whose id `subject` is.",
    )
    client_id = serializers.UUIDField(help_text="The integration that the token was given to.")
    grant = serializers.UUIDField(help_text="The permission that it hangs from: at `/api/v1/grants` until it ends.")
    organisation = serializers.UUIDField(help_text="What it reaches.")
    scopes = serializers.ListField(child=serializers.CharField(), help_text="What it may do there.")


class Me(View):
    """Who this token acts for. Answered from the token itself, and counted towards no limit."""

    required_scopes = {"GET": ("profile",)}
    serializer_class = MeSerializer
    example = {
        "subject": "5b0c8a4e-6f0d-4b9e-9a53-0d9c0f6f4a21",
        "subject_type": "user",
        "client_id": "0f8fad5b-d9cb-469f-a165-70867728950e",
        "grant": "3f333df6-90a4-4fda-8dd3-9485d27cee36",
        "organisation": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
        "scopes": ["profile"],
    }
    is_counted = False  # it costs less to answer than to count: no I/O at all

    def get(self, request: ApiRequest) -> Response:
        claims = request.auth
        return Response(
            {
                "subject": str(claims.subject),
                "subject_type": "client" if claims.is_the_clients_own else "user",
                "client_id": str(claims.client_id),
                "grant": str(claims.grant),
                "organisation": str(claims.organisation),
                "scopes": list(claims.scopes),
            }
        )
