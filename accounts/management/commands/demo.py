"""`manage.py demo`: the demo organisation's accounts, made on an empty development database, printed whenever asked."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import demo


class Command(BaseCommand):
    help = "Prints the demo organisation's people and integrations; creates them first in an empty database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print for programs")
        parser.add_argument("--if-empty", action="store_true", help="say nothing where there is no demo and no room")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            shown = demo.load() or demo.create()
        except demo.NotForProduction:
            if not options["if_empty"]:
                raise CommandError("The demo is for development: DEBUG is off here.") from None
        except demo.CannotBeKept as error:
            raise CommandError(f"{error} Nothing was created.") from None
        except demo.SomebodyLivesHere:
            if not options["if_empty"]:
                raise CommandError("The database holds other people already; the demo wants an empty one.") from None
        else:
            self.stdout.write(_as_json(shown) if options["json"] else _as_text(shown))


def _as_json(shown: demo.Demo) -> str:
    return json.dumps({name: shown[name] for name in ("base_url", "users", "clients")}, indent=2)


def _as_text(shown: demo.Demo) -> str:
    base = shown["base_url"]
    client = next(client for client in shown["clients"] if "client_credentials" in client["grant_types"])
    rows = [f"  {user['role']:<7} {user['email']:<22} {user['password']}" for user in shown["users"]]
    return "\n".join(
        [
            "",
            f"The demo organisation Acme, at {base}",
            *rows,
            f"  (adam may also use {base}/admin/)",
            "",
            f"  integration    {client['name']}",
            f"  client_id      {client['client_id']}",
            f"  client_secret  {client['client_secret']}",
            "",
            "Try it, once the server below is up:",
            f"  TOKEN=$(curl -s {base}/oauth/token -u {client['client_id']}:{client['client_secret']} \\",
            '    -d grant_type=client_credentials | sed \'s/.*"access_token": *"\\([^"]*\\)".*/\\1/\')',
            f'  curl -s -H "Authorization: Bearer $TOKEN" {base}/api/v1/me',
            "",
        ]
    )
