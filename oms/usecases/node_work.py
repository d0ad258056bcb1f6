"""What a node or customer care does with a fulfilment order: accept, reject, hold, release, cancel.

Each change is for a fulfilment order of a locked order. ``Aftermath`` gathers the orders whose units need
another home once it is committed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from inventory.movements import Note
from inventory.outcomes import FellShort, InHand
from inventory.requests import NodeLine, PickRequest, ShortRequest, ShortRule
from inventory.stock_pick import short, unpick
from oms.bootstrap import Runtime
from oms.fulfilment.giving_back import GivenBack, given_back
from oms.fulfilment.job import AT_THE_NODE, Fulfilment
from oms.fulfilment.lifecycle import FulfilmentEvent
from oms.orders.order import Order
from oms.reasons import Occasion
from oms.refusals import Code, Fault, LostRace, refuse
from oms.steps.at_work import AtWork, going
from oms.steps.cancelling_units import cancel_units
from oms.steps.following_up import follow_up
from oms.steps.recording import record_job, tell_job
from oms.steps.unrouting import unroute_displaced
from oms.store.fulfilments import save_fulfilments
from oms.store.node_work import exclude
from oms.work import Work

NOT_ACCEPTED = "offer_expired"


@dataclass(slots=True)
class Aftermath:
    """Orders with units that need another home: to be re-sourced at once, after the commit."""

    orders: set[str] = field(default_factory=set)


def accept(work: Work, found: AtWork) -> Fulfilment:
    """The node will do it. Raises Refused illegal_transition, also while it is on hold."""
    going(found.job)
    accepted = replace(found.job.after(FulfilmentEvent.ACCEPT, work.at), offer_expires_at=None)
    save_fulfilments(work.conn, [accepted])
    tell_job(work, accepted)
    return accepted


def reject(
    runtime: Runtime,
    work: Work,
    found: AtWork,
    reason: str,
    note: str,
    lines: Collection[str],
    after: Aftermath,
) -> Fulfilment:
    """The node cannot do it: the shelf is corrected by the reason's rule, the order avoids the node, and its
    units need another home. ``lines``: the picked lines the reason is about, none for all.

    Raises Refused: unknown_reason, unknown_line, invalid, illegal_transition; LostRace.
    """
    going(found.job)
    rule = runtime.networks.current.reasons.require(Occasion.REJECT, reason, note).stock
    unknown = set(lines) - {line.line_id for line in found.job.lines}
    if unknown:
        fault = Fault("/lines", Code.UNKNOWN_LINE, "The fulfilment order has no such line")
        raise refuse(Code.UNKNOWN_LINE, "The fulfilment order has no such line", fault)
    back = given_back(found.order, found.job, FulfilmentEvent.REJECT, work.at, reason)
    return _give_back(work, found, back, dict.fromkeys(lines or back.units, rule), after)


def expire(work: Work, found: AtWork, after: Aftermath) -> Fulfilment:
    """Nobody at the node accepted in time. Raises LostRace."""
    back = given_back(found.order, found.job, FulfilmentEvent.EXPIRE, work.at, NOT_ACCEPTED)
    return _give_back(work, found, back, {}, after)


def hold(work: Work, found: AtWork, reason: str) -> Fulfilment:
    """Nobody goes on with it until it is released. Raises Refused illegal_transition."""
    _at_the_node(found.job)
    if found.job.on_hold:
        raise refuse(Code.ILLEGAL_TRANSITION, "It is on hold already", state=found.job.state.value)
    return _told(work, replace(found.job, on_hold=True, reason=reason), "fulfilment.held")


def release(work: Work, found: AtWork) -> Fulfilment:
    """Work goes on; an offer stands as long as if it were new. Raises Refused illegal_transition."""
    if not found.job.on_hold:
        raise refuse(Code.ILLEGAL_TRANSITION, "It is not on hold", state=found.job.state.value)
    if found.order.holds:
        raise refuse(
            Code.ILLEGAL_TRANSITION,
            "Its order is on hold: remove that hold first",
            holds=list(found.order.holds),
        )
    return _told(work, released(work, found.job), "fulfilment.released")


def released(work: Work, job: Fulfilment) -> Fulfilment:
    """The fulfilment order off hold; an offer does not run out for the time it was held."""
    expires = job.offer_expires_at
    return replace(job, on_hold=False, reason="", offer_expires_at=max(expires, work.at) if expires else None)


def cancel(runtime: Runtime, work: Work, found: AtWork, reason: str, note: str = "") -> Order:
    """Nobody wants these units any more: they are cancelled for the order, kits whole, and their stock is
    free. Raises Refused: unknown_reason, invalid, illegal_transition; LostRace.
    """
    _at_the_node(found.job)
    code = runtime.networks.current.reasons.given(Occasion.CANCEL, reason, note)
    order, units = found.order, dict[str, int | None]()
    picked: dict[str, int] = defaultdict(int)
    for part in found.job.lines:
        picked[part.line_id] += part.wanted
    for line_id, wanted in picked.items():
        line = order.line(line_id)
        assert line is not None, "a fulfilment order is for lines of its order"
        sold = line.kit_line or line.id
        units[sold] = max(units.get(sold) or 0, -(-wanted // (line.per_kit or 1)))
    some = {line: count for line, count in units.items() if count}
    return cancel_units(work, order, some, code, first=(found.job.id,), note=note)


def _give_back(
    work: Work, found: AtWork, back: GivenBack, rules: Mapping[str, ShortRule], after: Aftermath
) -> Fulfilment:
    """``rules``: per line what its shelf is found to be; a line without one is there."""
    order, job = found.order, back.job
    _put_down(work, order, job.node, back.in_totes)
    by_rule: dict[ShortRule, list[NodeLine]] = defaultdict(list)
    for line_id, units in back.units.items():
        by_rule[rules.get(line_id, ShortRule.NONE)].append(NodeLine(line_id, job.node, units))
    note = Note(reference=job.id, actor=work.actor.key_id)
    requests = [
        ShortRequest(order.group_id, tuple(lines), rule, job.reason, note) for rule, lines in by_rule.items()
    ]
    report = short(work.conn, work.at, requests)
    if not all(isinstance(outcome, FellShort) for outcome in report.outcomes):
        raise LostRace
    exclude(work.conn, order.id, job.node, job.reason, work.at)
    save_fulfilments(work.conn, [job])
    saved = record_job(work, order, back.order, job)
    follow_up(work, saved, [job])
    unroute_displaced(work, report.displaced, job.reason)
    after.orders |= {order.id, *(loss.reference for loss in report.displaced if loss.firm)}
    return job


def _put_down(work: Work, order: Order, node: str, in_totes: Mapping[str, int]) -> None:
    lines = tuple(NodeLine(line_id, node, units) for line_id, units in in_totes.items())
    if lines:
        outcome = unpick(work.conn, work.at, [PickRequest(order.group_id, lines)])[0]
        if not isinstance(outcome, InHand):
            raise LostRace


def _at_the_node(job: Fulfilment) -> None:
    if job.state not in AT_THE_NODE:
        raise refuse(
            Code.ILLEGAL_TRANSITION, f"This fulfilment order is {job.state.value}", state=job.state.value
        )


def _told(work: Work, job: Fulfilment, type: str) -> Fulfilment:
    save_fulfilments(work.conn, [job])
    tell_job(work, job, type)
    return job
