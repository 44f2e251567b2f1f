"""`manage.py receipt`: what a revocation ended, and which workers confirmed it, as it was kept."""

import uuid
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.management import printing
from accounts.models import Revocation


class Command(BaseCommand):
    help = "Prints the receipt of a revocation."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", metavar="ID", help="of the revocation, as `manage.py revoke` and the admin show it")
        form = parser.add_mutually_exclusive_group()
        form.add_argument("--json", action="store_true", help="print for programs")
        form.add_argument("--jws", action="store_true", help="print the signed form alone; it verifies with our JWKS")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            revoked = Revocation.objects.select_related("user").get(pk=uuid.UUID(options["id"]))
        except (ValueError, Revocation.DoesNotExist):
            raise CommandError(f"There is no revocation {options['id']}.") from None
        if options["jws"]:
            self.stdout.write(revoked.receipt_jws)
        else:
            self.stdout.write(printing.as_json(revoked) if options["json"] else printing.as_text(revoked))
