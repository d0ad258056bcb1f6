"""What keeps this process's memory in step with the database: one thread, one small query a few times a
second."""

import logging
import threading
from collections.abc import Callable

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from oms.adapters.clock import elapsed_s
from oms.store.versions import read_versions

log = logging.getLogger(__name__)

PERIOD_S = 0.15


class Refresher:
    """Calls a hook when its counter (`oms.store.versions`) has moved, and once at the start."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._hooks: dict[str, list[Callable[[Connection], None]]] = {}
        self._seen: dict[str, int] = {}
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
        """Stop watching."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> None:
        """Compare the counters once and run the hooks of those that moved."""
        with self._engine.begin() as conn:
            found = read_versions(conn)
            for name, hooks in self._hooks.items():
                number = found.get(name, 0)
                if self._seen.get(name) != number:
                    for hook in hooks:
                        hook(conn)
                    self._seen[name] = number
        self._last_success_s = elapsed_s()

    def age_s(self) -> float:
        """Seconds since the last look that succeeded."""
        return elapsed_s() - self._last_success_s

    def _run(self) -> None:
        while not self._stop.wait(PERIOD_S):
            try:
                self.look()
            except SQLAlchemyError as error:
                log.warning("The database cannot be reached (%s); serving from memory", type(error).__name__)
