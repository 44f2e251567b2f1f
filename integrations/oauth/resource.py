"""Resource indicators (RFC 8707): a client may say which API it wants a token for. There is one, ours."""

from authlib.oauth2.rfc6749.errors import OAuth2Error
from django.conf import settings
from django.http import QueryDict


class InvalidTargetError(OAuth2Error):  # type: ignore[misc]  # Authlib has no types
    error = "invalid_target"


def check(parameters: QueryDict, *, redirect_uri: str | None = None) -> None:
    """Raises InvalidTargetError for any other resource, compared character for character."""
    if parameters.get("resource", settings.AUDIENCE) != settings.AUDIENCE:
        raise InvalidTargetError(f"The resource here is {settings.AUDIENCE}.", redirect_uri=redirect_uri)
