"""How far a token sees: the whole organisation where its holder may look after it, else what is the holder's own.

A token never reaches further than the person it acts for. What is out of reach is not there: callers answer 404.
"""

import uuid
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Q, QuerySet

from accounts.claims import Claims
from accounts.models import ClientSecret, Grant, Integration, LateTry, Membership, Revocation, SecurityEvent, Session
from accounts.models.credentials import ClientSecretQuerySet, GrantQuerySet, IntegrationQuerySet, SessionQuerySet
from accounts.models.late_tries import LateTryQuerySet

Rows = TypeVar("Rows", bound=QuerySet[Any])


@dataclass(frozen=True)
class Reach:
    """`user` narrows it to one member's own; None is everybody's."""

    organisation: uuid.UUID
    user: uuid.UUID | None = None

    def members(self) -> QuerySet[Membership]:
        """All of them, to any member: colleagues know each other."""
        return Membership.objects.filter(organisation=self.organisation).select_related("user")

    def sessions(self) -> SessionQuerySet:
        rows = Session.objects.live().filter(user__memberships__organisation=self.organisation)
        return self._own(rows.select_related("user"))

    def grants(self) -> GrantQuerySet:
        rows = Grant.objects.live().connected().filter(organisation=self.organisation)
        return self._own(rows.select_related("user", "integration"))

    def integrations(self) -> IntegrationQuerySet:
        rows = Integration.objects.live().filter(organisation=self.organisation)
        return rows if self.user is None else rows.none()

    def client_secrets(self) -> ClientSecretQuerySet:
        rows = ClientSecret.objects.live().filter(integration__organisation=self.organisation)
        return rows if self.user is None else rows.none()

    def events(self) -> QuerySet[SecurityEvent]:
        return self._own(SecurityEvent.objects.filter(self._here()).select_related("integration"))

    def revocations(self) -> QuerySet[Revocation]:
        return self._own(Revocation.objects.filter(self._here()))

    def late_tries(self) -> LateTryQuerySet:
        """Of the revocations in reach, what concerns this organisation."""
        return LateTry.objects.of_organisation(self.organisation)

    def _here(self) -> Q:
        """Of this organisation, or of none in particular and about a member: a sign-in, say."""
        members = Membership.objects.filter(organisation=self.organisation).values("user")
        return Q(organisation=self.organisation) | Q(organisation=None, user__in=members)

    def _own(self, rows: Rows) -> Rows:
        return rows if self.user is None else rows.filter(user=self.user)


def of(claims: Claims) -> Reach:
    """The reach of a token, as its person's role is now; a client's own reaches all of its organisation."""
    if claims.is_the_clients_own:
        return Reach(claims.organisation)
    membership = Membership.objects.filter(organisation=claims.organisation, user=claims.subject).first()
    looks_after_it = membership is not None and membership.is_manager
    return Reach(claims.organisation) if looks_after_it else Reach(claims.organisation, claims.subject)
