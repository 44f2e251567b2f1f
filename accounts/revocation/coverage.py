"""Which rows a scope covers, and the statements that end them, compiled once for each kind of scope."""

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.db.models import CharField, DateTimeField, F, Q, UUIDField
from django.db.models.lookups import In

from accounts.models import ClientSecret, Grant, Membership, Session
from accounts.models.credentials import ClientSecretQuerySet, GrantQuerySet, SessionQuerySet
from accounts.models.second_factors import has_second_factor
from accounts.returning import DeleteReturning, UpdateReturning
from accounts.revocation.scope import NARROWING
from accounts.statements import Given

TEXTS = {"session", "keep", "signing_key"}  # whose keys are texts; everything else has a UUID


class OnceItsTurnHasCome(Given):
    """Of two clocks the later one: a statement that goes to PostgreSQL with the turn begins when it has come, and what
    is given with it may be of long before."""

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        sql, params = self.as_sql(compiler, connection)
        return f"greatest({sql}, statement_timestamp())", params


NOW = OnceItsTurnHasCome("now", DateTimeField())


class AmongFew(In):
    """IN, of a subquery that finds few of all. PostgreSQL would rather read every row there is: for an OR of which one
    side is an IN, and for the sessions of ten thousand members among a million."""

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} = ANY (ARRAY {right})", [*left_params, *right_params]


class Coverage:
    """`given` is a scope's (Scope.given), or has a Given in the place of each value."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given

    def sessions(self) -> SessionQuerySet:
        """All rows covered, signed in or not."""
        given, rows = self._given, Session.objects.all()
        if given.keys() & {"grant", "integration", "client_secret", "signing_key", "lacks_second_factor"}:
            return rows.none()
        if "user" in given:
            rows = rows.filter(user=given["user"])
        if "session" in given:
            rows = rows.filter(pk=given["session"])
        if "organisation" in given:
            members = Membership.objects.filter(organisation=given["organisation"]).order_by()
            rows = rows.filter(AmongFew(F("user"), members.values("user")))
        return rows.exclude(pk=given["keep"]) if "keep" in given else rows

    def grants(self) -> GrantQuerySet:
        """All grants covered that have not been ended, codes included."""
        given, rows = self._given, Grant.objects.filter(ended_at=None)
        if given.keys() & {"session", "only_sessions"}:
            return rows.none()
        if "lacks_second_factor" in given:
            rows = rows.filter(~has_second_factor(), user__isnull=False)
        if "spare_grant" in given:
            rows = rows.exclude(pk=given["spare_grant"])
        if "grant" in given:
            rows = rows.filter(pk=given["grant"])
        for name in ("integration", "client_secret", "organisation"):
            if name in given:
                rows = rows.filter(**{name: given[name]})
        if "signing_key" in given:
            rows = rows.filter(refresh_kid=given["signing_key"])
        if "user" in given:
            theirs = Q(user=given["user"])
            if self._takes_secrets_of_user:
                secrets = ClientSecret.objects.filter(created_by=given["user"]).order_by()
                theirs |= Q(AmongFew(F("client_secret"), secrets.values("pk")))
            rows = rows.filter(theirs)
        return rows

    def client_secrets(self) -> ClientSecretQuerySet:
        """All secrets covered that have not been ended."""
        given, rows = self._given, ClientSecret.objects.filter(ended_at=None)
        if given.keys() & {"only_sessions", "lacks_second_factor"}:
            return rows.none()
        if "spare_secret" in given:
            rows = rows.exclude(pk=given["spare_secret"])
        if "organisation" in given:
            rows = rows.filter(integration__organisation=given["organisation"])
        named = self._named - {"organisation"}
        if not named:
            return rows
        if self._takes_secrets_of_user:
            return rows.filter(created_by=given["user"])
        if named == {"integration"}:
            return rows.filter(integration=given["integration"])
        return rows.filter(pk=given["client_secret"]) if named == {"client_secret"} else rows.none()

    @property
    def _named(self) -> set[str]:
        return self._given.keys() & set(NARROWING)

    @property
    def _takes_secrets_of_user(self) -> bool:
        return self._named - {"organisation"} == {"user"} and "spare_secrets" not in self._given


class Ends(NamedTuple):
    """Ends what is covered, and says how many were live, and what else they were."""

    sessions: DeleteReturning  # by how many open pages they had
    grants: UpdateReturning  # by whether they were codes still
    client_secrets: UpdateReturning


@functools.cache
def ends(named: frozenset[str]) -> Ends:
    """For all scopes that are given the same names. To be given `now` and `revocation` too."""
    coverage = Coverage({name: Given(name, CharField() if name in TEXTS else UUIDField()) for name in named})
    ended: dict[str, Any] = {"ended_at": NOW, "revocation": Given("revocation", UUIDField())}
    sessions, grants, client_secrets = coverage.sessions(), coverage.grants(), coverage.client_secrets()
    return Ends(
        DeleteReturning(sessions, [sessions.in_time(NOW), F("streams")], sessions.held()),
        UpdateReturning(grants, [grants.in_time(NOW), Q(redeemed_at=None)], grants.held(), **ended),
        UpdateReturning(client_secrets, [client_secrets.held()], **ended),
    )
