"""What keeps the pool fresh: one thread that reads, in one snapshot, what was written since a mark.

The mark is the oldest transaction that was still running in the snapshot before: every transaction older than
it had ended and was seen. A transaction that commits late carries an old number but is still at or above the
mark, so it is never skipped; what was seen already is read again, which changes nothing. A long writing
transaction therefore holds the mark back and makes every look dearer, not wrong.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from inventory.pool import AvailabilityPool
from inventory.pool_read import Mark, caught_up

log = logging.getLogger(__name__)

SOON_S = 0.05  # after a look that found something: more may follow
IDLE_S = 0.4  # when nothing happens, so that `as_of` is never a second old
SHARE = 4  # rest this many times as long as a look took, so that it never takes the machine over …
FRESH_S = (
    0.9  # … but so that the next one is done before memory is older than this, if half the time is enough
)
PATIENCE_S = 0.25  # at most, that a request which lost a race waits for a look
WEIGH_S = 5.0  # at least, between weighings of the nodes' breadth, which changes slowly
WEIGH_SHARE = 50  # and this many times as long as one takes
NAME = "anyshelf feed"  # of its connection, for whoever looks at the server's activity
RETRY_S = 2.0  # at most, between attempts to reach a database that is gone


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """How the feed fares: the pool is complete up to `as_of`; `trouble` says why it gets no further."""

    as_of: datetime
    looks: int
    trouble: str | None


class Feed:
    """Fills a pool at `start`, follows the database until `close`. `elapsed` counts seconds, for pacing."""

    def __init__(
        self, engine: Engine, pool: AvailabilityPool, elapsed: Callable[[], float] = time.monotonic
    ) -> None:
        self._engine = engine
        self._pool = pool
        self._elapsed = elapsed
        self._mark = Mark()
        self._conn: Connection | None = None
        self._looks = 0
        self._weigh_at: float | None = None  # None: nothing was found since
        self._weigh_not_before = 0.0
        self._trouble: str | None = None
        self._complete_s = elapsed()
        self._turn = threading.Condition()
        self._asked = self._closing = False
        self._begun = self._done = 0  # looks of the thread
        self._thread = threading.Thread(target=self._run, name="availability feed", daemon=True)

    @property
    def status(self) -> FeedStatus:
        """For health checks and answers."""
        return FeedStatus(self._pool.as_of, self._looks, self._trouble)

    def start(self) -> None:
        """Fill the pool, then follow. Raises what the database raises when it cannot be reached."""
        self.look()
        self._pool.weigh()
        self._weigh_at = None
        self._thread.start()

    def close(self) -> None:
        """Stop following and give the connection back."""
        with self._turn:
            self._closing = True
            self._turn.notify_all()
        if self._thread.is_alive():
            self._thread.join()
        self._disconnect()

    def age_s(self) -> float:
        """Seconds since the pool was complete: since the last look that succeeded began."""
        return self._elapsed() - self._complete_s

    def look(self) -> bool:
        """Read once what was written since the last look; whether anything was."""
        with self._pool.writing:
            return self._look()

    def glance(self) -> bool:
        """Have the feed look now, for a request that lost a race; whether it did. Requests at once share a
        look, and none waits long for a database that does not answer: it goes on with what it has.
        """
        if not self._thread.is_alive():
            self.look()
            return True
        with self._turn:
            wanted = self._begun + 1  # one that has begun already may not see what the request lost to
            self._asked = True
            self._turn.notify_all()
            return self._turn.wait_for(lambda: self._done >= wanted, PATIENCE_S)

    def _look(self) -> bool:
        begun = self._elapsed()
        try:
            with self._connection().begin():
                state, mark, found = caught_up(self._connection(), self._pool.state, self._mark)
        except BaseException:
            self._disconnect()
            raise
        self._pool.state, self._mark, self._complete_s = state, mark, begun
        self._looks += 1
        if found and self._weigh_at is None:
            self._weigh_at = self._elapsed() + WEIGH_S
        return found

    def _weigh(self) -> None:
        """Seldom where it takes long, so that it never takes the machine over."""
        begun = self._elapsed()
        if self._weigh_at is not None and begun >= max(self._weigh_at, self._weigh_not_before):
            self._weigh_at = None
            self._pool.weigh()
            ended = self._elapsed()
            self._weigh_not_before = ended + WEIGH_SHARE * (ended - begun)

    def _run(self) -> None:
        rest = SOON_S
        while self._rested(rest):
            begun = self._elapsed()
            try:
                found = self.look()
            except Exception as error:  # whatever it is, the pool must go on trying
                self._say(f"{type(error).__name__}: {error}".splitlines()[0])
                rest = min(rest * 2, RETRY_S)
                continue
            self._answer()
            self._weigh()
            self._say(None)
            rest = paced(SOON_S if found else min(rest * 1.5, IDLE_S), self._elapsed() - begun)

    def _rested(self, seconds: float) -> bool:
        """Rest so long, or until a request asks for a look; whether there is to be one."""
        with self._turn:
            self._turn.wait_for(lambda: self._asked or self._closing, seconds)
            self._asked = False
            self._begun += 1
            return not self._closing

    def _answer(self) -> None:
        with self._turn:
            self._done = self._begun
            self._turn.notify_all()

    def _say(self, trouble: str | None) -> None:
        if trouble and not self._trouble:
            log.warning("Availability is frozen as of %s: %s", self._pool.as_of, trouble)
        elif self._trouble and not trouble:
            log.warning("Availability follows the database again")
        self._trouble = trouble

    def _connection(self) -> Connection:
        """Its own, kept: it must not have to wait for one when requests have taken all."""
        if self._conn is None:
            self._conn = self._engine.connect().execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            with self._conn.begin():
                self._conn.exec_driver_sql(f"SET application_name = '{NAME}'")
                # However many positions there are to be read at the start.
                self._conn.exec_driver_sql("SET statement_timeout = 0")
        return self._conn

    def _disconnect(self) -> None:
        conn, self._conn = self._conn, None
        if conn is not None:
            conn.invalidate()  # it bears the feed's settings, and may be broken
            conn.close()


def paced(wish_s: float, took_s: float) -> float:
    """Seconds to rest after a look that took so long: the wish, unless looks are dear or the pool ages."""
    return max(took_s, min(max(wish_s, SHARE * took_s), FRESH_S - 2 * took_s))
