"""Locks on whole tables are asked for briefly: who comes after waits behind who asks, granted or not.

Behind one long reader (a backup, a report) a request for such a lock would stop every order. So it is
given up after a quarter of a second, and made again after a pause in which the others go on.
"""

import time
from collections.abc import Callable

from psycopg.errors import DeadlockDetected, LockNotAvailable
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

WAIT_S = 0.25
PAUSE_S = 0.5
TRIES = 20


def wait_briefly(conn: Connection) -> None:
    """From here on no statement of this transaction waits longer than WAIT_S for a lock."""
    conn.execute(text(f"SET LOCAL lock_timeout = '{int(WAIT_S * 1000)}ms'"))


def had_to_wait(error: BaseException | None) -> bool:
    """Whether the driver's error says only that somebody else holds the lock."""
    return isinstance(error, (LockNotAvailable, DeadlockDetected))


def patiently(
    ask: Callable[[], object], tries: int = TRIES, pause: Callable[[float], object] = time.sleep
) -> bool:
    """``ask`` until it had not to wait for a lock; False after so many tries. ``pause`` waits between two,
    and a true answer ends it all.
    """
    for turn in range(tries):
        try:
            ask()
        except OperationalError as error:
            if not had_to_wait(error.orig):
                raise
        else:
            return True
        if turn < tries - 1 and pause(PAUSE_S):
            break
    return False
