"""The device authorization grant at the token endpoint (RFC 8628, 3.4), as Authlib drives it."""

from typing import Any

from authlib.oauth2 import rfc8628
from authlib.oauth2.rfc6749.errors import AccessDeniedError, InvalidGrantError, InvalidRequestError

from accounts.grants import devices
from accounts.grants.answers import InvalidGrant
from integrations.oauth.grants import Response


class DeviceCodeGrant(rfc8628.DeviceCodeGrant):  # type: ignore[misc]  # Authlib has no types
    def validate_token_request(self) -> None:
        self.request.client = self.authenticate_token_endpoint_client()
        if not self.client.check_grant_type(self.GRANT_TYPE):
            raise rfc8628.device_code.UnauthorizedClientError("This client does not use device codes.")
        if not self.request.form.get("device_code"):
            raise InvalidRequestError("device_code is missing.")

    def create_token_response(self) -> Response:
        refusals: dict[type[Exception], Any] = {
            devices.Pending: rfc8628.AuthorizationPendingError,
            devices.SlowDown: rfc8628.SlowDownError,
            devices.Expired: rfc8628.ExpiredTokenError,
            devices.Denied: AccessDeniedError,
            InvalidGrant: InvalidGrantError,
        }
        try:
            answer = devices.poll(self.request.form["device_code"], integration=self.client.integration)
        except tuple(refusals) as error:
            raise refusals[type(error)] from None
        return 200, answer, self.TOKEN_RESPONSE_HEADER
