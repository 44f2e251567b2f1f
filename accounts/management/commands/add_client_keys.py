"""`manage.py add_client_keys`: public keys that an integration proves itself by, instead of a secret (RFC 7523)."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import assertions, clients, ranks
from accounts.models import User


class Command(BaseCommand):
    help = (
        "Takes public keys (a JWK Set, or one in PEM). Like a secret they end with whoever adds them; two may be live."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--client", required=True, metavar="CLIENT_ID")
        parser.add_argument("--by", required=True, metavar="EMAIL", help="who adds them")
        parser.add_argument("keys", help="a file, or - for what is piped in")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            integration = clients.find(options["client"])
            by = User.objects.get(email=User.objects.normalize_email(options["by"].replace("\0", "")))
            rows = assertions.add_keys(integration, assertions.read(_read(options["keys"])), by=by)
        except clients.UnknownClient:
            raise CommandError("There is no live integration of that id. Nothing was changed.") from None
        except User.DoesNotExist:
            raise CommandError("There is no such user. Nothing was changed.") from None
        except ranks.NotAllowed:
            raise CommandError(
                "Only an owner or admin of the integration's organisation adds keys. Nothing was changed."
            ) from None
        except clients.TooManySecrets:
            raise CommandError("Two secrets or keys are live at most. End one first. Nothing was changed.") from None
        except clients.PublicClient:
            raise CommandError(
                "A public integration proves itself by PKCE, and has no keys. Nothing was changed."
            ) from None
        except (OSError, ValueError) as error:
            raise CommandError(f"{error} Nothing was changed.") from None
        self.stdout.write(f"Added {', '.join(map(str, rows))} to {integration}.")


def _read(name: str) -> str:
    return sys.stdin.read() if name == "-" else Path(name).read_text()
