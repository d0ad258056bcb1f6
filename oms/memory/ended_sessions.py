"""The sessions this process lets nobody in with any more, renewed when somebody signs out."""

from sqlalchemy import Connection

from oms.store.sessions import ended_sessions


class EndedSessions:
    """A page looks here, not into the database."""

    def __init__(self) -> None:
        self._names: frozenset[str] = frozenset()

    def reload(self, conn: Connection) -> None:
        """A hook for the refresher, under the counter `sessions`."""
        self._names = ended_sessions(conn)

    def add(self, name: str) -> None:
        """Know of one at once: somebody signed out here."""
        self._names |= {name}

    def __contains__(self, name: str) -> bool:
        return name in self._names
