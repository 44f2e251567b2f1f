"""The heart: people, their credentials, and the one act that ends them."""

import logging
from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed
from django.core import checks
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.models.signals import post_migrate, pre_migrate

log = logging.getLogger(__name__)


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts.checks import nothing_holds_sessions  # noqa: PLC0415  # models are not there yet while this is read

        checks.register(nothing_holds_sessions)
        pre_migrate.connect(_before_migrations, sender=self)
        post_migrate.connect(_after_migrations, sender=self)


def _before_migrations(using: str, plan: Any, **kwargs: Any) -> None:
    from accounts.revocation import feed  # noqa: PLC0415  # models are not there yet while this file is read

    if connections[using].vendor == "postgresql":
        with connections[using].cursor() as cursor:
            # saas.env has a time-out for requests, and these are none. But a lock that they wait for holds up everybody
            # who comes after: rather fail, and be run again.
            cursor.execute("SET statement_timeout = 0")
            cursor.execute("SET lock_timeout = '5s'")
    elif plan:
        feed.lift(connections[using])


def _after_migrations(using: str, apps: Any = installed, **kwargs: Any) -> None:
    from accounts.revocation import feed  # noqa: PLC0415

    newest = _newer(connections[using])
    if newest:
        # Its workers look for triggers of its own, and ours go without a lease meanwhile: slower, and never wrong.
        log.warning("The database was migrated by a newer version (%s): its triggers are left as they are.", newest)
    elif "revocationentry" in apps.all_models["accounts"]:
        feed.lay(connections[using])
    if connections[using].vendor == "postgresql":
        with connections[using].cursor() as cursor:
            cursor.execute("RESET statement_timeout")
            cursor.execute("RESET lock_timeout")


def _newer(connection: BaseDatabaseWrapper) -> str | None:
    """The newest migration that was applied and that this version does not know."""
    loader = MigrationLoader(connection)
    known = {*loader.disk_migrations, *(old for one in loader.replacements.values() for old in one.replaces)}
    unknown = loader.applied_migrations.keys() - known
    return max((name for app, name in unknown if app == "accounts"), default=None)
