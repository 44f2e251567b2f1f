"""What a revocation covers. A scope is a conjunction: each part that is named narrows it."""

from dataclasses import dataclass
from typing import Any

from accounts.models import ClientSecret, Grant, Integration, Organisation, Session, SigningKey, User

NARROWING = ("user", "session", "grant", "integration", "client_secret", "organisation", "signing_key")
SPARING = ("keep", "spare_grant")
FLAGS = ("everything", "spare_secrets", "only_sessions", "lacks_second_factor")


class EmptyScope(ValueError):
    """Nothing was named. Everything is never covered by leaving everything out."""


class GoneAlready(ValueError):
    """A part without a key: compared with anything, it would cover and spare nothing."""


class EverythingStandsAlone(ValueError):
    """Everything, and something besides."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """A user, session, grant, integration, client secret, organisation or signing key, or several: then what is in all.

    A user's scope takes their sessions, grants and codes, and the client secrets that they created, with the grants
    minted from those: they have seen those secrets. `spare_secrets` leaves out the secrets and what hangs from them,
    `keep` one session, `spare_grant` one grant with its secret, `only_sessions` all but sessions,
    `lacks_second_factor` all but what people without one have connected. An organisation's takes what acts in it: its
    members' sessions, its grants, its integrations' secrets. A signing key's takes what it signed. `everything` stands
    alone.
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
    lacks_second_factor: bool = False
    keep: Session | None = None
    spare_grant: Grant | None = None

    def __post_init__(self) -> None:
        for name in [*NARROWING, *SPARING]:
            if (part := getattr(self, name)) is not None and part.pk is None:
                raise GoneAlready(f"The scope's {name} has been deleted, or was never saved.")
        named = self._named()
        if not named and not self.everything:
            raise EmptyScope(f"A scope names at least one of {', '.join(NARROWING)}, or everything.")
        sparing = self.keep or self.spare_grant or self._flags().keys() - {"everything"}
        if self.everything and (named or sparing):
            raise EverythingStandsAlone("Everything leaves nothing out, and is narrowed by nothing.")

    @property
    def is_whole_user(self) -> bool:
        """Whether this ends all that a user has, so that their epoch rises."""
        return self._is_whole("user")

    @property
    def is_whole_integration(self) -> bool:
        return self._is_whole("integration")

    @property
    def is_whole_key(self) -> bool:
        return self._is_whole("signing_key")

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

    def given(self) -> dict[str, Any]:
        """What the statements are given for it (accounts.revocation.coverage): each part's key, and True for a flag."""
        parts = {name: getattr(self, name) for name in [*NARROWING, *SPARING]}
        keys = {name: part.pk for name, part in parts.items() if part}
        if self.spare_grant and self.spare_grant.client_secret_id:
            keys["spare_secret"] = self.spare_grant.client_secret_id
        return keys | self._flags()

    def as_json(self) -> dict[str, Any]:
        """For the audit: what was named, by id, and what was spared."""
        parts = {name: _public_id(getattr(self, name)) for name in [*NARROWING, *SPARING] if getattr(self, name)}
        return parts | self._flags()

    def _is_whole(self, name: str) -> bool:
        return self._named() == {name} and not (self.only_sessions or self.lacks_second_factor)

    def _flags(self) -> dict[str, bool]:
        return {name: True for name in FLAGS if getattr(self, name)}

    def _named(self) -> set[str]:
        return {name for name in NARROWING if getattr(self, name) is not None}


def _public_id(row: Any) -> str:
    return str(row.public_id if isinstance(row, Session) else row.pk)
