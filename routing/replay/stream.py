"""What is replayed: the network that does not change, the orders by time, and one order as a policy sees it.

N nodes, S SKUs, O orders, K order lines, D destinations. Money in minor units, weights in grams, volumes in
cubic millimetres.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.problem import Floats, Ints, RateCards
from routing.tariff import billable_g, greatest_weight_g

NO_CARD = -1
WEIGHED = 50
"""Orders between two weighings of the nodes' breadth."""


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """Nodes, SKUs and prices."""

    currency: str
    node_ids: tuple[str, ...]
    fixed_minor: Ints  # [N] per parcel
    pick_minor: Ints  # [N] per unit
    cards: RateCards
    sku_ids: tuple[str, ...]
    weight_g: Ints  # [S]
    volume_mm3: Ints  # [S] 0 where unknown
    divisor_mm3_per_g: float  # 0: actual weight only
    unfilled_penalty_minor: int  # per unit
    parcel_minor: float  # what the policy feels for each parcel beside its cost
    breadth_weight: float  # as in routing.policy
    on_hand: Ints  # [S, N] opening stock that may be sold

    @property
    def opening_minor(self) -> int:
        """What the cheapest parcel costs beside its units; the last card is the one that is free."""
        carried = self.cards.minor[: self.cards.start[-2]]
        return int(self.fixed_minor.min() + (carried.min() if carried.size else 0))


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """Orders by instant. An order names a SKU once: repeated lines are added up before."""

    order_ids: tuple[str, ...]
    placed_at: NDArray[np.datetime64]  # [O], ascending
    start: Ints  # [O + 1] order o owns lines start[o]:start[o + 1]
    sku: Ints  # [K]
    quantity: Ints  # [K] ≥ 1
    destination: Ints  # [O]
    km: Floats  # [D, N]
    card: Ints  # [D, N] rate card of a parcel from the node, NO_CARD where no lane goes


@dataclass(frozen=True, slots=True, eq=False)
class Situation:
    """One order at its turn. L lines."""

    ground: Ground
    order_id: str
    sku: Ints  # [L]
    quantity: Ints  # [L]
    unit_weight_g: Ints  # [L]
    unit_volume_mm3: Ints  # [L]
    available: Ints  # [L, N]; 0 where no lane goes or one unit is too heavy for it
    km: Floats  # [N]
    card: Ints  # [N]
    breadth: Floats  # [N] share of the SKUs in stock anywhere that the node has any of; at most WEIGHED old


def breadth_of(left: Ints) -> Floats:
    """[N] share of the SKUs in stock anywhere, of ``left`` [S, N], that each node has any of."""
    stocked = left > 0
    share: Floats = stocked.sum(axis=0) / max(1, int(stocked.any(axis=1).sum()))
    return share


def situations(ground: Ground, stream: Stream, left: Ints) -> Iterator[tuple[int, Situation]]:
    """Orders in turn; ``left`` [S, N] is read when the turn comes, so the caller may change it between."""
    limit = greatest_weight_g(ground.cards)
    for order, order_id in enumerate(stream.order_ids):
        if order % WEIGHED == 0:
            breadth = breadth_of(left)
        lines = slice(int(stream.start[order]), int(stream.start[order + 1]))
        sku = stream.sku[lines]
        place = stream.destination[order]
        card = stream.card[place]
        weight, volume = ground.weight_g[sku], ground.volume_mm3[sku]
        billable = billable_g(weight, volume, ground.divisor_mm3_per_g)
        reach = np.where(card == NO_CARD, -1, limit[card])
        carried = billable[:, None] <= reach[None, :]
        yield (
            order,
            Situation(
                ground=ground,
                order_id=order_id,
                sku=sku,
                quantity=stream.quantity[lines],
                unit_weight_g=weight,
                unit_volume_mm3=volume,
                available=np.where(carried, left[sku], 0),
                km=stream.km[place],
                card=card,
                breadth=breadth,
            ),
        )
