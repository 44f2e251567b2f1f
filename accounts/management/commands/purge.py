"""`manage.py purge`: deletes what has run out. Run it daily; nothing that it deletes could let anybody in."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db.models import Q
from django.utils import timezone

from accounts import assertions, at_rest, batches, idempotency, late_tries, rotation, tokens, usage
from accounts.grants import devices
from accounts.models import Grant, Invitation, Notice, RevocationEntry
from accounts.sessions import SessionStore


class Command(BaseCommand):
    help = "Deletes sessions, codes and grants that have run out or been ended, once no token of theirs can be alive."

    def handle(self, *args: Any, **options: Any) -> None:
        SessionStore.clear_expired()
        # A day longer than any access token, so that a late replay still finds what it tried to use.
        gone = timezone.now() - timedelta(days=1, seconds=settings.ACCESS_TOKEN_AGE)
        grants = batches.delete(Grant.objects.filter(Q(expires_at__lt=gone) | Q(ended_at__lt=gone)))
        tokens.forget_expired()
        idempotency.forget_expired()
        assertions.forget_expired()
        devices.forget_expired()
        rotation.forget_private_halves()
        at_rest.renew()
        usage.forget_old()
        late_tries.forget_old()
        batches.delete(
            RevocationEntry.objects.filter(created_at__lt=gone)
        )  # where no worker keeps a copy, and so none does
        for links in (Invitation, Notice):
            batches.delete(links.objects.filter(expires_at__lt=gone))
        self.stdout.write(f"Purged {grants} grants, and all sessions that had run out.")
