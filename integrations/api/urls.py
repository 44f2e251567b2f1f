"""The API's addresses."""

from django.urls import path

from integrations.api.v1 import grants, me, members, revocations, security_events, sessions

v1 = [
    path("me", me.Me.as_view()),
    path("members", members.Members.as_view()),
    path("members/<uuid:id>", members.Member.as_view()),
    path("sessions", sessions.Sessions.as_view()),
    path("sessions/<uuid:id>", sessions.Session.as_view()),
    path("grants", grants.Grants.as_view()),
    path("grants/<uuid:id>", grants.Grant.as_view()),
    path("security-events", security_events.SecurityEvents.as_view()),
    path("security-events/<uuid:id>", security_events.OneSecurityEvent.as_view()),
    path("revocations", revocations.Revocations.as_view()),
    path("revocations/<uuid:id>", revocations.OneRevocation.as_view(), name="api_revocation"),
]
