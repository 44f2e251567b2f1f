"""Who a token acts for."""

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from integrations.api.view import View
from integrations.authentication import ApiRequest


class MeSerializer(serializers.Serializer[Any]):
    subject = serializers.UUIDField(help_text="The user's id, or the client's for its own token.")
    subject_type = serializers.ChoiceField(["user", "client"])
    client_id = serializers.UUIDField()
    organisation = serializers.UUIDField()
    scopes = serializers.ListField(child=serializers.CharField())


class Me(View):
    """Who this token acts for. Answered from the token itself: no SQL but what authentication needs."""

    required_scopes = {"GET": ("profile",)}
    serializer_class = MeSerializer
    is_counted = False  # it costs less to answer than to count: no I/O at all

    def get(self, request: ApiRequest) -> Response:
        claims = request.auth
        return Response(
            {
                "subject": str(claims.subject),
                "subject_type": "client" if claims.is_the_clients_own else "user",
                "client_id": str(claims.client_id),
                "organisation": str(claims.organisation),
                "scopes": list(claims.scopes),
            }
        )
