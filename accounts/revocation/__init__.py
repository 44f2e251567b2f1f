"""Ends credentials: says what would end, ends it in one transaction, returns what ended.

    revocation.preview(Scope(user=alice))
    revocation.revoke(Scope(user=alice), cause=Cause.COMPROMISED, by=operator, reason="Laptop stolen")

The commit is the revocation. Deleting and marking rows is the tidy half of it; what also stops whatever was in flight
is that a raised epoch, or a grant that has ended, is looked at on every request that follows.
"""

from accounts.revocation.ending import CauseNeedsUser, Preview, preview, revoke
from accounts.revocation.scope import EmptyScope, EverythingStandsAlone, GoneAlready, Scope
from accounts.revocation.standing import lease, stands
from accounts.revocation.turn import in_turn, take_turn

__all__ = [
    "CauseNeedsUser",
    "EmptyScope",
    "EverythingStandsAlone",
    "GoneAlready",
    "Preview",
    "Scope",
    "in_turn",
    "lease",
    "preview",
    "revoke",
    "stands",
    "take_turn",
]
