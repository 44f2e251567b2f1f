"""Whether a verified access token still stands: by this worker's copy while it has a lease, else by the database."""

from accounts import tokens
from accounts.revocation import worker
from accounts.revocation.list import clock, here
from accounts.tokens import Claims


def stands(claims: Claims) -> bool:
    """No I/O with a lease, one indexed query without; raises DatabaseError when there is neither. Never on hope."""
    if clock() < here.lease_until:
        return not here.refuses(claims)
    worker.ensure()
    return tokens.is_live(claims)
