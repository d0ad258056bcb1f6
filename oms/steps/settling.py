"""Decide, then write, until both agree: think on memory, hold on the locked truth.

Two tries on memory, the second on refreshed SKUs. Whoever would be refused, or lost twice, is decided on the
locked rows themselves, so nobody is refused for stock while stock remains (architecture, decision 4).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from oms import translate
from oms.bootstrap import Runtime
from oms.memory.ground import Ground, Question, from_locked_rows, from_memory
from oms.orders.order import Promise
from oms.refusals import Code, LostRace, Refused, refuse
from oms.steps.expiring import expire_all_of
from oms.work import Answer, Work
from routing.promise import Option

IN_MEMORY = 2
ATTEMPTS = 6
OF_STOCK = frozenset({Code.INSUFFICIENT_STOCK, Code.NO_FEASIBLE_PLAN, Code.NODE_CAPACITY_EXHAUSTED})
"""Refusals that stale memory may give wrongly; they are final only on the locked truth."""


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """An option, the promise it is to keep, and what it was decided on."""

    option: Option
    promise: Promise
    ground: Ground


Choose = Callable[[Ground], Chosen]
Write = Callable[[Work, Chosen], Answer]
Run = Callable[[Callable[[Work], Answer]], Answer]
"""Runs a piece of work in one transaction, or gives the answer a replay gets."""


def settle(runtime: Runtime, question: Question, run: Run, choose: Choose, write: Write) -> Answer:
    """``choose`` an option on the ground and ``write`` it, once. Raises Refused."""
    for attempt in range(ATTEMPTS):
        thought = think(runtime, question, attempt, choose)
        try:
            return settle_alone(runtime, question, run, choose, write, thought)
        except LostRace:
            runtime.feed.glance()
    raise too_much()


def settle_alone(
    runtime: Runtime,
    question: Question,
    run: Run,
    choose: Choose,
    write: Write,
    thought: Chosen | Refused | None,
) -> Answer:
    """Write the ``thought`` in a transaction of its own; without one, think on the locked rows. Raises
    LostRace, Refused.
    """
    if thought is not None:
        return run(_writing(thought, write))
    expire_all_of(runtime, _picked(runtime, question))
    return run(_on_locked_rows(runtime, question, choose, write))


def too_much() -> Refused:
    """The end of all tries."""
    return refuse(Code.UNAVAILABLE, "Too much is going on with these SKUs; nothing was changed")


def think(runtime: Runtime, question: Question, attempt: int, choose: Choose) -> Chosen | Refused | None:
    """What memory says; None when it says no for want of stock, leaves units unfilled, or was wrong twice:
    ask the truth.
    """
    if attempt >= IN_MEMORY:
        return None
    try:
        chosen = choose(from_memory(runtime, question))
    except Refused as refused:
        return None if refused.refusal.code in OF_STOCK else refused
    return None if chosen.option.unfilled else chosen


def _picked(runtime: Runtime, question: Question) -> set[str]:
    """The SKUs on whose shelves it is decided; none where one is no longer sold, which is told elsewhere."""
    try:
        return {part.sku for part in translate.exploded(runtime.pool.catalogue, question.wanted)}
    except Refused:
        return set()


def _writing(thought: Chosen | Refused, write: Write) -> Callable[[Work], Answer]:
    """A refusal too goes through the transaction: a replay gets its first answer before any new no."""

    def work_on(work: Work) -> Answer:
        if isinstance(thought, Refused):
            raise thought
        return write(work, thought)

    return work_on


def _on_locked_rows(
    runtime: Runtime, question: Question, choose: Choose, write: Write
) -> Callable[[Work], Answer]:
    def work_on(work: Work) -> Answer:
        return write(work, choose(from_locked_rows(runtime, work.conn, work.at, question)))

    return work_on
