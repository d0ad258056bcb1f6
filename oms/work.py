"""One transaction, one instant, one batch of events; and the same with an answer that is given only once."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar

from psycopg.errors import DeadlockDetected, SerializationFailure
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from oms.actors import Actor
from oms.adapters.clock import Clock
from oms.adapters.ids import Ids
from oms.refusals import TRANSIENT, Refusal, Refused
from oms.store import outbox
from oms.store.database import unhurried
from oms.store.requests import IN_PROGRESS, Answer, Overtaken, RequestKey, claim, record
from oms.store.waking import wake

__all__ = ["Answer", "RequestKey", "Resources", "Work", "answer_once", "transact"]

T = TypeVar("T")

log = logging.getLogger(__name__)

AGAIN_MOST = 5
"""How often a transaction is done again that gave way to others; then its caller is told to come again."""


class Resources(Protocol):
    """What a transaction needs of the process; `oms.bootstrap.Runtime` has it."""

    @property
    def engine(self) -> Engine: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def ids(self) -> Ids: ...


@dataclass
class Work:
    """What a use case works with: the transaction, its one instant, who acts, and a source of ids."""

    conn: Connection
    at: datetime
    actor: Actor
    ids: Ids
    events: list[outbox.Event] = field(default_factory=list)

    def emit(
        self,
        type: str,
        subject: str,
        subject_id: str,
        data: Mapping[str, Any],
        *,
        reason: str = "",
        occurred_at: datetime | None = None,
    ) -> None:
        """Tell of a change, in the same commit. `data` is JSON and names people by id only. Changes of orders
        are told by `oms.steps.recording`."""
        who, through = self.actor.key_id, self.actor.through
        self.events.append(
            outbox.Event(type, subject, subject_id, data, self.at, who, through, reason, occurred_at)
        )

    def flush(self) -> None:
        """Write the events gathered so far, and wake what waits for them."""
        outbox.append(self.conn, self.events)
        wake(self.conn, self.events)
        self.events = []


def transact(resources: Resources, actor: Actor, fn: Callable[[Work], T], *, hurried: bool = True) -> T:
    """Run `fn` in one transaction; any exception undoes all of it. Not `hurried`: without the limits of time
    that statements have.

    After a dead-lock, which several verbs in one transaction can run into, `fn` is run again, and so where
    PostgreSQL says that it cannot be put in order with others; AGAIN_MOST times.
    """

    def once() -> T:
        with resources.engine.begin() as conn:
            if not hurried:
                unhurried(conn)
            work = Work(conn, resources.clock.now(), actor, resources.ids)
            result = fn(work)
            work.flush()
        return result

    return _despite_others(once)


def answer_once(
    resources: Resources, actor: Actor, request: RequestKey, fn: Callable[[Work], Answer | Refusal]
) -> Answer:
    """Run `fn` unless a request with this key has run: then give its answer again.

    A refusal raised undoes what `fn` wrote, one returned leaves it (a wrong code is counted); either is kept
    as the answer too. Raises Refused; LostRace passes through
    with everything undone and the key free, so that the caller may plan again and call once more.
    """
    for _ in range(3):
        try:
            outcome = _despite_others(lambda: _attempt(resources, actor, request, fn))
        except Overtaken:
            continue
        if isinstance(outcome, Refusal):
            raise Refused(outcome)
        return outcome
    raise Refused(IN_PROGRESS)


def _despite_others(once: Callable[[], T]) -> T:
    """What PostgreSQL ended to free another transaction has left no trace: it is simply done again."""
    for _ in range(AGAIN_MOST):
        try:
            return once()
        except OperationalError as error:
            if not isinstance(error.orig, (DeadlockDetected, SerializationFailure)):
                raise
            log.warning("A transaction gave way to others and runs again (%s)", type(error.orig).__name__)
    return once()


def _attempt(
    resources: Resources, actor: Actor, request: RequestKey, fn: Callable[[Work], Answer | Refusal]
) -> Answer | Refusal:
    with resources.engine.begin() as conn:
        at = resources.clock.now()
        outcome = claim(conn, [request])[0]
        if outcome is not None:
            return outcome
        try:
            with conn.begin_nested():
                work = Work(conn, at, actor, resources.ids)
                outcome = fn(work)
                work.flush()
        except Refused as refused:
            if refused.refusal.code in TRANSIENT:
                raise
            outcome = refused.refusal
        record(conn, at, [(request, outcome)])
    return outcome
