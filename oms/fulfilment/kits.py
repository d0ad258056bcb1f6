"""Kits kept together leave whole from one node, also when something of them needs another home."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from inventory.catalogue import Catalogue
from inventory.requests import NodeLine
from oms.fulfilment.job import AT_THE_NODE, Fulfilment
from oms.fulfilment.lifecycle import FulfilmentState
from oms.orders.order import Order
from oms.orders.stages import Stage
from routing.promise import Basket

NOT_YET_PACKED = AT_THE_NODE[: AT_THE_NODE.index(FulfilmentState.PACKED)]
WAITING = (Stage.UNROUTED, Stage.BACKORDERED)


def kept_together(catalogue: Catalogue, order: Order) -> list[str]:
    """The order's kit lines whose components must leave from one node."""
    kits = {line.id: catalogue.skus[line.sku].kit for line in order.lines if line.is_kit}
    return [line_id for line_id, kit in kits.items() if kit is not None and kit.keep_together]


def torn(order: Order, together: Iterable[str]) -> list[str]:
    """Those of the kit lines of which some units wait for a home."""
    return [kit for kit in together if any(part.counts.at(*WAITING) for part in order.components(kit))]


def left_behind(order: Order, jobs: Sequence[Fulfilment], kits: Iterable[str]) -> list[NodeLine]:
    """What nodes have of these kits beyond whole ones: the companions of units that wait. What is packed
    already stays.
    """
    return [line for kit in kits for line in _of_kit(order, jobs, kit)]


def _of_kit(order: Order, jobs: Sequence[Fulfilment], kit: str) -> Iterator[NodeLine]:
    parts = order.components(kit)
    for node in sorted({job.node for job in jobs}):
        here = _wanted((job for job in jobs if job.node == node), AT_THE_NODE)
        loose = _wanted((job for job in jobs if job.node == node), NOT_YET_PACKED)
        whole = min(here[part.id] // part.per_kit for part in parts)
        for part in parts:
            units = min(here[part.id] - whole * part.per_kit, loose[part.id])
            if units:
                yield NodeLine(part.id, node, units)


def _wanted(jobs: Iterable[Fulfilment], states: Collection[FulfilmentState]) -> Counter[str]:
    units: Counter[str] = Counter()
    for job in jobs:
        if job.state in states:
            for line in job.lines:
                units[line.line_id] += line.wanted
    return units


def as_kits(basket: Basket, order: Order, together: Collection[str]) -> Basket:
    """The basket of picked lines, in which what is of one kit kept together leaves in one parcel."""
    kits = {line.id: line.kit_line for line in order.lines if line.kit_line in together}
    return replace(basket, lines=tuple(replace(line, kit=kits.get(line.id)) for line in basket.lines))
