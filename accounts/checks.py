"""What `manage.py check`, and with it every start, refuses of a team's own models."""

from typing import Any

from django.core.checks import CheckMessage, Error

from accounts.models import Session

HINT = "A revocation deletes sessions by one statement, which must never fail: keep Session.public_id as a value."


def nothing_holds_sessions(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """A foreign key to a session would refuse the DELETE of accounts.revocation.coverage, which knows nothing of it."""
    fields = [relation.field for relation in Session._meta.related_objects]
    return [Error(f"{field} refers to a session.", hint=HINT, obj=field, id="accounts.E001") for field in fields]
