"""Integrations and their secrets: created, authenticated, rotated. Secrets are returned once and kept as digests."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import CharField, UUIDField
from django.utils import timezone

from accounts import crypto, events, ids, late_tries, names, ranks, revocation, visitors
from accounts.models import SCOPES, Cause, ClientSecret, Integration, Organisation, Revocation, User
from accounts.revocation import Scope
from accounts.statements import Given, Rows
from accounts.visitors import Visitor

NOTED_EVERY = timedelta(minutes=1)
MOST_LIVE_SECRETS = 2  # so that one can be rotated without a moment without any
SECRET_PREFIX = "pc_secret"

PUBLIC = Rows(Integration.objects.live().filter(pk=Given("pk", UUIDField()), is_confidential=False).order_by())
BY_SECRET = Rows(
    ClientSecret.objects.live()
    .select_related("integration")
    .filter(integration=Given("integration", UUIDField()), secret_hash=Given("secret_hash", CharField()))
    .order_by()
)


class TooManySecrets(Exception):
    """Two secrets are live already: end one first."""


class PublicClient(Exception):
    """A public integration proves itself by PKCE; it has no secrets."""


class UnknownClient(Exception):
    """No live integration with this id, or not its secret. Which of the two is no stranger's business."""


class BadIntegration(ValueError):
    """What an integration may not be. Says why; `field` is what is wrong: one of `create_integration`'s names."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


class BadRedirectURI(BadIntegration):
    """Not an address that a code may be sent to. Says which and why."""

    def __init__(self, why: str) -> None:
        super().__init__("redirect_uris", why)


@dataclass(frozen=True)
class Client:
    """An integration that has shown who it is. `secret` is the one it used; a public one has none."""

    integration: Integration
    secret: ClientSecret | None


@revocation.in_turn
def create_integration(
    *,
    organisation: Organisation,
    by: User,
    name: str,
    is_confidential: bool,
    grant_types: list[str],
    scopes: list[str],
    redirect_uris: list[str],
    visitor: Visitor = visitors.NOBODY,
) -> tuple[Integration, str]:
    """The integration and its first secret, in clear this once ("" for a public one). Raises BadIntegration, and
    NotAllowed for whoever does not manage the organisation."""
    check_ways(grant_types, scopes, is_confidential=is_confidential)
    check_shown(name, redirect_uris, grant_types)
    ranks.check_manager(by, organisation.pk)
    integration = Integration.objects.create(
        organisation=organisation,
        created_by=by,
        name=name,
        is_confidential=is_confidential,
        grant_types=grant_types,
        scopes=scopes,
        redirect_uris=redirect_uris,
    )
    events.record(events.Kind.INTEGRATION_CREATED, by=by, integration=integration, visitor=visitor, name=name)
    secret = create_secret(integration, by=by, visitor=visitor)[1] if is_confidential else ""
    return integration, secret


@revocation.in_turn
def change_integration(
    integration: Integration, *, name: str, redirect_uris: list[str], by: User, visitor: Visitor = visitors.NOBODY
) -> None:
    """What people see of it and where it is answered; how it gets tokens and what for stays. Ends nothing.

    Raises BadIntegration, NotAllowed as above, and UnknownClient where it is disabled.
    """
    check_shown(name, redirect_uris, integration.grant_types)
    ranks.check_manager(by, integration.organisation_id)
    if not Integration.objects.live().filter(pk=integration.pk).update(name=name, redirect_uris=redirect_uris):
        raise UnknownClient
    before = {"name": integration.name, "redirect_uris": integration.redirect_uris}
    events.record(
        events.Kind.INTEGRATION_CHANGED,
        by=by,
        integration=integration,
        visitor=visitor,
        before=before,
        name=name,
        redirect_uris=redirect_uris,
    )


def check_ways(grant_types: Sequence[str], scopes: Sequence[str], *, is_confidential: bool) -> None:
    """How it gets tokens, and what for. Raises BadIntegration."""
    kinds, known = set(grant_types), Integration.GrantType
    if not kinds or not kinds <= set(known.values):
        raise BadIntegration("grant_types", f"Choose among {', '.join(known.values)}.")
    if kinds == {known.REFRESH_TOKEN}:
        raise BadIntegration("grant_types", "A refresh token comes with a code, of a browser or a device: choose one.")
    if known.CLIENT_CREDENTIALS in kinds and not is_confidential:
        raise BadIntegration("grant_types", "Without a secret it has no credentials of its own to show.")
    if not scopes or not set(scopes) <= SCOPES.keys():
        raise BadIntegration("scopes", f"Choose among {', '.join(SCOPES)}.")


def check_shown(name: str, redirect_uris: Sequence[str], grant_types: Sequence[str]) -> None:
    """What people see of it, and where it is answered. Raises BadIntegration."""
    try:
        names.validate(name)
    except ValidationError as error:
        raise BadIntegration("name", " ".join(error.messages)) from None
    if not 0 < len(name) <= 100:
        raise BadIntegration("name", "It has 1 to 100 characters.")
    if Integration.GrantType.AUTHORIZATION_CODE in grant_types and not redirect_uris:
        raise BadIntegration("redirect_uris", "On behalf of a person, it needs an address to come back to.")
    for uri in redirect_uris:
        check_redirect_uri(uri)


@transaction.atomic
def create_secret(
    integration: Integration, *, by: User, visitor: Visitor = visitors.NOBODY
) -> tuple[ClientSecret, str]:
    """A secret's row and its text, in clear this once. Raises what `make_room` raises."""
    make_room(integration, by)
    text = crypto.new_secret(SECRET_PREFIX)
    secret = ClientSecret.objects.create(
        integration=integration, created_by=by, secret_hash=crypto.digest(text), hint=text[-4:]
    )
    events.record(events.Kind.SECRET_CREATED, by=by, integration=integration, visitor=visitor, hint=secret.hint)
    return secret, text


def make_room(integration: Integration, by: User) -> None:
    """For one more secret or key. To be called in the transaction that adds it.

    A revocation comes before, and then `by` is told so, or after, and then it finds the secret. Two requests at once
    count one after the other.

    Raises PublicClient, TooManySecrets, NotAllowed for whoever does not manage the organisation, and UnknownClient
    where the integration is disabled: nothing of it lives again.
    """
    revocation.take_turn()
    if not integration.is_confidential:
        raise PublicClient
    if not Integration.objects.live().filter(pk=integration.pk).exists():
        raise UnknownClient
    ranks.check_manager(by, integration.organisation_id)
    if integration.secrets.live().count() >= MOST_LIVE_SECRETS:
        raise TooManySecrets


@revocation.in_turn
def end_secret(secret: ClientSecret, *, by: User, visitor: Visitor = visitors.NOBODY) -> Revocation:
    """With every token that was got with it. Raises NotAllowed for whoever does not manage the organisation."""
    ranks.check_manager(by, secret.integration.organisation_id)
    return revocation.revoke(Scope(client_secret=secret), cause=Cause.ENDED, by=by, visitor=visitor)


@revocation.in_turn
def disable(integration: Integration, *, by: User, visitor: Visitor = visitors.NOBODY) -> Revocation:
    """For good, with all that it holds. Raises NotAllowed for whoever does not manage the organisation."""
    ranks.check_manager(by, integration.organisation_id)
    return revocation.revoke(Scope(integration=integration), cause=Cause.ENDED, by=by, visitor=visitor)


def authenticate(client_id: str, secret: str | None, visitor: Visitor = visitors.NOBODY) -> Client:
    """The client that these belong to, in one query. Raises UnknownClient.

    A confidential one needs a live secret, a public one must come without.
    """
    try:
        uid = ids.parse(client_id)
    except ValueError:
        raise UnknownClient from None
    if secret is None:
        integration = PUBLIC.one(pk=uid)
        if integration is None:
            raise UnknownClient
        return Client(integration, None)
    secret_hash = crypto.digest(secret)
    found = BY_SECRET.one(integration=uid, secret_hash=secret_hash)
    if found is None:
        late_tries.note(late_tries.Kind.CLIENT_SECRET, secret_hash, visitor)
        raise UnknownClient
    note_use(found)
    return Client(found.integration, found)


def note_use(secret: ClientSecret) -> None:
    """So that its owners see which of two is still in use. Once a minute at most."""
    now = timezone.now()
    if secret.last_used_at is None or now - secret.last_used_at > NOTED_EVERY:
        ClientSecret.objects.filter(pk=secret.pk).update(last_used_at=now)


def find(client_id: str) -> Integration:
    """The live integration of that id. Raises UnknownClient."""
    try:
        return Integration.objects.live().select_related("organisation").get(pk=ids.parse(client_id))
    except (ValueError, Integration.DoesNotExist):
        raise UnknownClient from None


LOOPBACK = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]))(?::([1-9][0-9]{0,4}))?([/?].*)?")


def may_redirect_to(integration: Integration, uri: str) -> bool:
    """Whether a registered address is this one, character for character.

    On the loopback the port is free, since a native app takes whichever it gets (RFC 8252, 7.3): the literal
    addresses alone, for `localhost` may be somebody else's name.
    """
    if uri in integration.redirect_uris:
        return True
    wanted = _without_port(uri)
    return wanted is not None and wanted in {_without_port(known) for known in integration.redirect_uris}


def _without_port(uri: str) -> tuple[str, str] | None:
    match = LOOPBACK.fullmatch(uri)
    if match is None or int(match[2] or 80) > 65_535:
        return None
    return match[1], match[3] or ""


def check_redirect_uri(uri: str) -> None:
    """https, http to this computer's loopback, or an app's own scheme; absolute, without fragment (RFC 9700, 4.1)."""
    try:
        url = urlsplit(uri)
        host, _port = url.hostname, url.port
    except ValueError:
        raise BadRedirectURI(f"{uri} is not a URL.") from None
    if len(uri) > 2000 or not uri.isascii() or not uri.isprintable() or " " in uri or "\\" in uri:
        raise BadRedirectURI(f"{uri[:100]} holds characters that a URL does not, or is longer than 2,000.")
    if url.fragment or "#" in uri or "*" in uri or url.username is not None:
        raise BadRedirectURI(f"{uri} may hold neither a fragment, a wildcard nor a user name.")
    is_web = url.scheme == "https" and host
    is_loopback = url.scheme == "http" and host in {"127.0.0.1", "::1", "localhost"}
    is_app = "." in url.scheme and url.path  # reverse domain name, RFC 8252 section 7.1
    if not (is_web or is_loopback or is_app):
        raise BadRedirectURI(f"{uri} must start with https://, http://127.0.0.1 or an app's own com.example.app:/.")
