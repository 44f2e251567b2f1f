"""Grants: a person agrees and a code is given; the code becomes tokens once; a refresh token becomes new ones once.

Each "once" is a conditional UPDATE that one caller wins, on every database and whatever is in flight. It refuses
with one error, and the log has the reason.
"""

from accounts.grants.answers import Answer, InvalidGrant, InvalidScope
from accounts.grants.codes import NotAMember, agree, check_may_connect, find_code, redeem
from accounts.grants.held import NotYours, end, introspect
from accounts.grants.own import own
from accounts.grants.refreshing import refresh

__all__ = [
    "Answer",
    "InvalidGrant",
    "InvalidScope",
    "NotAMember",
    "NotYours",
    "agree",
    "check_may_connect",
    "end",
    "find_code",
    "introspect",
    "own",
    "redeem",
    "refresh",
]
