"""An order of which nothing can leave now, sold all the same: up to its SKUs' caps, without a date.

Whether the method leads there at all, and what it costs the customer, is asked as if every node had all
of it; what is decided and kept is the truth: no unit where it could leave from, no parcel.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date

import numpy as np

from inventory.catalogue import Catalogue
from oms.memory.ground import Ground
from oms.refusals import Fault, Refused
from routing.promise import CHEAPEST, Capacity, Option, Stock, best, offer
from routing.route import route

BACKORDER_CAP = "backorder_cap"
PREORDER_NOT_OPEN = "preorder_not_open"


def all_backordered(ground: Ground, method: str, partial: bool, promised: bool = False) -> Option | None:
    """The order with nothing in parcels, as far as the caps go.

    None when they do not suffice (``partial``: when they have no room at all), when the method leads nowhere,
    and when some of the order is where it could leave from, unless it is ``promised`` to wait as a whole.
    """
    if not _under_caps(ground, partial):
        return None
    way = _as_if_there(ground, method)
    if way is None:
        return None
    there = ground.stock.available[:, way.eligibility.nodes]
    usable = (way.eligibility.node_bits | way.eligibility.line_bits) == 0
    if there[usable].any() and not promised:
        return None
    return _nothing_leaves(ground, way)


def with_limits(catalogue: Catalogue, ground: Ground, no: Refused) -> Refused:
    """The refusal, naming also why lines cannot be back-ordered whose SKUs ever can."""
    faults = (*no.refusal.faults, *_limits(catalogue, ground, ground.at.date()))
    return Refused(replace(no.refusal, faults=faults))


def _limits(catalogue: Catalogue, ground: Ground, today: date) -> list[Fault]:
    """The cap, or a pre-order that is not open yet."""
    faults = []
    for place, line in enumerate(ground.question.wanted):
        sku = catalogue.skus[line.sku]
        if not sku.backorder_cap:
            continue
        pointer = f"/lines/{place}"
        if sku.preorder_from is not None and today < sku.preorder_from:
            detail = f"Pre-orders open on {sku.preorder_from.isoformat()}"
            faults.append(Fault(pointer, PREORDER_NOT_OPEN, detail))
        elif (room := ground.room.get(sku.id, 0)) < line.quantity:
            faults.append(Fault(pointer, BACKORDER_CAP, f"{room} more units can be back-ordered"))
    return faults


def _under_caps(ground: Ground, partial: bool) -> bool:
    """Whether the caps leave room for all units; ``partial``: for any."""
    wanted: Counter[str] = Counter()
    for part in ground.parts:
        wanted[part.sku] += part.quantity
    if partial:
        return any(ground.room[sku] for sku in wanted)
    return all(units <= ground.room[sku] for sku, units in wanted.items())


def _as_if_there(ground: Ground, method: str) -> Option | None:
    wanted = np.array([line.quantity for line in ground.basket.lines], dtype=np.int64)
    everywhere = Stock(np.repeat(wanted[:, None], len(ground.network.node_ids), axis=1))
    found = offer(ground.network, ground.basket, everywhere, Capacity(), ground.policy, ground.at, (method,))
    whole = [option for option in found.options if not option.unfilled]
    return best(whole, CHEAPEST)


def _nothing_leaves(ground: Ground, way: Option) -> Option:
    """The way, with the stock there is for it: none."""
    problem = replace(way.problem, available=np.zeros_like(way.problem.available))
    plan = route(problem, work_limit=ground.policy.work_limit)
    assert not plan.parcels, "nothing is sent from nowhere"
    there = ground.stock.available[:, way.eligibility.nodes]
    return replace(
        way,
        tags=(),
        parcels=(),
        holds=(),
        unfilled=plan.unfilled,
        problem=problem,
        plan=plan,
        eligibility=replace(way.eligibility, stock=there),
    )
