"""Our own addresses, and /bench/... for the rivals."""

from django.urls import URLPattern, URLResolver, include, path
from rest_framework_simplejwt import views as simplejwt

from benchmarks import rivals, views
from integrations.api.v1.me import Me
from integrations.oauth import held
from integrations.oauth import views as oauth

urlpatterns: list[URLPattern | URLResolver] = [
    path("bench/none", views.Open.as_view()),
    # Ours as near as the others, so that finding them costs the same.
    path("bench/ours", Me.as_view()),
    *(path(f"bench/{rival.slug}", views.behind(rival.authentication)) for rival in rivals.ALL),
    path("bench/portcullis/token", oauth.token),
    path("bench/portcullis/introspect", held.introspect),
    path("bench/simplejwt/obtain", simplejwt.TokenObtainPairView.as_view()),
    path("bench/simplejwt/refresh", simplejwt.TokenRefreshView.as_view()),
    path("bench/simplejwt/verify", simplejwt.TokenVerifyView.as_view()),
    path("bench/toolkit/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    path("", include("saas.urls")),
]
