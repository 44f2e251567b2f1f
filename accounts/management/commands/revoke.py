"""`manage.py revoke`: from a shell what the admin does."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import revocation
from accounts.models import Cause, Revocation, User
from accounts.revocation import Scope

CAUSES = [Cause.COMPROMISED, Cause.SIGNED_OUT_EVERYWHERE, Cause.DEACTIVATED]


class Command(BaseCommand):
    help = "Ends every session, every token and every other credential of a user, at once. Prints what ended."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user", required=True, metavar="EMAIL")
        parser.add_argument("--cause", required=True, choices=[cause.value for cause in CAUSES])
        parser.add_argument("--reason", default="", help="for the audit, at most 500 characters")
        parser.add_argument("--dry-run", action="store_true", help="say what would end, and end nothing")
        parser.add_argument("--json", action="store_true", help="print for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        if len(options["reason"]) > 500 or "\0" in options["reason"]:
            raise CommandError("--reason takes at most 500 characters, and no NUL.")
        if "\0" in options["user"]:
            raise CommandError("--user is not an e-mail address.")
        user = User.objects.filter(email=User.objects.normalize_email(options["user"])).first()
        if user is None:
            raise CommandError(f"There is no user {options['user']}. Nothing was changed.")
        scope = Scope(user=user)
        if options["dry_run"]:
            self.stdout.write(f"Would end: {revocation.preview(scope).in_words}.")
            return
        revoked = revocation.revoke(scope, cause=Cause(options["cause"]), reason=options["reason"])
        self.stdout.write(json.dumps(_as_dict(revoked)) if options["json"] else _as_text(revoked))


def _as_dict(revoked: Revocation) -> dict[str, Any]:
    return {
        "id": str(revoked.pk),
        "at": revoked.at.isoformat(),
        "cause": revoked.cause,
        "reason": revoked.reason,
        "scope": revoked.scope,
        "ended": {name: getattr(revoked, name) for name in ("sessions", "grants", "codes", "client_secrets")},
    }


def _as_text(revoked: Revocation) -> str:
    lines = [
        f"Revoked {revoked.user}: {revoked.get_cause_display()}.",
        f"  ended     {revoked.in_words}",
        "  effective at commit: every request asks the database",
        f"  record    {revoked.pk}",
    ]
    return "\n".join(lines)
