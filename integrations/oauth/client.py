"""An integration, as Authlib's grants ask about it."""

from authlib.oauth2.rfc6749 import ClientMixin, scope_to_list

from accounts import clients
from accounts.clients import Client


class OAuthClient(ClientMixin):  # type: ignore[misc]  # Authlib has no types
    def __init__(self, client: Client) -> None:
        self.authenticated = client
        self.integration = client.integration

    def get_client_id(self) -> str:
        return str(self.integration.pk)

    def get_default_redirect_uri(self) -> None:
        """None: the redirect_uri is always sent, so that it is always compared."""

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """The scopes asked for, or all of the client's when none are named; None when one is not the client's."""
        allowed = self.integration.scopes
        asked = scope_to_list(scope) or allowed
        return " ".join(dict.fromkeys(asked)) if set(asked) <= set(allowed) else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return clients.may_redirect_to(self.integration, redirect_uri)

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code" and self.check_grant_type("authorization_code")

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.integration.grant_types
