"""The link of an invitation. Opening it asks, so that a mail scanner changes nothing; the button answers."""

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache

from accounts import members as rules
from accounts import visitors
from accounts.models import Invitation


@never_cache
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """By GET who invites whom to what; by POST joins, or sends whoever is not signed in to do that first."""
    try:
        found = rules.find(token)
        if request.method != "POST":
            return _ask(request, found)
        if not request.user.is_authenticated:
            return _enter(request, token, found.email)
        membership = rules.accept(token, by=request.user, visitor=visitors.of(request))
    except rules.UnknownInvitation:
        return render(request, "dashboard/invitation_unknown.html", status=404)
    except rules.WrongAddress:
        return _ask(request, found)
    messages.success(request, f"Welcome to {membership.organisation}.")
    return redirect("members", membership.organisation_id)


def _ask(request: HttpRequest, found: Invitation) -> HttpResponse:
    is_other = request.user.is_authenticated and request.user.email != found.email
    return render(request, "dashboard/invitation.html", {"invitation": found, "is_other": is_other})


def _enter(request: HttpRequest, token: str, email: str) -> HttpResponse:
    """To sign in or up with that address, and back. Whoever holds the link has shown that its mail reaches them."""
    back = urlencode({"next": reverse("invitation", args=[token])})
    wants_account = request.POST.get("enter") == "sign-up"
    if wants_account:
        get_adapter().stash_verified_email(request, email)
    return redirect(f"{reverse('account_signup' if wants_account else 'account_login')}?{back}")


urlpatterns = [path("invitations/<str:token>/", invitation, name="invitation")]
