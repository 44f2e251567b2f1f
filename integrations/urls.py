"""The machine's addresses."""

from django.urls import include, path, re_path

from integrations import errors
from integrations.api import schema
from integrations.api import urls as api
from integrations.oauth import device, held, metadata
from integrations.oauth import views as oauth

urlpatterns = [
    path("oauth/authorize", oauth.authorize, name="oauth_authorize"),
    path("oauth/token", oauth.token, name="oauth_token"),
    path("oauth/device_authorization", device.authorization),
    path("oauth/device", device.page, name="oauth_device"),
    path("oauth/revoke", held.revoke, name="oauth_revoke"),
    path("oauth/introspect", held.introspect, name="oauth_introspect"),
    path(".well-known/oauth-authorization-server", metadata.server),
    path(".well-known/oauth-protected-resource/api", metadata.resource),  # RFC 9728, 3.1: where a client looks
    path(".well-known/jwks.json", metadata.jwks),
    path("api/v1/", include(api.v1)),
    path("api/v1/schema", schema.document, name="api_schema"),
    path("api/docs", schema.page, name="api_docs"),
    re_path(r"^api/", errors.not_found),
]
