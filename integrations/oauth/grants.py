"""The three grants, as Authlib drives them: it checks the protocol, accounts.grants does what it says."""

from typing import Any

from authlib.oauth2.rfc6749 import grants as authlib
from authlib.oauth2.rfc6749.errors import (
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
    UnauthorizedClientError,
)
from authlib.oauth2.rfc6749.util import scope_to_list
from authlib.oauth2.rfc7636 import CodeChallenge

from accounts import grants
from accounts.models import Grant

Response = tuple[int, dict[str, Any], list[tuple[str, str]]]


class S256Only(CodeChallenge):  # type: ignore[misc]
    """PKCE for every client, confidential ones too, and never `plain` (RFC 9700, 2.1.1).

    Authlib's own asks it of public clients alone, and takes a missing method to mean `plain`.
    """

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        data = grant.request.payload.data
        if not data.get("code_challenge"):
            raise InvalidRequestError("code_challenge is missing.")
        if data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("code_challenge_method must be S256.")
        if len(data["code_challenge"]) != 43:
            raise InvalidRequestError("code_challenge is not 43 characters of base64url.")
        super().validate_code_challenge(grant, redirect_uri)

    def validate_code_verifier(self, grant: Any, result: Any) -> None:
        if not grant.request.form.get("code_verifier"):
            raise InvalidRequestError("code_verifier is missing.")
        super().validate_code_verifier(grant, result)

    def get_authorization_code_challenge_method(self, authorization_code: Any) -> str:
        return "S256"


class AuthorizationCode:
    """A grant whose code is being redeemed, as Authlib asks about it."""

    def __init__(self, grant: Grant) -> None:
        self.grant = grant
        self.code_challenge = grant.code_challenge

    def get_redirect_uri(self) -> str:
        return self.grant.redirect_uri

    def get_scope(self) -> str:
        return " ".join(self.grant.scopes)


class AuthorizationCodeGrant(authlib.AuthorizationCodeGrant):  # type: ignore[misc]
    def save_authorization_code(self, code: str, request: Any) -> None:
        """Nothing: `generate_authorization_code` has noted the consent already."""

    def generate_authorization_code(self) -> str:
        payload = self.request.payload
        return grants.agree(
            user=self.request.user,
            integration=self.request.client.integration,
            scopes=scope_to_list(self.request.scope),
            redirect_uri=payload.redirect_uri,
            code_challenge=payload.data["code_challenge"],
            visitor=self.request.visitor,
        )

    def query_authorization_code(self, code: str, client: Any) -> AuthorizationCode | None:
        try:
            return AuthorizationCode(
                grants.find_code(code, integration=client.integration, visitor=self.request.visitor)
            )
        except grants.InvalidGrant:
            return None

    def create_token_response(self) -> Response:
        try:
            answer = grants.redeem(
                self.request.authorization_code.grant, code_verifier=self.request.form["code_verifier"]
            )
        except grants.InvalidGrant:
            raise InvalidGrantError("Invalid 'code' in request.") from None
        return 200, answer, self.TOKEN_RESPONSE_HEADER


class ClientCredentialsGrant(authlib.ClientCredentialsGrant):  # type: ignore[misc]
    def validate_token_request(self) -> None:
        super().validate_token_request()
        if self.client.authenticated.secret is None:
            raise UnauthorizedClientError("A public client has no credentials of its own.")

    def create_token_response(self) -> Response:
        scope = self.client.get_allowed_scope(self.request.payload.scope)
        if scope is None:
            raise InvalidScopeError
        try:
            answer = grants.own(self.client.authenticated, tuple(scope_to_list(scope)))
        except grants.InvalidGrant:
            raise UnauthorizedClientError("This client's permission was ended.") from None
        return 200, answer, self.TOKEN_RESPONSE_HEADER


class RefreshTokenGrant(authlib.RefreshTokenGrant):  # type: ignore[misc]
    def validate_token_request(self) -> None:
        self.request.client = self._validate_request_client()
        if not self.request.form.get("refresh_token"):
            raise InvalidRequestError("refresh_token is missing.")

    def create_token_response(self) -> Response:
        scope = self.request.payload.scope
        try:
            answer = grants.refresh(
                integration=self.client.integration,
                refresh_token=self.request.form["refresh_token"],
                scopes=tuple(scope_to_list(scope)) if scope else None,
                visitor=self.request.visitor,
            )
        except grants.InvalidGrant:
            raise InvalidGrantError("The refresh token gives nothing, or no longer.") from None
        except grants.InvalidScope:
            raise InvalidScopeError from None
        return 200, answer, self.TOKEN_RESPONSE_HEADER
