"""The machine's addresses."""

from django.urls import path, re_path

from integrations import errors
from integrations.api import views as api
from integrations.oauth import views as oauth

urlpatterns = [
    path("oauth/authorize", oauth.authorize, name="oauth_authorize"),
    path("oauth/token", oauth.token, name="oauth_token"),
    path(".well-known/oauth-authorization-server", oauth.metadata),
    path(".well-known/jwks.json", oauth.jwks),
    path("api/v1/me", api.Me.as_view()),
    re_path(r"^api/", errors.not_found),
]
