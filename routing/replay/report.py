"""Policies side by side, in the figures a retailer compares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from routing.replay.policies import POLICIES
from routing.replay.simulate import Replay, simulate
from routing.replay.stream import Ground, Stream


@dataclass(frozen=True, slots=True)
class Figures:
    """One policy on one stream, per order placed. Minor units; shares between 0 and 1.

    ``cost_per_order_minor`` includes the penalty of unfilled units, ``paid_per_order_minor`` does not; who
    fills less pays less, so ``paid_per_unit_minor`` divides by the units sent.
    """

    policy: str
    cost_per_order_minor: float
    paid_per_order_minor: float
    paid_per_unit_minor: float
    parcels_per_order: float
    order_fill: float
    line_fill: float
    unit_fill: float
    split_share: float
    km_per_parcel: float
    digest: str


def figures(policy: str, replay: Replay) -> Figures:
    """The totals of a replay as rates; an empty stream has rates of 0."""
    orders = max(1, replay.orders)
    return Figures(
        policy=policy,
        cost_per_order_minor=replay.cost_minor / orders,
        paid_per_order_minor=replay.paid_minor / orders,
        paid_per_unit_minor=replay.paid_minor / max(1, replay.filled_units),
        parcels_per_order=replay.parcels / orders,
        order_fill=replay.filled_orders / orders,
        line_fill=replay.filled_lines / max(1, replay.lines),
        unit_fill=replay.filled_units / max(1, replay.units),
        split_share=replay.split_orders / orders,
        km_per_parcel=replay.parcel_km / max(1, replay.parcels),
        digest=replay.digest,
    )


def compare(
    ground: Ground, stream: Stream, policies: tuple[str, ...] = tuple(POLICIES)
) -> Mapping[str, Figures]:
    """Each named policy on the same stream and opening stock."""
    return {name: figures(name, simulate(ground, stream, POLICIES[name])) for name in policies}
