"""Where reading goes that may be a moment old: to a replica while it keeps up, else to the primary.

How old the replica is, is found out without trusting clocks: a few times a second the primary is asked how
far its log is written, and the replica how far it has played it. Once the replica has come to a place, it
shows all that was committed when the primary was asked. A replica that is gone, behind, promoted or another
primary's takes no reading; nothing is refused for it.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text

from oms.adapters.clock import elapsed_s
from oms.store.database import OUTAGES

log = logging.getLogger(__name__)

PERIOD_S = 0.2
RETRY_S = 1.0
LAG_MOST_S = 2.0
"""Older than this the replica is not read: as old as memory may be before a process counts as not ready."""

_SYSTEM = text("SELECT system_identifier FROM pg_control_system()")
_WRITTEN = text("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint")
_PLAYED = text(
    "SELECT CASE WHEN pg_is_in_recovery() THEN (pg_last_wal_replay_lsn() - '0/0')::bigint ELSE -1 END"
)


class NotItsReplica(RuntimeError):
    """The address for reading leads to a server that does not follow the primary."""


class Reads:
    """Gives connections to read by. Without a replica they are the primary's, and no thread runs."""

    def __init__(self, primary: Engine, replica: Engine | None = None) -> None:
        self._primary, self._replica = primary, replica
        self._conns: list[Connection] = []
        self._marks: deque[tuple[float, int]] = deque()
        self._complete_s: float | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="replica", daemon=True)
        self.of_replica = 0
        self.of_primary = 0

    def start(self) -> None:
        """Begin to follow how far the replica is."""
        if self._replica is not None:
            self._thread.start()

    def close(self) -> None:
        """Stop following, give back the replica's connections."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._disconnect()
        if self._replica is not None:
            self._replica.dispose()

    @property
    def replicated(self) -> bool:
        """Whether a replica was named."""
        return self._replica is not None

    def age_s(self) -> float | None:
        """The replica shows everything committed so many seconds ago; None: it cannot be said."""
        return None if self._complete_s is None else elapsed_s() - self._complete_s

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """A connection to read by, of at most `LAG_MOST_S` ago. What it writes fails on a replica. Raises
        what the primary raises when it has to be asked.
        """
        with self._connected() as conn:
            yield conn

    def _connected(self) -> Connection:
        age_s = self.age_s()
        if self._replica is not None and age_s is not None and age_s <= LAG_MOST_S:
            try:
                conn = self._replica.connect()
            except OUTAGES:
                self._complete_s = None  # until it has been heard of again
            else:
                self.of_replica += 1
                return conn
        self.of_primary += 1
        return self._primary.connect()

    def look(self) -> None:
        """Compare once. Raises NotItsReplica and what the databases raise."""
        primary, replica = self._connections()
        asked_s = elapsed_s()
        written = primary.execute(_WRITTEN).scalar_one()
        if self._marks and self._marks[-1][1] == written:
            self._marks.pop()  # nothing was written since: it is reached for the later instant too
        self._marks.append((asked_s, written))
        played = replica.execute(_PLAYED).scalar_one()
        if played < 0:
            self._complete_s = None
            raise NotItsReplica("the server for reading is no replica")
        while self._marks and self._marks[0][1] <= played:
            self._complete_s = self._marks.popleft()[0]

    def _run(self) -> None:
        well: bool | None = None
        rest_s = 0.0
        while not self._stop.wait(rest_s):
            try:
                self.look()
            except Exception as error:  # whatever it is, reading must find its way back
                self._disconnect()
                why = str(error) if isinstance(error, NotItsReplica) else type(error).__name__
                rest_s = RETRY_S
            else:
                why, rest_s = "it is behind", PERIOD_S
            age_s = self.age_s()
            now_well = age_s is not None and age_s <= LAG_MOST_S
            if now_well != well:
                log.warning("Reading goes to the %s", "replica" if now_well else f"primary: {why}")
            well = now_well

    def _connections(self) -> list[Connection]:
        """Its own, kept: it must not have to wait for one when requests have taken all."""
        if not self._conns:
            assert self._replica is not None, "nothing to follow"
            self._marks.clear()
            for engine in (self._primary, self._replica):
                conn = engine.connect()
                self._conns.append(conn.execution_options(isolation_level="AUTOCOMMIT"))
            if len({conn.scalar(_SYSTEM) for conn in self._conns}) > 1:
                self._complete_s = None
                raise NotItsReplica("the server for reading follows another primary")
        return self._conns

    def _disconnect(self) -> None:
        conns, self._conns = self._conns, []
        for conn in conns:
            conn.invalidate()
            conn.close()
