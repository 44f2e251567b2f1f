"""A session and its user, found by one statement (accounts.statements).

Refuses nothing: whether what it finds still lets anybody in is accounts.sessions' to say.
"""

from django.db.models import CharField, Exists, OuterRef

from accounts.models import Membership, Session
from accounts.models.second_factors import has_second_factor
from accounts.statements import Given, Rows

# Read with every session, so that no page can be reached around a second factor that is required.
FACTORS = {
    "needs_second_factor": Exists(Membership.objects.filter(user=OuterRef("user"), organisation__requires_mfa=True)),
    "has_second_factor": has_second_factor(),
}
BY_KEY = Rows(
    Session.objects.select_related("user").annotate(**FACTORS).filter(key_hash=Given("key_hash", CharField()))
)


def find(key_hash: str) -> Session | None:
    """The row of that key, its user read with it; one query."""
    return BY_KEY.one(key_hash=key_hash)
