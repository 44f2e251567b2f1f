"""Every address, and whose it is."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    # Programs first: they ask most often, and every address before theirs is tried on the way.
    path("", include("integrations.urls")),
    path("", include("dashboard.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("admin/", admin.site.urls),
]
handler400 = "dashboard.errors.bad_request"
handler403 = "dashboard.errors.permission_denied"
handler404 = "dashboard.errors.not_found"
handler500 = "dashboard.errors.server_error"
