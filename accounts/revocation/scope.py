"""What a revocation covers. A scope is a conjunction: each part that is named narrows it."""

from dataclasses import dataclass, fields
from typing import Any

from django.db.models import Q

from accounts.models import (
    ClientSecret,
    Grant,
    Integration,
    Session,
    User,
)
from accounts.models.credentials import ClientSecretQuerySet, GrantQuerySet, SessionQuerySet


class EmptyScope(ValueError):
    """Nothing was named. Everything is never covered by leaving everything out."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """A user; one session; one grant; an integration; a client secret; or a user's grants for one integration.

    A user's scope takes their sessions, grants and codes, and the client secrets that they created, with the grants
    minted from those: they have seen those secrets. `spare_secrets` leaves out the secrets and what hangs from them,
    `keep` one session.
    """

    user: User | None = None
    session: Session | None = None
    grant: Grant | None = None
    integration: Integration | None = None
    client_secret: ClientSecret | None = None
    spare_secrets: bool = False
    keep: Session | None = None

    def __post_init__(self) -> None:
        if not any(self._narrowing()):
            raise EmptyScope("A scope names at least one of user, session, grant, integration and client secret.")

    @property
    def is_whole_user(self) -> bool:
        """Whether this ends all that a user has, so that their epoch rises."""
        return self.user is not None and not any([self.session, self.grant, self.integration, self.client_secret])

    @property
    def is_whole_integration(self) -> bool:
        return self.integration is not None and not any([self.user, self.session, self.grant, self.client_secret])

    @property
    def concerned_user(self) -> User | None:
        """Whose log it belongs in."""
        holder = self.session or self.grant
        return self.user or (holder.user if holder else None)

    @property
    def concerned_integration(self) -> Integration | None:
        part = self.grant or self.client_secret
        return self.integration or (part.integration if part else None)

    def sessions(self) -> SessionQuerySet:
        """All rows covered, signed in or not."""
        rows = Session.objects.all()
        if self.grant or self.integration or self.client_secret:
            return rows.none()
        if self.user:
            rows = rows.filter(user=self.user)
        if self.session:
            rows = rows.filter(pk=self.session.pk)
        return rows.exclude(pk=self.keep.pk) if self.keep else rows

    def grants(self) -> GrantQuerySet:
        """All grants covered that have not been ended, codes included."""
        rows = Grant.objects.filter(ended_at=None)
        if self.session:
            return rows.none()
        if self.grant:
            rows = rows.filter(pk=self.grant.pk)
        if self.integration:
            rows = rows.filter(integration=self.integration)
        if self.client_secret:
            rows = rows.filter(client_secret=self.client_secret)
        if self.user:
            theirs = Q(user=self.user)
            if self.is_whole_user and not self.spare_secrets:
                theirs |= Q(client_secret__created_by=self.user)
            rows = rows.filter(theirs)
        return rows

    def client_secrets(self) -> ClientSecretQuerySet:
        """All secrets covered that have not been ended."""
        rows = ClientSecret.objects.filter(ended_at=None)
        if self.is_whole_user and not self.spare_secrets:
            return rows.filter(created_by=self.user)
        if self.is_whole_integration:
            return rows.filter(integration=self.integration)
        if self.client_secret and not (self.user or self.session or self.grant or self.integration):
            return rows.filter(pk=self.client_secret.pk)
        return rows.none()

    def as_json(self) -> dict[str, Any]:
        """For the audit: what was named, by id, and what was spared."""
        parts = {field.name: getattr(self, field.name) for field in fields(self)}
        named = {name: _public_id(row) for name, row in parts.items() if row not in (None, False, True)}
        return {**named, **({"spare_secrets": True} if self.spare_secrets else {})}

    def _narrowing(self) -> list[object]:
        return [self.user, self.session, self.grant, self.integration, self.client_secret]


def _public_id(row: Any) -> str:
    return str(row.public_id if isinstance(row, Session) else row.pk)
