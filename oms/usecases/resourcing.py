"""Find homes for units that have none: displaced by physical facts, or sold ahead of their stock."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from inventory.outcomes import Rehomed
from inventory.reads import waiting
from inventory.requests import Backorder, Incoming, MoveRequest, MoveStep, Shelf, Unplaced
from inventory.stock_reserve import move
from inventory.store.locks import lock_groups
from oms import translate
from oms.actors import SYSTEM
from oms.bootstrap import Runtime
from oms.deciding import keep_decision
from oms.fulfilment import layout
from oms.fulfilment.layout import PlannedParcel
from oms.ground import Ground, Question, from_locked_rows
from oms.orders.order import Order, Promise
from oms.orders.quote import Wanted
from oms.orders.stages import Counts, Stage
from oms.recording import record, tell_job
from oms.refusals import LostRace, Refused
from oms.settling import Chosen
from oms.store.fulfilments import fulfilments_of, insert_fulfilments
from oms.store.orders import order_if_idle, orders_behind
from oms.store.people import address_of
from oms.unrouting import in_line
from oms.work import Work, transact
from routing.promise import FASTEST, Option, Promised, best, keep, offer

log = logging.getLogger(__name__)

MOST_ROWS = 2_000
AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Homes:
    """Where waiting units go: the steps that move them, and per line how many come from which stage."""

    steps: tuple[MoveStep, ...]
    moved: Mapping[tuple[str, Stage], int]


def resource_orders(runtime: Runtime) -> int:
    """Route what can be routed again, the oldest orders first; returns how many orders got something.

    Orders that were busy when a fact took their units are brought in line first.
    """
    with runtime.engine.connect() as conn:
        behind = orders_behind(conn, AT_ONCE)
    for order_id in behind:
        transact(runtime, SYSTEM, partial(_catch_up, order_id))
    return resource_at_once(runtime, _promising(runtime))


def resource_at_once(runtime: Runtime, order_ids: Iterable[str]) -> int:
    """Route the waiting units of these orders, each in a transaction of its own; returns how many got
    something. What is busy, or loses a race, waits for the job.
    """
    done = 0
    for order_id in order_ids:
        try:
            done += transact(runtime, SYSTEM, partial(_resource, runtime, order_id))
        except (LostRace, Refused) as no:
            log.info("Order %s waits on (%s)", order_id, no)
    return done


def _catch_up(order_id: str, work: Work) -> None:
    order = order_if_idle(work.conn, order_id)
    if order is not None:
        in_line(work, order)


def _promising(runtime: Runtime) -> list[str]:
    """Orders with waiting units of SKUs that are anywhere, or on their way, as far as memory knows."""
    with runtime.engine.connect() as conn:
        rows = waiting(conn, most=MOST_ROWS)
    there: set[tuple[str, str]] = set()
    for channel in {channel for _, channel, _ in rows}:
        skus = list(dict.fromkeys(sku for _, its, sku in rows if its == channel))
        units = runtime.pool.view(skus, channel).available
        arriving = runtime.pool.incoming(skus)
        there |= {(channel, sku) for line, sku in enumerate(skus) if units[line].any() or arriving[line]}
    found = dict.fromkeys(order_id for order_id, channel, sku in rows if (channel, sku) in there)
    return list(found)[:AT_ONCE]


def _resource(runtime: Runtime, order_id: str, work: Work) -> int:
    """1 when units of the order got a home. Raises LostRace, Refused: it waits on."""
    order = order_if_idle(work.conn, order_id)
    if order is None:
        return 0
    order = in_line(work, order)
    lines = [(line, line.counts.at(Stage.UNROUTED, Stage.BACKORDERED)) for line in order.picked_lines]
    wanted = tuple(Wanted(line.id, line.sku, units) for line, units in lines if units)
    if not wanted:
        return 0
    lock_groups(work.conn, [order.group_id])
    address = address_of(work.conn, order.address_id) if order.address_id else None
    where = address.whereabouts if address else None
    question = Question(wanted, order.channel, where, order.promise.pickup_node)
    ground = from_locked_rows(runtime, work.conn, work.at, question)
    option = _home(ground, order)
    if option is None:
        return 0
    _rehome(work, order, Chosen(option, _promise(order.promise, option), ground))
    return 1


def _home(ground: Ground, order: Order) -> Option | None:
    """The cheapest plan that keeps the promise; if none can, what comes soonest. All-or-nothing orders wait
    until all that waits of them can go.
    """
    told = order.promise
    network, basket, policy, at = ground.network, ground.basket, ground.policy, ground.at
    if told.window_to is not None:
        promised = Promised(told.method, told.window_to, told.slot, told.pickup_node)
        kept = keep(network, basket, ground.stock, ground.capacity, policy, at, promised)
        if isinstance(kept, Option):
            return kept
    found = offer(network, basket, ground.stock, ground.capacity, policy, at, (told.method,)).options
    return best((option for option in found if order.allow_partial or not option.unfilled), FASTEST)


def _promise(told: Promise, option: Option) -> Promise:
    """What the customer was told stays; who was told nothing yet is told now."""
    if told.window_to is not None:
        return told
    return replace(
        told,
        window_from=option.window_from,
        window_to=option.window_to,
        pickup_node=option.pickup_node,
        slot=option.slot,
    )


def _rehome(work: Work, order: Order, chosen: Chosen) -> None:
    option, network = chosen.option, chosen.ground.network
    parcels = translate.planned(option)
    homes = _homes(order, parcels, option)
    capacity = translate.capacity_to_hold(network, option.holds)
    outcome = move(work.conn, work.at, [MoveRequest(order.group_id, homes.steps, capacity)])[0]
    if not isinstance(outcome, Rehomed):
        raise LostRace(frozenset(step.sku for step in homes.steps))
    jobs = fulfilments_of(work.conn, order.id)
    made = layout.fulfilments(order.id, len(jobs) + 1, chosen.promise, order.group_id, work.at, parcels)
    after = replace(order.with_counts(_counts(order, homes)), promise=chosen.promise)
    decision = keep_decision(work, chosen, order.id, "re_sourced")
    event = {"decision": decision, "fulfilment_orders": [job.id for job in made]}
    record(work, order, after, "order.resourced", event)
    insert_fulfilments(work.conn, made)
    for job in made:
        tell_job(work, job)


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
