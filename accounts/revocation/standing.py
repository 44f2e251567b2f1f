"""Whether a verified access token still stands: by this worker's copy while it has a lease, else by the database."""

from accounts import tokens
from accounts.claims import Claims
from accounts.revocation import worker
from accounts.revocation.list import here


def lease() -> str:
    """For operators: `held`, `none` just now, or `off` where every request asks the database."""
    if not worker.is_wanted():
        return "off"
    worker.ensure()
    return "held" if here.is_leased() else "none"


def stands(claims: Claims) -> bool:
    """No I/O with a lease, one indexed query without; raises django.db.Error when there is neither. Never on hope."""
    if here.is_leased():
        return not here.refuses(claims)
    worker.ensure()
    return tokens.is_live(claims)
