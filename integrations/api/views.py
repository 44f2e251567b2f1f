"""Version 1 of the API. A view names its scopes, asks one question, and shapes the answer."""

from rest_framework.response import Response
from rest_framework.views import APIView

from integrations.authentication import ApiRequest


class Me(APIView):
    """Who this token acts for. Answered from the token itself: no SQL but what authentication needs."""

    required_scopes = ("profile",)

    def get(self, request: ApiRequest) -> Response:
        claims = request.auth
        return Response(
            {
                "subject": str(claims.subject),
                "subject_type": "client" if claims.is_the_clients_own else "user",
                "client_id": str(claims.client_id),
                "organisation": str(claims.organisation),
                "scopes": list(claims.scopes),
            },
            headers={"Cache-Control": "no-store"},
        )
