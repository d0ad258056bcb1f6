"""The writer: one thread per process that commits whatever has gathered since it last committed.

Nobody waits for company: a request that comes while the writer rests is written at once. Those that come
while it writes are the next group. So groups are as large as the database is slow, and no larger than `MOST`.
A group that fails as a whole is sent on, each member to a transaction of its own, so that nobody suffers for
another's request. Nobody waits for ever either: who is in no group yet is withdrawn and told that nothing was
done, who is in one is told that it may have been.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from oms.group_commit import Elsewhere, Entry, Outcome
from oms.refusals import Code, refuse
from oms.store.requests import Answer

log = logging.getLogger(__name__)

MOST = 64
"""Requests in a group: beyond it a group grows slower than it saves."""
PATIENCE_S = 10.0
"""How long an entry waits to be in a group; then it had better be refused than pile up with others."""
COMMIT_S = 45.0
"""How long it waits after that until it hears of its group: longer than a statement takes, unless that was
set otherwise, and not for ever where the database has gone dumb."""
AILING = ("08", "53", "57")
"""Classes of SQLSTATE that the next request meets too: no connection, no room, the server shuts down."""
SLOW = "57014"
"""A statement took too long: it may have waited for what only one of the group wants."""

NOT_WRITTEN = "Too much waits to be written just now; nothing was done, send it again"
PERHAPS_WRITTEN = (
    "The database took too long to say that this is written, and it may have been written; "
    "send the same request again, it takes effect once"
)

Commit = Callable[[Sequence[Entry]], list[Outcome]]
Ended = Outcome | Exception


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    entry: Entry
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Ended]


class Writer:
    """Takes entries from any event loop. `start` begins the thread, `close` ends it when all is written."""

    def __init__(self, commit: Commit) -> None:
        self._commit = commit
        self._waiting: deque[_Waiting] = deque()
        self._changed = threading.Condition()
        self.closing = False
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self.groups = 0
        self.written = 0
        self._since: float | None = None  # when it began with the group it is writing

    @property
    def stuck(self) -> bool:
        """Whether a group has been at the database for longer than anybody waits to be in the next one."""
        since = self._since
        return since is not None and time.monotonic() - since > PATIENCE_S

    @property
    def gathered(self) -> int:
        """How many wait for the next group."""
        return len(self._waiting)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def close(self) -> None:
        """Write what was accepted, then stop."""
        with self._changed:
            self.closing = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()

    async def write(self, entry: Entry) -> Answer:
        """The answer, once it is durable. Raises Refused (unavailable when it takes too long), LostRace,
        Elsewhere and what the database raises.
        """
        loop = asyncio.get_running_loop()
        waiting = _Waiting(entry, loop, loop.create_future())
        with self._changed:
            if self.closing:
                raise refuse(Code.UNAVAILABLE, "This process is ending; nothing was done")
            self._waiting.append(waiting)
            self._changed.notify()
        timer = loop.call_later(PATIENCE_S, self._overdue, waiting)
        try:
            ended = await waiting.answer
        finally:
            timer.cancel()
        if isinstance(ended, Answer):
            return ended
        raise ended

    def _overdue(self, one: _Waiting) -> None:
        if self._withdrawn(one):
            _answer([(one, refuse(Code.UNAVAILABLE, NOT_WRITTEN))])
        else:
            perhaps: list[tuple[_Waiting, Ended]] = [(one, refuse(Code.UNAVAILABLE, PERHAPS_WRITTEN))]
            one.loop.call_later(COMMIT_S, _answer, perhaps)

    def _withdrawn(self, one: _Waiting) -> bool:
        """Take back what is in no group yet; from then on it never will be."""
        with self._changed:
            if one not in self._waiting:
                return False
            self._waiting.remove(one)
            return True

    def _run(self) -> None:
        while gathered := self._gathered():
            self.groups += 1
            self.written += len(gathered)
            self._since = time.monotonic()
            ended = self._committed([one.entry for one in gathered])
            self._since = None
            _hand_over(zip(gathered, ended, strict=True))

    def _gathered(self) -> list[_Waiting]:
        """What waits, in its order and no key twice; nothing when it is time to end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self.closing)
            taken: dict[object, _Waiting] = {}
            left: deque[_Waiting] = deque()
            for one in self._waiting:
                if len(taken) < MOST and one.entry.name not in taken:
                    taken[one.entry.name] = one
                else:
                    left.append(one)
            self._waiting = left
            return list(taken.values())

    def _committed(self, entries: list[Entry]) -> list[Ended]:
        try:
            return list(self._commit(entries))
        except Exception as error:
            if _ails(error):
                return [error] * len(entries)
            cause = getattr(error, "orig", None) or error
            log.warning("A group of %d goes on one by one: %s", len(entries), type(cause).__name__)
            return [Elsewhere() for _ in entries]


def _ails(error: Exception) -> bool:
    """Whether it is the database that ails: then the next request would fare no better."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError) or not isinstance(error.orig, psycopg.Error):
        return False
    state = error.orig.sqlstate
    return state is None or (state[:2] in AILING and state != SLOW)


def _hand_over(done: Iterable[tuple[_Waiting, Ended]]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[_Waiting, Ended]]] = defaultdict(list)
    for one, ended in done:
        by_loop[one.loop].append((one, ended))
    for loop, ended_there in by_loop.items():
        try:
            loop.call_soon_threadsafe(_answer, ended_there)
        except RuntimeError:  # nobody is there any more to hear it; what was written stays so
            log.info("%d answers found their event loop closed", len(ended_there))


def _answer(ended: list[tuple[_Waiting, Ended]]) -> None:
    for one, outcome in ended:
        if not one.answer.done():  # its client may have gone
            one.answer.set_result(outcome)
