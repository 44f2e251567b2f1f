"""Revocations that a token asks for: within its organisation, within its reach, and never its own grant by accident.

How a SOAR or an on-call script ends somebody's access. What it names and cannot reach is not there. A person who
belongs elsewhere too, or who runs this site, loses here only what concerns this organisation, and their sessions.
"""

import uuid
from dataclasses import dataclass, field
from typing import Any

from accounts import live_grants, ranks, reach, revocation, visitors
from accounts.claims import Claims
from accounts.models import Cause, Grant, Membership, Organisation, Revocation, User
from accounts.reach import Reach
from accounts.revocation import Preview, Scope
from accounts.visitors import Visitor

NAMES = ("user", "session", "grant", "integration", "client_secret", "organisation")
# Said of a whole person, and then their epoch rises.
OF_A_PERSON = frozenset({Cause.COMPROMISED, Cause.SIGNED_OUT_EVERYWHERE})
CAUSES = (Cause.ENDED, *sorted(OF_A_PERSON))


class NoLonger(Exception):
    """The token that asks has been revoked in the meantime."""


class NotThere(Exception):
    """The id is nothing's that the token reaches. Its argument says which of NAMES."""


class Outranked(Exception):
    """It names an owner, and the token is an admin's. As in the dashboard, an admin touches no owner."""


class NeedsPerson(ValueError):
    """The cause is said of a person, and the scope names something else."""


class WouldEndItself(Exception):
    """The token that asks would die of it, and was not named."""


@dataclass(frozen=True, kw_only=True)
class Demand:
    """What is to end: `named` are ids by NAMES, and several are a conjunction. `include_self` spares nothing."""

    claims: Claims
    named: dict[str, uuid.UUID]
    cause: Cause = Cause.ENDED
    reason: str = ""
    include_self: bool = False
    visitor: Visitor = field(default=visitors.NOBODY)


def preview(demand: Demand) -> Preview:
    """What `revoke` would end now. Raises what it would."""
    return revocation.preview(_scope(demand)[0])


@revocation.in_turn
def revoke(demand: Demand) -> Revocation:
    if not live_grants.stands(demand.claims):  # it may have been ended since the request was let in
        raise NoLonger
    scope, cause = _scope(demand)
    actor = None if demand.claims.is_the_clients_own else User.objects.filter(pk=demand.claims.subject).first()
    return revocation.revoke(
        scope,
        cause=cause,
        by=actor,
        reason=demand.reason,
        visitor=demand.visitor,
        within=Organisation.objects.get(pk=demand.claims.organisation),
        through=Grant.objects.select_related("integration").get(pk=demand.claims.grant).integration,
    )


def _scope(demand: Demand) -> tuple[Scope, Cause]:
    """The scope, and the cause as it can be said of it."""
    within = reach.of(demand.claims)  # now, in one's turn: a role may have changed since the request was let in
    rows = _rows(demand, within)
    if "user" in rows:
        _check_rank(demand, within, rows["user"])
    spares_secrets = within.user is not None  # a plain member's, even one that they made as an admin
    kinds = set(rows)
    if demand.cause in OF_A_PERSON and kinds != {"user"}:
        raise NeedsPerson
    if kinds == {"user"} and demand.cause in OF_A_PERSON and _belongs_here_alone(rows["user"]):
        return _whole_person(demand, rows["user"], spares_secrets), demand.cause
    if kinds == {"integration"} and rows["integration"].pk == demand.claims.client_id and not demand.include_self:
        raise WouldEndItself
    if kinds == {"user"} or len(kinds) > 1:
        rows["organisation"] = Organisation.objects.get(pk=demand.claims.organisation)
    return Scope(**rows, spare_grant=_spared(demand), spare_secrets=spares_secrets), Cause.ENDED


def _check_rank(demand: Demand, within: Reach, user: User) -> None:
    """A client's own token acts for the organisation, and anybody's for themselves."""
    if demand.claims.is_the_clients_own or demand.claims.subject == user.pk:
        return
    role = Membership.objects.get(organisation=within.organisation, user=user).role
    try:
        ranks.check_may_touch(User.objects.get(pk=demand.claims.subject), within.organisation, role)
    except ranks.NotAllowed:
        raise Outranked from None


def _whole_person(demand: Demand, user: User, spares_secrets: bool) -> Scope:
    if user.pk == demand.claims.subject and not demand.include_self:
        raise WouldEndItself
    return Scope(user=user, spare_grant=_spared(demand), spare_secrets=spares_secrets)


def _spared(demand: Demand) -> Grant | None:
    is_named = demand.named.get("grant") == demand.claims.grant
    return None if demand.include_self or is_named else Grant.objects.get(pk=demand.claims.grant)


def _belongs_here_alone(user: User) -> bool:
    return not user.is_staff and user.memberships.count() == 1


def _rows(demand: Demand, reach: Reach) -> dict[str, Any]:
    """The rows that were named. Raises NotThere for whichever the token does not reach."""
    found: dict[str, Any] = {}
    for name, id_ in demand.named.items():
        if name == "user":
            members = Membership.objects.filter(organisation=reach.organisation, user=id_).select_related("user")
            membership = members.filter(user=reach.user or id_).first()
            row: Any = membership.user if membership else None
        elif name == "session":
            row = reach.sessions().filter(public_id=id_).first()
        elif name == "grant":
            row = reach.grants().filter(pk=id_).first()
        elif name == "integration":
            row = reach.integrations().filter(pk=id_).first()
        elif name == "client_secret":
            row = reach.client_secrets().filter(pk=id_).first()
        else:
            is_all = reach.user is None and id_ == reach.organisation
            row = Organisation.objects.filter(pk=id_).first() if is_all else None
        if row is None:
            raise NotThere(name)
        found[name] = row
    return found
