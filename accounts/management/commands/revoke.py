"""`manage.py revoke`: from a shell what the admin does, and what it does not: an organisation, a key, everything."""

import json
import uuid
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import revocation
from accounts.management import printing
from accounts.models import Cause, Integration, Organisation, SigningKey, User
from accounts.revocation import Scope

OF_USERS = [Cause.COMPROMISED, Cause.SIGNED_OUT_EVERYWHERE, Cause.DEACTIVATED]


class Command(BaseCommand):
    help = (
        "Ends all credentials of a user, or of what else is named, at once. Prints what ended, and the receipt: which "
        "workers have confirmed. Its status is 3 when the receipt is not complete."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        scope = parser.add_mutually_exclusive_group(required=True)
        scope.add_argument("--user", metavar="EMAIL")
        scope.add_argument("--organisation", metavar="ID")
        scope.add_argument("--integration", metavar="CLIENT_ID")
        scope.add_argument("--signing-key", metavar="KID")
        scope.add_argument("--everything", action="store_true", help="every credential of everybody")
        causes = [cause.value for cause in OF_USERS]
        parser.add_argument("--cause", choices=causes, help="what happened; with --user, and only there")
        parser.add_argument("--reason", default="", help="for the audit, at most 500 characters")
        parser.add_argument("--timeout", type=float, metavar="SECONDS", help="wait for workers no longer than this")
        parser.add_argument("--dry-run", action="store_true", help="say what would end, and end nothing")
        parser.add_argument("--json", action="store_true", help="print for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        _check(options)
        scope = _scope(options)
        if options["dry_run"]:
            self._say_what_would_end(scope, options)
            return
        cause = Cause(options["cause"] or Cause.ENDED)
        revoked = revocation.revoke(scope, cause=cause, reason=options["reason"], patience=options["timeout"])
        self.stdout.write(printing.as_json(revoked) if options["json"] else printing.as_text(revoked))
        if not (revoked.receipt and revoked.receipt["complete"]):
            message = "It is committed, but the receipt is not complete: a worker may hold a lease for a moment yet."
            raise CommandError(message, returncode=3)

    def _say_what_would_end(self, scope: Scope, options: dict[str, Any]) -> None:
        would_end = revocation.preview(scope)
        if options["json"]:
            self.stdout.write(json.dumps({"dry_run": True, "would_end": asdict(would_end)}, indent=2))
            return
        besides = {Cause.COMPROMISED: " The password would open nothing any more."}
        besides[Cause.DEACTIVATED] = " They could not come back until reactivated."
        self.stdout.write(f"Would end: {would_end.in_words}.{besides.get(options['cause'], '')}")


def _check(options: dict[str, Any]) -> None:
    if len(options["reason"]) > 500 or "\0" in options["reason"]:
        raise CommandError("--reason takes at most 500 characters, and no NUL.")
    if options["timeout"] is not None and not 0 <= options["timeout"] <= 3600:
        raise CommandError("--timeout takes a number of seconds from 0 to 3600.")
    if options["user"] is not None and not options["cause"]:
        raise CommandError(f"--user needs --cause: {', '.join(OF_USERS[:-1])} or {OF_USERS[-1]}. Nothing was changed.")
    if options["cause"] and options["user"] is None:
        raise CommandError("--cause is said of a user: it goes with --user alone. Nothing was changed.")


def _scope(options: dict[str, Any]) -> Scope:
    if options["everything"]:
        return Scope(everything=True)
    if options["organisation"] is not None:
        return Scope(organisation=_by_id(Organisation, options["organisation"]))
    if options["integration"] is not None:
        return Scope(integration=_by_id(Integration, options["integration"]))
    if options["signing_key"] is not None:
        return Scope(signing_key=_found(SigningKey, kid=options["signing_key"]))
    return Scope(user=_found(User, email=User.objects.normalize_email(options["user"])))


def _by_id(model: Any, text: str) -> Any:
    try:
        return _found(model, pk=uuid.UUID(text))
    except ValueError:
        raise CommandError(f"{text} is not an id: 32 hex digits. Nothing was changed.") from None


def _found(model: Any, **by: Any) -> Any:
    row = None if any("\0" in str(value) for value in by.values()) else model.objects.filter(**by).first()
    if row is None:
        value = next(iter(by.values()))
        raise CommandError(f"There is no {model._meta.verbose_name} {value}. Nothing was changed.")
    return row
