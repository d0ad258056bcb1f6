"""From a plan to the work of nodes: the fulfilment orders it means, and where it leaves each line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oms.fulfilment.job import Fulfilment, FulfilmentLine
from oms.fulfilment.lifecycle import FulfilmentState
from oms.orders.order import Promise
from oms.orders.stages import Counts


@dataclass(frozen=True, slots=True)
class Taken:
    """Units of one picked line in a parcel; ``reference`` names the inbound they are still to come with."""

    line_id: str
    sku: str
    quantity: int
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class PlannedParcel:
    node: str
    ship_at: datetime
    arrive_at: datetime
    cost_minor: int
    takes: tuple[Taken, ...]


def fulfilments(
    order_id: str,
    first_no: int,
    promise: Promise,
    group_id: str,
    at: datetime,
    parcels: tuple[PlannedParcel, ...],
) -> tuple[Fulfilment, ...]:
    """One fulfilment order for every node and instant of leaving; its parcels are numbered from 1."""
    jobs: dict[tuple[str, datetime], list[PlannedParcel]] = defaultdict(list)
    for parcel in parcels:
        jobs[parcel.node, parcel.ship_at].append(parcel)
    return tuple(
        Fulfilment(
            order_id=order_id,
            no=no,
            node=node,
            method=promise.method,
            state=FulfilmentState.SCHEDULED,
            group_id=group_id,
            ship_at=ship_at,
            arrive_at=max(parcel.arrive_at for parcel in job),
            created_at=at,
            cost_minor=sum(parcel.cost_minor for parcel in job),
            to_node=promise.pickup_node if promise.pickup_node != node else None,
            instants={FulfilmentState.SCHEDULED.value: at},
            lines=tuple(
                FulfilmentLine(line_id, number, sku, quantity)
                for number, parcel in enumerate(job, 1)
                for (line_id, sku), quantity in _per_line(parcel).items()
            ),
        )
        for no, ((node, ship_at), job) in enumerate(jobs.items(), first_no)
    )


def counts(
    ordered: Mapping[str, int], parcels: tuple[PlannedParcel, ...], backordered: Mapping[str, int]
) -> dict[str, Counts]:
    """Where each picked line stands after planning: in a parcel, on back-order, or given up."""
    routed: dict[str, int] = defaultdict(int)
    for parcel in parcels:
        for take in parcel.takes:
            routed[take.line_id] += take.quantity
    found = {}
    for line_id, quantity in ordered.items():
        waiting = backordered.get(line_id, 0)
        found[line_id] = Counts(
            routed=routed[line_id],
            backordered=waiting,
            cancelled=quantity - routed[line_id] - waiting,
        )
    return found


def _per_line(parcel: PlannedParcel) -> dict[tuple[str, str], int]:
    units: dict[tuple[str, str], int] = defaultdict(int)
    for take in parcel.takes:
        units[take.line_id, take.sku] += take.quantity
    return units


def to_json(parcels: tuple[PlannedParcel, ...]) -> list[Any]:
    """The parcels as JSON, to be kept with a reservation until its order is placed."""
    return [
        [
            parcel.node,
            parcel.ship_at.isoformat(),
            parcel.arrive_at.isoformat(),
            parcel.cost_minor,
            [[take.line_id, take.sku, take.quantity, take.reference] for take in parcel.takes],
        ]
        for parcel in parcels
    ]


def from_json(document: list[Any]) -> tuple[PlannedParcel, ...]:
    """What ``to_json`` wrote."""
    return tuple(
        PlannedParcel(
            node,
            datetime.fromisoformat(ship_at),
            datetime.fromisoformat(arrive_at),
            cost_minor,
            tuple(Taken(*take) for take in takes),
        )
        for node, ship_at, arrive_at, cost_minor, takes in document
    )
