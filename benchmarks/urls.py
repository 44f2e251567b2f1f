"""Our own addresses, and /bench/... for the rivals."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, URLResolver, include, path
from django.views.decorators.csrf import csrf_exempt
from rest_framework_simplejwt import views as simplejwt

from benchmarks import rivals, views
from integrations.api.v1.me import Me
from integrations.oauth import held
from integrations.oauth import views as oauth

VIEWS: dict[str, Any] = {
    "none": views.Open.as_view(),
    **{rival.slug: views.behind(rival.authentication) for rival in rivals.ALL},
    "ours": Me.as_view(),
}


@csrf_exempt  # as each of them is
def behind(request: HttpRequest, slug: str) -> HttpResponseBase:
    answer: HttpResponseBase = VIEWS[slug](request)
    return answer


urlpatterns: list[URLPattern | URLResolver] = [
    path("bench/<slug:slug>", behind),  # one address, so that finding them costs the same
    path("bench/portcullis/token", oauth.token),
    path("bench/portcullis/introspect", held.introspect),
    path("bench/simplejwt/obtain", simplejwt.TokenObtainPairView.as_view()),
    path("bench/simplejwt/refresh", simplejwt.TokenRefreshView.as_view()),
    path("bench/simplejwt/verify", simplejwt.TokenVerifyView.as_view()),
    path("bench/toolkit/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    path("", include("saas.urls")),
]
