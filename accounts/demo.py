"""The demo organisation: three people and three integrations, with random secrets, kept readable in var/demo.json.

For development alone: it refuses to write secrets in clear where DEBUG is off.
"""

import json
import secrets
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import clients, people
from accounts.models import SCOPES, Integration, Membership, Organisation, User

Demo = dict[str, Any]
NAME = "Acme"
PEOPLE = [("alice@acme.example", "Alice Archer", "owner"), ("adam@acme.example", "Adam Abbot", "admin")]
PEOPLE.append(("bob@acme.example", "Bob Baker", "member"))
GrantType = Integration.GrantType


class NotForProduction(Exception):
    """The demo writes passwords into a file."""


class CannotBeKept(Exception):
    """The file for the passwords cannot be written. Says why."""


class SomebodyLivesHere(Exception):
    """The database holds people that are not the demo's."""


def load() -> Demo | None:
    """The demo of this database, or None when it has none."""
    try:
        demo: Demo = json.loads(_path().read_text())
        exists = User.objects.filter(email__in=[user["email"] for user in demo["users"]], pk__in=demo["user_ids"])
    except (OSError, ValueError, KeyError, TypeError, ValidationError):  # no file, or not one that `create` wrote
        return None
    return {**demo, "base_url": settings.ISSUER} if exists.count() == len(PEOPLE) else None


def create() -> Demo:
    """Builds it in an empty database and returns what `load` will."""
    if not settings.DEBUG:
        raise NotForProduction
    with transaction.atomic():
        if User.objects.exists():
            raise SomebodyLivesHere
        users = [_person(email, name, role) for email, name, role in PEOPLE]
        demo = {
            "base_url": settings.ISSUER,
            "users": [shown for shown, _ in users],
            "user_ids": [str(user.pk) for _, user in users],
            "clients": _integrations(users[0][1]),
        }
        _keep(demo)  # inside: passwords that nobody could read again are of no use
    return demo


def _keep(demo: Demo) -> None:
    path = _path()
    try:
        path.parent.mkdir(exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(demo, indent=2))
    except OSError as error:
        raise CannotBeKept(f"DEMO_FILE={str(path)!r} cannot be written: {error.strerror}.") from error


def _person(email: str, name: str, role: str) -> tuple[dict[str, Any], User]:
    password = secrets.token_urlsafe(12)
    user = User(email=email, name=name)
    user.set_password(password)
    if role == Membership.Role.OWNER:
        people.sign_up(user, organisation_name=NAME)
    else:
        user.is_staff = user.is_superuser = role == Membership.Role.ADMIN
        user.save()
        Membership.objects.create(user=user, organisation=Organisation.objects.get(name=NAME), role=role)
    EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
    return {"email": email, "password": password, "role": role, "is_staff": user.is_staff}, user


def _integrations(owner: User) -> list[dict[str, Any]]:
    callback = ["http://127.0.0.1:9000/callback"]
    on_behalf = [GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN]
    organisation = owner.memberships.get().organisation
    wanted: list[tuple[str, bool, list[Any], list[str]]] = [
        ("Nightly export", True, [GrantType.CLIENT_CREDENTIALS], []),
        ("Sync", True, on_behalf, callback),
        ("Pocket", False, [*on_behalf, GrantType.DEVICE_CODE], callback),
    ]
    shown = []
    for name, is_confidential, grant_types, redirect_uris in wanted:
        integration, secret = clients.create_integration(
            organisation=organisation,
            by=owner,
            name=name,
            is_confidential=is_confidential,
            grant_types=[str(kind) for kind in grant_types],
            scopes=list(SCOPES),
            redirect_uris=redirect_uris,
        )
        shown.append(
            {
                "name": name,
                "client_id": str(integration.pk),
                "client_secret": secret or None,
                "redirect_uris": redirect_uris,
                "grant_types": integration.grant_types,
                "scopes": integration.scopes,
            }
        )
    return shown


def _path() -> Path:
    return Path(settings.DEMO_FILE)
