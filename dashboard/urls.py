"""The person's addresses."""

from django.urls import path

from dashboard import views

urlpatterns = [
    path("", views.home, name="home"),
    path("dashboard/", views.overview, name="overview"),
    path("dashboard/sessions/", views.sessions, name="sessions"),
    path("dashboard/sessions/<uuid:public_id>/end/", views.end_session, name="end_session"),
    path("dashboard/sign-out-everywhere/", views.sign_out_everywhere, name="sign_out_everywhere"),
    path("dashboard/apps/", views.apps, name="apps"),
    path("dashboard/apps/<uuid:integration_id>/disconnect/", views.disconnect_app, name="disconnect_app"),
    path("dashboard/integrations/", views.integrations, name="integrations"),
    path("dashboard/integrations/<uuid:integration_id>/", views.integration, name="integration"),
    path("dashboard/integrations/<uuid:integration_id>/secrets/", views.create_secret, name="create_secret"),
    path(
        "dashboard/integrations/<uuid:integration_id>/secrets/<uuid:secret_id>/end/",
        views.end_secret,
        name="end_secret",
    ),
    path(
        "dashboard/integrations/<uuid:integration_id>/disable/", views.disable_integration, name="disable_integration"
    ),
    path("dashboard/security-log/", views.security_log, name="security_log"),
]
