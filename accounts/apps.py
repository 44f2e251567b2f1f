"""The heart: people, their credentials, and the one act that ends them."""

from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed
from django.core import checks
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts.checks import nothing_holds_sessions  # noqa: PLC0415  # models are not there yet while this is read

        checks.register(nothing_holds_sessions)
        pre_migrate.connect(_before_migrations, sender=self)
        post_migrate.connect(_after_migrations, sender=self)


def _before_migrations(using: str, plan: Any, **kwargs: Any) -> None:
    from accounts.revocation import feed  # noqa: PLC0415  # models are not there yet while this file is read

    if plan and connections[using].vendor == "sqlite":
        feed.lift(connections[using])
    elif plan:
        with connections[using].cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")  # saas.env has one for requests, and these are none


def _after_migrations(using: str, apps: Any = installed, **kwargs: Any) -> None:
    from accounts.revocation import feed  # noqa: PLC0415

    if "revocationentry" in apps.all_models["accounts"]:
        feed.lay(connections[using])
    if connections[using].vendor == "postgresql":
        with connections[using].cursor() as cursor:
            cursor.execute("RESET statement_timeout")
