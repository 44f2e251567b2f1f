"""`manage.py rotate_signing_key`: the next signing key, without a restart; or the end of one that has leaked."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import keys, rotation
from accounts.models import SigningKey

ALGORITHMS = ["ES256", "EdDSA", "RS256"]


class Command(BaseCommand):
    help = (
        "Publishes the next signing key. It signs once everybody has met it, and its predecessors retire once nothing "
        "that they signed is alive: both by the clock, so there is nothing to do after."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--list", action="store_true", help="show the keys, and change nothing")
        what.add_argument("--revoke", metavar="KID", help="end a key that has leaked, and every token that it signed")
        what.add_argument("--now", action="store_true", help="sign at once, unpublished: for an emergency")
        parser.add_argument("--algorithm", choices=ALGORITHMS, help="publish one ahead of a new SIGNING_ALGORITHM")
        parser.add_argument("--reason", default="", help="for the audit of --revoke, at most 500 characters")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["revoke"] is not None:
            self._revoke(options["revoke"], options["reason"])
        elif not options["list"]:
            keys.signs_now()  # a fresh installation has a first one to follow
            try:
                rotation.publish(algorithm=options["algorithm"], now=options["now"])
            except rotation.RotationUnderWay as error:
                self.stdout.write(f"Under way already: {error}. Nothing was changed.")
        for key in SigningKey.objects.order_by("signs_at"):
            self.stdout.write(f"  {key.algorithm:<6} {key.kid}  {_state(key)}")

    def _revoke(self, kid: str, reason: str) -> None:
        if len(reason) > 500 or "\0" in reason:
            raise CommandError("--reason takes at most 500 characters, and no NUL.")
        key = SigningKey.objects.filter(pk=kid).first() if "\0" not in kid else None
        if key is None:
            raise CommandError("There is no key of that name; --list shows them. Nothing was changed.")
        revoked = rotation.revoke(key, reason=reason)
        self.stdout.write(f"Revoked {key}. Ended: {revoked.in_words}.")


def _state(key: SigningKey) -> str:
    now = timezone.now()
    if key.revoked_at:
        return f"revoked {key.revoked_at:%Y-%m-%d %H:%M:%S} UTC"
    if key.retires_at and key.retires_at <= now:
        return f"retired {key.retires_at:%Y-%m-%d %H:%M:%S} UTC"
    signs = "signs" if key.signs_at <= now else f"published, signs from {key.signs_at:%Y-%m-%d %H:%M:%S} UTC"
    return (
        f"{signs}, until its successor does; retires {key.retires_at:%Y-%m-%d %H:%M} UTC" if key.retires_at else signs
    )
