"""Who belongs to an organisation: invited by mail, given a role, removed with all that they could do here."""

import uuid

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_safe

from accounts import members as rules
from accounts import ranks, revocation, visitors
from accounts.http import SignedInRequest, signed_in
from accounts.models import Membership
from dashboard.buttons import button_of
from dashboard.forms import InviteForm, RoleForm
from dashboard.pages import Entry
from dashboard.paging import Page
from dashboard.sudo import sudo
from dashboard.twice import acts_once

IN_WORDS: dict[type[Exception], str] = {
    ranks.NotAllowed: "Your role does not allow that. Owners may do everything; admins, what concerns no owner.",
    rules.LastOwner: "An organisation keeps an owner. Make somebody else one first.",
    rules.AlreadyMember: "This address belongs to a member already.",
    rules.TooManyInvitations: f"{rules.MOST_PENDING} invitations are pending. Withdraw some first.",
}
REFUSALS = tuple(IN_WORDS)


@require_safe
@signed_in
def first(request: SignedInRequest) -> HttpResponse:
    """The members of one's first organisation."""
    own = request.user.memberships.order_by("created_at").values_list("organisation", flat=True).first()
    return redirect("members", own) if own else render(request, "dashboard/members_none.html")


@signed_in
@sudo
@acts_once
def members(request: SignedInRequest, organisation_id: uuid.UUID) -> HttpResponse:
    """The list, and for owners and admins by POST an invitation."""
    own = _own(request, organisation_id)
    form = InviteForm(request.POST or None, role=own.role)
    if request.method == "POST" and form.is_valid() and _invite(request, own, form):
        return redirect("members", organisation_id)
    context = {
        "own": own,
        "others": [membership for membership in _all_own(request) if membership.organisation_id != organisation_id],
        "q": request.GET.get("q", "")[:100],
        "page": Page(request, _found(own, request.GET.get("q", "")[:100]), counted=True),
        "form": form,
        "pending": own.organisation.invitations.pending().select_related("invited_by") if own.is_manager else [],
    }
    return render(request, "dashboard/members.html", context, status=400 if form.errors else 200)


@signed_in
@sudo
def member(request: SignedInRequest, organisation_id: uuid.UUID, user_id: uuid.UUID) -> HttpResponse:
    """One member: says by GET what ends with the membership, changes the role by POST."""
    own, row = _pair(request, organisation_id, user_id)
    form = RoleForm(request.POST or None, own_role=own.role, initial={"role": row.role})
    if request.method == "POST" and form.is_valid():
        try:
            rules.change_role(row, form.cleaned_data["role"], by=request.user, visitor=visitors.of(request))
        except rules.NoLongerMember:
            return _no_longer(request, own)
        except REFUSALS as refused:
            messages.error(request, IN_WORDS[type(refused)])
        else:
            messages.success(request, f"{row.user}: {Membership.Role(row.role).label} from now on.")
        return redirect("member", organisation_id, user_id)
    context = {
        "own": own,
        "row": row,
        "form": form,
        "is_last_owner": rules.is_last_owner(row),
        "preview": revocation.preview(rules.scope_of(row)),
    }
    return render(request, "dashboard/member.html", context, status=400 if form.errors else 200)


@button_of("member", "organisation_id", "user_id")
@signed_in
@sudo
def remove_member(request: SignedInRequest, organisation_id: uuid.UUID, user_id: uuid.UUID) -> HttpResponse:
    """Ends it and shows the receipt. Whoever removes themselves has no page here to come back to."""
    own = _own(request, organisation_id)
    try:
        own, row = _pair(request, organisation_id, user_id)
    except Http404:
        if not own.is_manager:
            raise
        return _no_longer(request, own)
    try:
        removed = rules.remove(row, by=request.user, visitor=visitors.of(request))
    except rules.NoLongerMember:
        return _no_longer(request, own)
    except REFUSALS as refused:
        messages.error(request, IN_WORDS[type(refused)])
        return redirect("member", organisation_id, user_id)
    if row.user_id == request.user.pk:
        messages.success(request, f"You have left {own.organisation}. Ended: {removed.revocation.outcome}.")
        return redirect("account_login")
    context = {"own": own, "removed": removed, "receipt": removed.revocation}
    return render(request, "dashboard/member_removed.html", context)


@button_of("members", "organisation_id")
@signed_in
def withdraw_invitation(request: SignedInRequest, organisation_id: uuid.UUID, invitation_id: uuid.UUID) -> HttpResponse:
    own = _own(request, organisation_id)
    try:
        rules.withdraw(own.organisation, invitation_id, by=request.user, visitor=visitors.of(request))
    except REFUSALS as refused:
        messages.error(request, IN_WORDS[type(refused)])
    else:
        messages.success(request, "Withdrawn: the link in that mail opens nothing any more.")
    return redirect("members", organisation_id)


def _no_longer(request: SignedInRequest, own: Membership) -> HttpResponse:
    """Such as by a second click, or somebody else's at the same moment."""
    messages.info(request, "No longer a member: nothing was left to end.")
    return redirect("members", own.organisation_id)


def _invite(request: SignedInRequest, own: Membership, form: InviteForm) -> bool:
    email, role = form.cleaned_data["email"], form.cleaned_data["role"]
    try:
        rules.invite(
            organisation=own.organisation, email=email, role=role, by=request.user, visitor=visitors.of(request)
        )
    except REFUSALS as refused:
        form.add_error("email", IN_WORDS[type(refused)])
        return False
    messages.success(request, f"Invited {email}. The link in the mail works once, for seven days.")
    return True


def _all_own(request: SignedInRequest) -> list[Membership]:
    if not hasattr(request, "_memberships"):
        rows = request.user.memberships.select_related("organisation").order_by("created_at")
        request._memberships = list(rows)  # type: ignore[attr-defined]
    own: list[Membership] = request._memberships  # type: ignore[attr-defined]
    return own


def _own(request: SignedInRequest, organisation_id: uuid.UUID) -> Membership:
    """One's own membership there; 404 for an organisation of others."""
    for membership in _all_own(request):
        if membership.organisation_id == organisation_id:
            return membership
    raise Http404("No such organisation.")


def _pair(request: SignedInRequest, organisation_id: uuid.UUID, user_id: uuid.UUID) -> tuple[Membership, Membership]:
    """One's own membership, and the other's that it may look at: members see themselves alone this closely."""
    rows = Membership.objects.select_related("user", "organisation").filter(organisation=organisation_id)
    found = {row.user_id: row for row in rows.filter(user__in=[request.user.pk, user_id])}
    own, row = found.get(request.user.pk), found.get(user_id)
    if own is None or row is None or (row is not own and not own.is_manager):
        raise Http404("No such member.")
    return own, row


def _found(own: Membership, q: str) -> "QuerySet[Membership]":
    rows = Membership.objects.filter(organisation=own.organisation_id).select_related("user")
    if q.replace("\0", "").strip():
        text = q.replace("\0", "").strip()
        rows = rows.filter(Q(user__email__icontains=text) | Q(user__name__icontains=text))
    return rows.order_by("user__email")


entry = Entry("Members", "first_members", 50, also=("members", "member", "remove_member", "organisation_security"))
_one = "dashboard/organisations/<uuid:organisation_id>/members/"
urlpatterns = [
    path("dashboard/members/", first, name="first_members"),
    path(_one, members, name="members"),
    path(f"{_one}<uuid:user_id>/", member, name="member"),
    path(f"{_one}<uuid:user_id>/remove/", remove_member, name="remove_member"),
    path(f"{_one}invitations/<uuid:invitation_id>/withdraw/", withdraw_invitation, name="withdraw_invitation"),
]
