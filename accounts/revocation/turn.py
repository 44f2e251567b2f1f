"""Revocations take turns: two that cover the same rows would otherwise lock them in different orders."""

import functools
import logging
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction

from accounts.models import RevocationEntry
from accounts.statements import ask

log = logging.getLogger(__name__)
Done = TypeVar("Done")
Given = ParamSpec("Given")

# The number is arbitrary, and PostgreSQL's name for our queue; SQLite lets one writer in at a time anyway.
TURN = 7_401_002_338
# A request's statements have a time-out (saas.env), and to end millions of credentials takes longer. Until the
# transaction ends, it is for waiting alone: no lock of somebody else's may hold up a revocation, and all behind it.
UNHURRIED = (
    "set_config('lock_timeout', coalesce(nullif(current_setting('statement_timeout'), '0'), "
    "current_setting('lock_timeout')), true), set_config('statement_timeout', '0', true), "
    "set_config('work_mem', '64MB', true), "  # what it ends is kept there for the triggers: one transaction at a time
    "set_config('jit', 'off', true)"  # compiling them takes longer than it saves
)
DEADLOCK = "40P01"  # PostgreSQL's SQLSTATE
TRIES = 4
PAUSE = 0.1  # seconds, longer each time
LIST = RevocationEntry._meta.db_table


def take_turn() -> int:
    """Waits, inside a transaction, until no other revocation is under way. Before any row that one would lock.

    From here on the transaction may take as long as it takes. Returns the highest id in the list: what this transaction
    writes has a higher one, since both databases hand ids out in order.
    """
    return ask_turn()()


def ask_turn() -> Callable[[], int]:
    """The same in `one_round_trip`, whose next statement begins when the turn has come, and sees what stands then."""
    turn = f"pg_advisory_xact_lock(%s), {UNHURRIED}" if connection.vendor == "postgresql" else "%s"
    sql = f"SELECT (SELECT coalesce(max(id), 0) FROM {LIST}), {turn}"  # noqa: S608  # constants
    return ask(sql, [TURN], lambda cursor: int(cursor.fetchone()[0]))


def insist(act: Callable[[], Done]) -> Done:
    """Does a transaction again where the database has ended it for a deadlock: with whoever takes no turn, as simplejwt
    does not when it blacklists two tokens, nor SQL of your own."""
    for number in range(1, TRIES):
        try:
            return act()
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") != DEADLOCK:
                raise
            log.warning("A revocation is done again after a deadlock: %s", error)
            time.sleep(PAUSE * number)  # or it is there again before the other one, who waits, has woken up
    return act()


def in_turn(act: Callable[Given, Done]) -> Callable[Given, Done]:
    """A transaction that takes its turn before anything else: what it is about has been revoked before, and it sees so,
    or is after, and is found. Done again after a deadlock, unless within a transaction of the caller's."""

    @functools.wraps(act)
    def acting(*args: Given.args, **kwargs: Given.kwargs) -> Done:
        @transaction.atomic
        def once() -> Done:
            take_turn()
            return act(*args, **kwargs)

        return once() if connection.in_atomic_block else insist(once)

    return acting
