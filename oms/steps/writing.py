"""Think in the event loop, write with the writer: `settling` for new orders and reservations.

Memory is asked in the loop, which takes microseconds; the entry then waits for the writer's next group.
Large baskets, who must be decided on the locked rows, and who has to wait for somebody else's order of the
same id, take a thread and a transaction of their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from inventory.requests import ReserveRequest
from inventory.stock_reserve import ReserveOutcome
from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.group_commit import Elsewhere, Entry, OrderKey
from oms.memory.ground import Question
from oms.refusals import LostRace, Refused
from oms.steps.holding import HeldPlan, Hold, hold, require_held, to_hold
from oms.steps.settling import ATTEMPTS, Choose, Chosen, Run, settle, settle_alone, think, too_much
from oms.store.drafts import Draft, write_drafts
from oms.store.requests import RequestKey
from oms.translate import decided_at_once
from oms.work import Answer, Work


@dataclass(frozen=True, slots=True)
class Wish:
    """What is made of the option chosen: what holds its stock, and all the rest.

    ``hold`` raises Refused for what is wrong whatever the stock. ``draft`` refuses and writes nothing, so it
    is made before rows are locked; ``finish`` adds, once the stock is held, what has to be looked up.
    """

    hold: Callable[[Work, Chosen], Hold]
    draft: Callable[[Work, Chosen, HeldPlan], Draft]
    finish: Callable[[Work, Draft], Draft] = lambda work, draft: draft

    def write(self, work: Work, chosen: Chosen) -> Answer:
        """Hold and write it in this transaction. Raises LostRace, Refused."""
        plan = hold(work, chosen, self.hold(work, chosen))
        draft = self.finish(work, self.draft(work, chosen, plan))
        write_drafts(work.conn, [draft])
        return draft.answer


async def settle_together(
    runtime: Runtime,
    actor: Actor,
    question: Question,
    key: OrderKey | RequestKey,
    run: Run,
    choose: Choose,
    wish: Wish,
) -> Answer:
    """``choose`` on the ground and write the ``wish``, once. ``run``: for who cannot wait in a group. Raises
    Refused.
    """
    if not decided_at_once(runtime.pool.catalogue, question.wanted):
        return await asyncio.to_thread(settle, runtime, question, run, choose, wish.write)
    for attempt in range(ATTEMPTS):
        thought = think(runtime, question, attempt, choose)
        try:
            entry = None if thought is None else _entry(actor, key, thought, wish)
            written = None if entry is None else await _together(runtime, entry)
            if written is not None:
                return written
            return await asyncio.to_thread(settle_alone, runtime, question, run, choose, wish.write, thought)
        except LostRace:
            await asyncio.to_thread(runtime.feed.glance)
    raise too_much()


async def _together(runtime: Runtime, entry: Entry) -> Answer | None:
    """The answer of the writer; None where the entry has to go by itself. Raises LostRace, Refused."""
    try:
        return await runtime.writer.write(entry)
    except Elsewhere:
        return None


def _entry(actor: Actor, key: OrderKey | RequestKey, thought: Chosen | Refused, wish: Wish) -> Entry:
    """The entry of one request. A refusal waits too: a replay gets its first answer before any new no."""
    drafted: list[Draft] = []

    def ask(work: Work) -> ReserveRequest:
        if isinstance(thought, Refused):
            raise thought
        request, plan = to_hold(work, thought, wish.hold(work, thought))
        drafted[:] = [wish.draft(work, thought, plan)]
        return request

    def draft(work: Work, outcome: ReserveOutcome) -> Draft:
        assert isinstance(thought, Chosen), "a refusal asks for nothing"
        require_held(outcome, thought)
        return wish.finish(work, drafted[0])

    return Entry(actor, key, ask, draft)
