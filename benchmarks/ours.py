"""Our own authentication in its several states: a token seen before or never, with a lease or without."""

import time
from collections.abc import Callable

from django.conf import settings
from django.test import override_settings

from accounts import tokens
from accounts.models import User
from accounts.revocation import list as revocation_list
from accounts.revocation import worker
from accounts.verified import Verified
from benchmarks import world
from benchmarks.rounds import Act

ALGORITHMS = ("ES256", "RS256", "EdDSA")


def take_lease(entries: int = 0, seconds: float = 30) -> None:
    """Starts this process's copy of the list; waits until it is trusted and as long as expected."""
    worker.ensure()
    until = time.monotonic() + seconds
    while not (revocation_list.here.is_leased() and revocation_list.here.state.number >= entries):
        if time.monotonic() > until:
            raise TimeoutError("No lease: the list was not read.")
        time.sleep(0.01)


def credentials(users: list[User], algorithm: str) -> list[str]:
    """Authorization headers, signed so."""
    with override_settings(SIGNING_ALGORITHM=algorithm):
        return [f"Bearer {token}" for token in world.access_tokens(users)]


def cold(authenticate: Act) -> Act:
    """As if each token were new to this worker: its signature is verified every time."""

    def act() -> None:
        kept, tokens._verified = tokens._verified, Verified()
        authenticate()
        tokens._verified = kept

    return act


def without_lease(authenticate: Act) -> Act:
    """As if the database had not been read for too long: it is asked about every token."""

    def act() -> None:
        until, revocation_list.here.lease_until = revocation_list.here.lease_until, revocation_list.NEVER
        authenticate()
        revocation_list.here.lease_until = until

    return act


def states(users: list[User], act: Callable[[list[str]], Act]) -> dict[str, Act]:
    """Every state, by name. `act` authenticates with one header after the other."""
    take_lease()
    default = settings.SIGNING_ALGORITHM
    by_algorithm = {algorithm: act(credentials(users, algorithm)) for algorithm in ALGORITHMS}
    return {
        **{seen(algorithm): one for algorithm, one in by_algorithm.items()},
        **{first(algorithm): cold(one) for algorithm, one in by_algorithm.items()},
        NO_LEASE: without_lease(by_algorithm[default]),
    }


def seen(algorithm: str) -> str:
    return f"**Portcullis** {algorithm}, token seen before"


def first(algorithm: str) -> str:
    return f"**Portcullis** {algorithm}, first time"


NO_LEASE = "**Portcullis** without a lease"
