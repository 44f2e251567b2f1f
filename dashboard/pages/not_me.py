""" "This wasn't me": the link in a notice. Opening it asks, so that a mail scanner changes nothing; the button acts."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache

from accounts import recovery, visitors


@never_cache
def not_me(request: HttpRequest, token: str) -> HttpResponse:
    """No sign-in is asked for: whoever has lost their account comes here first."""
    try:
        if request.method != "POST":
            notice = recovery.find(token)
            context = {"notice": notice, "preview": recovery.preview(notice)}
            return render(request, "dashboard/not_me.html", context)
        revoked = recovery.not_me(token, visitor=visitors.of(request))
    except recovery.UnknownNotice:
        return render(request, "dashboard/not_me_unknown.html", status=404)
    return render(request, "dashboard/not_me_done.html", {"revoked": revoked})


urlpatterns = [path("not-me/<str:token>/", not_me, name="not_me")]
