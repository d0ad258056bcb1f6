"""What keeps this process's memory in step with the database: one thread, one small query a few times a
second."""

import logging
import threading
from collections.abc import Callable

from sqlalchemy import Connection, Engine

from oms.adapters.clock import elapsed_s
from oms.store.versions import read_versions

log = logging.getLogger(__name__)

PERIOD_S = 0.15
RETRY_S = 1.0
"""At most, between attempts to reach a database that is gone."""


class Refresher:
    """Calls a hook when its counter (`oms.store.versions`) has moved, and once at the start."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._hooks: dict[str, list[Callable[[Connection], None]]] = {}
        self._seen: dict[str, int] = {}
        self._conn: Connection | None = None
        self._looking = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="refresher", daemon=True)
        self._last_success_s = elapsed_s()

    def on(self, name: str, hook: Callable[[Connection], None]) -> None:
        """Have `hook` reload what the counter `name` stands for. Before `start`."""
        self._hooks.setdefault(name, []).append(hook)

    def start(self) -> None:
        """Load everything now, then watch."""
        self.look()
        self._thread.start()

    def close(self) -> None:
        """Stop watching and give the connection back."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        with self._looking:
            self._disconnect()

    def look(self) -> None:
        """Compare the counters once and run the hooks of those that moved."""
        with self._looking:
            try:
                with self._connection().begin():
                    self._compare(self._connection())
            except BaseException:
                self._disconnect(broken=True)
                raise
        self._last_success_s = elapsed_s()

    def _compare(self, conn: Connection) -> None:
        found = read_versions(conn)
        for name, hooks in self._hooks.items():
            number = found.get(name, 0)
            if self._seen.get(name) != number:
                for hook in hooks:
                    hook(conn)
                self._seen[name] = number

    def age_s(self) -> float:
        """Seconds since the last look that succeeded."""
        return elapsed_s() - self._last_success_s

    def _run(self) -> None:
        rest_s, well = PERIOD_S, True
        while not self._stop.wait(rest_s):
            try:
                self.look()
            except Exception as error:  # whatever it is, memory must go on following
                if well:
                    log.warning("Serving from memory, which cannot be renewed (%s)", type(error).__name__)
                rest_s, well = min(rest_s * 2, RETRY_S), False
                continue
            if not well:
                log.warning("Memory follows the database again")
            rest_s, well = PERIOD_S, True

    def _connection(self) -> Connection:
        """Its own, kept: memory must not wait for one when requests have taken all."""
        if self._conn is None:
            self._conn = self._engine.connect()
        return self._conn

    def _disconnect(self, broken: bool = False) -> None:
        conn, self._conn = self._conn, None
        if conn is not None:
            if broken:
                conn.invalidate()
            conn.close()
