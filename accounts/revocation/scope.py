"""What a revocation covers. A scope is a conjunction: each part that is named narrows it."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from accounts.models import (
    ClientSecret,
    Grant,
    Integration,
    Membership,
    Organisation,
    Session,
    SigningKey,
    User,
)
from accounts.models.credentials import ClientSecretQuerySet, GrantQuerySet, SessionQuerySet

NARROWING = ("user", "session", "grant", "integration", "client_secret", "organisation", "signing_key")


SPARING = ("keep", "spare_grant")


class EmptyScope(ValueError):
    """Nothing was named. Everything is never covered by leaving everything out."""


class EverythingStandsAlone(ValueError):
    """Everything, and something besides."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """A user, session, grant, integration, client secret, organisation or signing key, or several: then what is in all.

    A user's scope takes their sessions, grants and codes, and the client secrets that they created, with the grants
    minted from those: they have seen those secrets. `spare_secrets` leaves out the secrets and what hangs from them,
    `keep` one session, `spare_grant` one grant with its secret, `only_sessions` all but sessions. An organisation's
    takes what acts in it: its members' sessions, its grants, its integrations' secrets. A signing key's takes what it
    signed. `everything` stands alone.
    """

    user: User | None = None
    session: Session | None = None
    grant: Grant | None = None
    integration: Integration | None = None
    client_secret: ClientSecret | None = None
    organisation: Organisation | None = None
    signing_key: SigningKey | None = None
    everything: bool = False
    spare_secrets: bool = False
    only_sessions: bool = False
    keep: Session | None = None
    spare_grant: Grant | None = None

    def __post_init__(self) -> None:
        named = self._named()
        if not named and not self.everything:
            raise EmptyScope(f"A scope names at least one of {', '.join(NARROWING)}, or everything.")
        sparing = self.keep or self.spare_secrets or self.spare_grant or self.only_sessions
        if self.everything and (named or sparing):
            raise EverythingStandsAlone("Everything leaves nothing out, and is narrowed by nothing.")

    @property
    def is_whole_user(self) -> bool:
        """Whether this ends all that a user has, so that their epoch rises."""
        return self._named() == {"user"} and not self.only_sessions

    @property
    def is_whole_integration(self) -> bool:
        return self._named() == {"integration"}

    @property
    def is_whole_key(self) -> bool:
        return self._named() == {"signing_key"}

    @property
    def concerned_user(self) -> User | None:
        """Whose log it belongs in."""
        holder = self.session or self.grant
        return self.user or (holder.user if holder else None)

    @property
    def concerned_integration(self) -> Integration | None:
        part = self.grant or self.client_secret
        return self.integration or (part.integration if part else None)

    @property
    def concerned_organisation(self) -> Organisation | None:
        """Whose audit it belongs in; None where it is not one's alone."""
        part = self.concerned_integration
        return self.organisation or (part.organisation if part else None)

    def sessions(self) -> SessionQuerySet:
        """All rows covered, signed in or not."""
        rows = Session.objects.all()
        if self.grant or self.integration or self.client_secret or self.signing_key:
            return rows.none()
        if self.user:
            rows = rows.filter(user=self.user)
        if self.session:
            rows = rows.filter(pk=self.session.pk)
        if self.organisation:
            rows = rows.filter(user__in=Membership.objects.filter(organisation=self.organisation).values("user"))
        return rows.exclude(pk=self.keep.pk) if self.keep else rows

    def grants(self) -> GrantQuerySet:
        """All grants covered that have not been ended, codes included."""
        rows = Grant.objects.filter(ended_at=None)
        if self.session or self.only_sessions:
            return rows.none()
        if self.spare_grant:
            rows = rows.exclude(pk=self.spare_grant.pk)
        if self.grant:
            rows = rows.filter(pk=self.grant.pk)
        if self.integration:
            rows = rows.filter(integration=self.integration)
        if self.client_secret:
            rows = rows.filter(client_secret=self.client_secret)
        if self.organisation:
            rows = rows.filter(organisation=self.organisation)
        if self.signing_key:
            rows = rows.filter(refresh_kid=self.signing_key.kid)
        if self.user:
            theirs = Q(user=self.user)
            if self._takes_secrets_of_user:
                # By their ids, read first: PostgreSQL reads every grant there is for an OR over two tables.
                secrets = ClientSecret.objects.filter(created_by=self.user).values_list("pk", flat=True)
                theirs |= Q(client_secret__in=list(secrets))
            rows = rows.filter(theirs)
        return rows

    def client_secrets(self) -> ClientSecretQuerySet:
        """All secrets covered that have not been ended."""
        rows = ClientSecret.objects.filter(ended_at=None)
        named = self._named()
        if self.only_sessions:
            return rows.none()
        if self.spare_grant and self.spare_grant.client_secret_id:
            rows = rows.exclude(pk=self.spare_grant.client_secret_id)
        if self.organisation:
            rows = rows.filter(integration__organisation=self.organisation)
        if self.everything or named == {"organisation"}:
            return rows
        if self._takes_secrets_of_user:
            return rows.filter(created_by=self.user)
        if named - {"organisation"} == {"integration"}:
            return rows.filter(integration=self.integration)
        if named - {"organisation"} == {"client_secret"}:
            return rows.filter(pk=self.client_secret.pk) if self.client_secret else rows.none()
        return rows.none()

    def as_json(self) -> dict[str, Any]:
        """For the audit: what was named, by id, and what was spared."""
        parts = {name: _public_id(getattr(self, name)) for name in [*NARROWING, *SPARING] if getattr(self, name)}
        flags = {name: True for name in ("everything", "spare_secrets", "only_sessions") if getattr(self, name)}
        return parts | flags

    @property
    def _takes_secrets_of_user(self) -> bool:
        return self._named() - {"organisation"} == {"user"} and not self.spare_secrets

    def _named(self) -> set[str]:
        return {name for name in NARROWING if getattr(self, name) is not None}


def _public_id(row: Any) -> str:
    return str(row.public_id if isinstance(row, Session) else row.pk)
