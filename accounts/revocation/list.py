"""A worker's copy of the revocation list, and the lease for which it may be trusted.

What must be refused is found in dictionaries, with no I/O. Entries come from the database, some of them ahead of it by
message, and each stays for the longest life that an access token may have, and a minute, after this process first saw
it. Its commit lies before that, by message too; what was minted before the commit has run out by then. The one clock of
another machine that counts is the one that a token's `exp` was read from: it may be ahead by what is left of that
memory, eleven minutes with tokens of five; those of one further ahead would outlive it.
"""

import time
from collections.abc import Iterable
from itertools import takewhile
from typing import NamedTuple

from django.conf import settings

from accounts.claims import Claims
from accounts.models import RevocationEntry

Kind = RevocationEntry.Kind
NEVER = float("-inf")
SET_BACK = 60  # seconds that the clock on the wall may be set back before it is noticed


def clock() -> float:
    """Seconds that nobody sets back, and that go on while the machine sleeps, where the system has such a clock."""
    return time.clock_gettime(_CLOCK)


_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Row(NamedTuple):
    id: int
    kind: str
    subject: str
    epoch: int


class State(NamedTuple):
    """How many entries, the highest id, and the sum of all ids: what tells one list from another.

    The highest id alone does not: a transaction that commits late has a lower one than those that overtook it.
    """

    number: int = 0
    highest: int = 0
    total: int = 0


class News(NamedTuple):
    """What the list is, and what is new in it, of one moment."""

    state: State
    rows: list[Row]


class RevocationList:
    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Empties it and gives up the lease: in a forked child nobody reads the database for it any more."""
        self.lease_until = NEVER
        self._wall = NEVER  # the clock on the wall less ours, at its most
        self.state = State()
        self._seen_at: dict[int, float] = {}  # by id, when this process first saw it
        self._users: dict[str, int] = {}  # the lowest epoch that is alive
        self._grants: set[str] = set()
        self.keys: set[str] = set()

    def renew(self, until: float) -> None:
        self._wall = max(self._wall, time.time() - clock())
        self.lease_until = until

    def is_leased(self) -> bool:
        """Not while the clock on the wall stands before where it was: it would let expired tokens live again whose
        entries are gone. The database remembers them."""
        now = clock()
        return now < self.lease_until and time.time() - now > self._wall - SET_BACK

    def refuses(self, claims: Claims) -> bool:
        return (
            claims.grant_hex in self._grants
            or claims.epoch < self._users.get(claims.subject_hex, 0)
            or claims.kid in self.keys
        )

    def heed(self, news: News, *, seen_at: float) -> bool:
        """Takes in what is new. Whether that is all: what nobody has told of is in the list as well."""
        self.add(news.rows, seen_at=seen_at)
        return self.state == news.state

    def add(self, rows: Iterable[Row], *, seen_at: float) -> None:
        """Takes entries in, one by one, while others look things up. Twice is once."""
        number, highest, total = self.state
        for row in rows:
            _note(row, self._users, self._grants, self.keys)
            if row.id not in self._seen_at:
                self._seen_at[row.id] = seen_at
                number, highest, total = number + 1, max(highest, row.id), total + row.id
        self.state = State(number, highest, total)

    def replace(self, rows: Iterable[Row], *, seen_at: float) -> None:
        """Becomes exactly these entries. What was seen before keeps the time when it was."""
        users: dict[str, int] = {}
        grants: set[str] = set()
        keys: set[str] = set()
        known = {}
        for row in rows:
            known[row.id] = self._seen_at.get(row.id, seen_at)
            _note(row, users, grants, keys)
        self._seen_at, self._users, self._grants, self.keys = known, users, grants, keys
        self.state = State(len(known), max(known, default=0), sum(known))

    def outlived(self, now: float) -> list[int]:
        """Ids of entries that no token can be concerned by any more, as far as the first that is too young: they came
        about in this order, and all are not to be walked at every poll."""
        before = now - settings.LONGEST_ACCESS_TOKEN_AGE - 60
        return [id_ for id_, _ in takewhile(lambda entry: entry[1] < before, self._seen_at.items())]


def _note(row: Row, users: dict[str, int], grants: set[str], keys: set[str]) -> None:
    if row.kind == Kind.USER:
        users[row.subject] = max(row.epoch, users.get(row.subject, 0))
    elif row.kind == Kind.GRANT:
        grants.add(row.subject)
    else:
        keys.add(row.subject)


here = RevocationList()
