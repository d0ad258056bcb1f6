"""An order's waiting units get another home: the plan is held, written and told of, in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from inventory.outcomes import Rehomed
from inventory.requests import Backorder, Incoming, MoveRequest, MoveStep, Shelf, Unplaced
from inventory.stock_reserve import move
from oms import translate
from oms.fulfilment import layout
from oms.fulfilment.giving_back import replacing
from oms.fulfilment.layout import PlannedParcel
from oms.orders.order import Order, Promise
from oms.orders.stages import Counts, Stage
from oms.refusals import LostRace
from oms.steps.deciding import keep_decision
from oms.steps.recording import record, tell_job
from oms.steps.settling import Chosen
from oms.store.fulfilments import fulfilments_of, insert_fulfilments
from oms.store.node_work import ask_customer, forget_unroutable
from oms.work import Work
from routing.promise import Option


@dataclass(frozen=True, slots=True)
class Homes:
    """Where waiting units go: the steps that move them, and per line how many come from which stage."""

    steps: tuple[MoveStep, ...]
    moved: Mapping[tuple[str, Stage], int]


def rehome(work: Work, order: Order, chosen: Chosen) -> None:
    """Write the plan: holds, fulfilment orders, decision, events. The customer is asked about a promise that
    is later than the one told. Raises LostRace.
    """
    option, network = chosen.option, chosen.ground.network
    parcels = translate.planned(option)
    homes = _homes(order, parcels, option)
    capacity = translate.capacity_to_hold(network, option.holds)
    outcome = move(work.conn, work.at, [MoveRequest(order.group_id, homes.steps, capacity)])[0]
    if not isinstance(outcome, Rehomed):
        raise LostRace(frozenset(step.sku for step in homes.steps))
    jobs = fulfilments_of(work.conn, order.id)
    laid = layout.fulfilments(order.id, len(jobs) + 1, chosen.promise, order.group_id, work.at, parcels)
    made = replacing(laid, jobs)
    after = replace(order.with_counts(_counts(order, homes)), promise=chosen.promise)
    decision = keep_decision(work, chosen, order.id, "re_sourced")
    event = {"decision": decision, "fulfilment_orders": [job.id for job in made]}
    saved = record(work, order, after, "order.resourced", event)
    insert_fulfilments(work.conn, made)
    for job in made:
        tell_job(work, job, replaces=job.replaces)
    forget_unroutable(work.conn, order.id)
    _tell_of_promise(work, order, saved)


def promise_after(told: Promise, option: Option, whole: bool) -> Promise:
    """What the customer was told stays where the plan keeps it; else, or where nothing was told, what the
    plan can keep. ``whole``: the plan is for all of the order, so that nothing of it comes sooner.
    """
    kept = told.window_to is not None and _keeps(told, option)
    if kept:
        return told
    began = None if whole else told.window_from
    return replace(
        told,
        window_from=min(began, option.window_from) if began else option.window_from,
        window_to=option.window_to,
        pickup_node=option.pickup_node,
        slot=option.slot,
    )


def _keeps(told: Promise, option: Option) -> bool:
    same_place = (told.pickup_node, told.slot) == (option.pickup_node, option.slot)
    return same_place and told.window_to is not None and option.window_to <= told.window_to


def _tell_of_promise(work: Work, before: Order, after: Order) -> None:
    old, new = before.promise, after.promise
    if old == new or old.window_to is None or new.window_from is None or new.window_to is None:
        return
    later = new.window_to > old.window_to
    if later:
        ask_customer(work.conn, after.id, work.at, old.window_to, new.window_from, new.window_to)
    window = {"from": _window(old), "to": _window(new), "asks": later}
    record(work, after, after, "order.promise_changed", window)


def _window(promise: Promise) -> dict[str, str | None]:
    ends = {"from": promise.window_from, "to": promise.window_to}
    return {name: at.isoformat() if at else None for name, at in ends.items()} | {
        "pickup_node": promise.pickup_node,
        "slot": promise.slot,
    }


def _homes(order: Order, parcels: Sequence[PlannedParcel], option: Option) -> Homes:
    """Displaced units of a line go first: they were promised already."""
    left = {line.id: line.counts.unrouted for line in order.picked_lines}
    steps: list[MoveStep] = []
    moved: dict[tuple[str, Stage], int] = defaultdict(int)
    for parcel in parcels:
        for take in parcel.takes:
            target = Incoming(take.reference) if take.reference else Shelf(parcel.node)
            displaced = min(left[take.line_id], take.quantity)
            left[take.line_id] -= displaced
            ahead = take.quantity - displaced
            for units, source, stage in (
                (displaced, Unplaced(), Stage.UNROUTED),
                (ahead, Backorder(), Stage.BACKORDERED),
            ):
                if units:
                    steps.append(MoveStep(take.line_id, take.sku, units, source, target, option.window_to))
                    moved[take.line_id, stage] += units
    return Homes(tuple(steps), moved)


def _counts(order: Order, homes: Homes) -> dict[str, Counts]:
    counts = {line.id: line.counts for line in order.picked_lines}
    for (line_id, stage), units in homes.moved.items():
        counts[line_id] = counts[line_id].moved(stage, Stage.ROUTED, units)
    return counts
