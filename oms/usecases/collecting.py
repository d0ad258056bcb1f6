"""Goods at the counter change hands, or go back for sale when nobody came in time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Literal

from oms.actors import SYSTEM, Actor
from oms.bootstrap import Runtime
from oms.one_by_one import one_by_one
from oms.pickups.lifecycle import PICKUP, PickupEvent
from oms.refusals import Code, Fault, refuse
from oms.steps.at_work import despite_races
from oms.steps.counter import Handed, give_back, hand_out, lying
from oms.steps.following_up import tell_pickup
from oms.steps.handing_over import units_of
from oms.store.fulfilments import fulfilments_of
from oms.store.pickups import due, save_pickup
from oms.store.two_clocks import agreed
from oms.usecases.pickups import locked_pickup, shown
from oms.work import Answer, RequestKey, Work, answer_once, transact

GRACE = timedelta(hours=12)
"""Who has come is not sent away because the deadline passes meanwhile."""
AT_ONCE = 200

OUTCOMES: Mapping[tuple[bool, bool], tuple[PickupEvent, str]] = {
    (True, False): (PickupEvent.COLLECT, "pickup.collected"),
    (True, True): (PickupEvent.LEAVE, "pickup.collected_in_part"),
    (False, True): (PickupEvent.LEAVE, "pickup.left"),
    (False, False): (PickupEvent.CANCEL, "pickup.refused"),
}
"""(something was taken, something is kept) → what happens to the pickup, and what is told of it."""


@dataclass(frozen=True, slots=True)
class Collecting:
    """(line, units) that are taken, None for all; the rest is kept for later, or the customer refuses it."""

    lines: tuple[tuple[str, int], ...] | None = None
    rest: Literal["keep", "refuse"] = "keep"


def collect(runtime: Runtime, actor: Actor, key: RequestKey, id: str, wish: Collecting) -> Answer:
    """The verified customer takes the goods, or a part of them. Raises Refused: not_found,
    illegal_transition, unknown_line, duplicate_line, bad_quantity, insufficient_stock.
    """
    return despite_races(lambda: answer_once(runtime, actor, key, lambda work: _collected(work, id, wish)))


def _collected(work: Work, id: str, wish: Collecting) -> Answer:
    order, pickup = locked_pickup(work, id)
    work.actor.must_see(work.actor.may_node(pickup.node), "pickup")
    PICKUP.step(pickup.state, PickupEvent.COLLECT)
    jobs = lying(fulfilments_of(work.conn, order.id), pickup.fulfilment_orders)
    there = sum((units_of(job) for job in jobs), Counter[str]())
    units = _taken(there, wish)
    done = hand_out(work, order, jobs, units)
    rest = there - units
    if rest and wish.rest == "refuse":
        back = give_back(work, done.order, lying(done.jobs, pickup.fulfilment_orders), "refused")
        done = Handed(back.order, ())
    event, told = OUTCOMES[bool(units), bool(rest) and wish.rest == "keep"]
    after = pickup.after(event, work.at)
    save_pickup(work.conn, after)
    reason = "refused" if rest and wish.rest == "refuse" else ""
    tell_pickup(work, order, done.order, after, told, reason=reason)
    return Answer.of(200, shown(work.conn, after))


def _taken(there: Counter[str], wish: Collecting) -> Counter[str]:
    """Units of each line that are taken. Raises Refused unless so many lie there."""
    if wish.lines is None:
        return +there
    units = Counter[str]()
    for place, (line_id, quantity) in enumerate(wish.lines):
        if line_id in units:
            fault = Fault(f"/lines/{place}/id", Code.DUPLICATE_LINE, "An earlier line names it")
            raise refuse(Code.DUPLICATE_LINE, "A line is named twice", fault)
        if line_id not in there:
            fault = Fault(f"/lines/{place}/id", Code.UNKNOWN_LINE, "Nothing of this line lies there")
            raise refuse(Code.UNKNOWN_LINE, "The pickup has no such line", fault)
        if quantity > there[line_id]:
            fault = Fault(f"/lines/{place}/quantity", Code.BAD_QUANTITY, f"{there[line_id]} units lie there")
            raise refuse(Code.BAD_QUANTITY, "More is taken than lies there", fault)
        units[line_id] = quantity
    return units


def expire_pickups(runtime: Runtime) -> int:
    """Give back what nobody collected in time; how many pickups that were."""
    with runtime.engine.connect() as conn:
        late = due(conn, agreed(conn, runtime.clock.now()), GRACE, AT_ONCE)
    return one_by_one((id for _, id in late), lambda id: transact(runtime, SYSTEM, partial(_expired, id)))


def _expired(id: str, work: Work) -> int:
    """1 when it was still lying there and its time is over, by both clocks: what waits for a customer is not
    put back for sale because one of them jumped.
    """
    order, pickup = locked_pickup(work, id)
    if not pickup.overdue(agreed(work.conn, work.at), GRACE):
        return 0
    jobs = lying(fulfilments_of(work.conn, order.id), pickup.fulfilment_orders)
    back = give_back(work, order, jobs, "not_collected")
    after = pickup.after(PickupEvent.EXPIRE, work.at)
    save_pickup(work.conn, after)
    tell_pickup(work, order, back.order, after, reason="not_collected")
    return 1
