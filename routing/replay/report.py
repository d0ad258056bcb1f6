"""Policies side by side, in the figures a retailer compares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from routing.replay.clairvoyant import USUAL_ROUNDS, clairvoyant
from routing.replay.policies import POLICIES
from routing.replay.simulate import Settings, simulate
from routing.replay.stream import Ground, Stream
from routing.replay.tally import Replay

MYOPIC = "cheapest"
BOUND = "clairvoyant bound"
G_PER_KG = 1000.0

Progress = Callable[[str, int], None]
"""Told which policy has done how many orders."""


@dataclass(frozen=True, slots=True)
class NodeFigures:
    """What one node had to do."""

    node: str
    parcels: int
    units: int
    stock_outs: int  # SKUs that ran out


@dataclass(frozen=True, slots=True)
class Figures:
    """One policy on one stream, per order placed. Minor units; shares between 0 and 1.

    ``cost_per_order_minor`` includes the penalty of unfilled units, ``paid_per_order_minor`` does not; who
    fills less pays less, so ``paid_per_unit_minor`` divides by the units sent. ``days`` counts from an order
    to the last of it. ``gap_closed``: share of the distance from ``cheapest`` to the clairvoyant bound by
    ``objective_per_order_minor``, the cost and what is felt; None where one of the two is not there.
    """

    policy: str
    cost_per_order_minor: float
    objective_per_order_minor: float
    paid_per_order_minor: float
    paid_per_unit_minor: float
    transport_per_order_minor: float
    fixed_per_order_minor: float
    pick_per_order_minor: float
    parcels_per_order: float
    order_fill: float
    line_fill: float
    unit_fill: float
    split_share: float
    on_time: float
    days: float
    km_per_parcel: float
    co2_kg_per_order: float
    stock_outs: int
    rejected: int
    beyond_exact: int
    gap_closed: float | None
    nodes: tuple[NodeFigures, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """All policies on one stream, in the order asked for; ``bound_per_order_minor`` None: not computed."""

    currency: str
    orders: int
    lines: int
    units: int
    bound_per_order_minor: float | None
    policies: Mapping[str, Figures]


def figures(policy: str, replay: Replay, ground: Ground, closed: float | None = None) -> Figures:
    """The totals of a replay as rates; an empty stream has rates of 0."""
    orders = max(1, replay.orders)
    return Figures(
        policy=policy,
        cost_per_order_minor=replay.cost_minor / orders,
        objective_per_order_minor=replay.objective_minor / orders,
        paid_per_order_minor=replay.paid_minor / orders,
        paid_per_unit_minor=replay.paid_minor / max(1, replay.filled_units),
        transport_per_order_minor=replay.transport_minor / orders,
        fixed_per_order_minor=replay.fixed_minor / orders,
        pick_per_order_minor=replay.pick_minor / orders,
        parcels_per_order=replay.parcels / orders,
        order_fill=replay.filled_orders / orders,
        line_fill=replay.filled_lines / max(1, replay.lines),
        unit_fill=replay.filled_units / max(1, replay.units),
        split_share=replay.split_orders / orders,
        on_time=replay.on_time_orders / orders,
        days=replay.order_days / max(1, replay.sent_orders),
        km_per_parcel=replay.parcel_km / max(1, replay.parcels),
        co2_kg_per_order=replay.co2_g / G_PER_KG / orders,
        stock_outs=int(replay.stock_outs.sum()),
        rejected=replay.rejected,
        beyond_exact=replay.large,
        gap_closed=closed,
        nodes=tuple(
            NodeFigures(node, int(parcels), int(units), int(outs))
            for node, parcels, units, outs in zip(
                ground.node_ids, replay.node_parcels, replay.node_units, replay.stock_outs, strict=True
            )
        ),
        digest=replay.digest,
    )


def compare(
    ground: Ground,
    stream: Stream,
    policies: Sequence[str] = tuple(POLICIES),
    settings: Settings = Settings(),  # noqa: B008
    rounds: int = USUAL_ROUNDS,
    progress: Progress | None = None,
) -> Comparison:
    """Each named policy on the same stream and opening stock; the bound takes ``rounds``, 0: without it.
    ``progress`` is told of orders by policy, and of rounds by the name of the bound.
    """
    played = {
        name: simulate(
            ground, stream, POLICIES[name], settings, None if progress is None else _told(progress, name)
        )
        for name in policies
    }
    orders = max(1, len(stream.order_ids) - settings.past)
    bound = None
    if rounds:
        told = None if progress is None else _told(progress, BOUND)
        bound = clairvoyant(ground, stream, rounds, settings.past, told).bound_minor / orders
    myopic = played[MYOPIC].objective_minor / orders if MYOPIC in played else None
    return Comparison(
        currency=ground.currency,
        orders=len(stream.order_ids) - settings.past,
        lines=len(stream.sku) - int(stream.start[settings.past]),
        units=int(stream.quantity[int(stream.start[settings.past]) :].sum()),
        bound_per_order_minor=bound,
        policies={
            name: figures(name, one, ground, closed(one.objective_minor / orders, myopic, bound))
            for name, one in played.items()
        },
    )


def unbeaten(policies: Mapping[str, Figures]) -> tuple[str, ...]:
    """Those that no other equals in cost, days, parcels and CO₂ together and beats in one of these."""
    marks = {
        name: (one.cost_per_order_minor, one.days, one.parcels_per_order, one.co2_kg_per_order)
        for name, one in policies.items()
    }
    return front(marks)


def front(marks: Mapping[str, Sequence[float]]) -> tuple[str, ...]:
    """Those that no other equals in all marks, of which less is better, and beats in one."""
    return tuple(
        name
        for name, own in marks.items()
        if not any(
            other != own and all(theirs <= mine for theirs, mine in zip(other, own, strict=True))
            for other in marks.values()
        )
    )


def ranks(values: Mapping[str, float]) -> dict[str, float]:
    """Place of each among the distinct values, from 0 to 1."""
    steps = sorted(set(values.values()))
    return {name: steps.index(value) / max(1, len(steps) - 1) for name, value in values.items()}


def closed(objective: float, myopic: float | None, bound: float | None) -> float | None:
    """Share of the distance from the myopic engine to the bound; None where there is none to close."""
    if myopic is None or bound is None or myopic <= bound:
        return None
    return (myopic - objective) / (myopic - bound)


def _told(progress: Progress, name: str) -> Callable[[int], None]:
    return lambda done: progress(name, done)
