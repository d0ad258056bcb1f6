"""One order's choice of parcels, as flat arrays: all that a decision may look at.

Shapes: L lines, N nodes, T rate cards, S weight steps in all. Money is in minor units, weights in grams,
volumes in cubic millimetres. A problem says nothing about how it came to be: calendars, distances and
channels have already become arrays, and what is not eligible has ``available == 0`` here and its reason in
``routing.eligibility``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

UNLIMITED = -1
NO_GROUP = -1


@dataclass(frozen=True, slots=True)
class RateCards:
    """Weight-step tariffs, one behind the other.

    Card ``t`` owns steps ``start[t]:start[t + 1]``; a parcel of weight ``w`` costs ``minor`` of the first
    step with ``w <= up_to_g``, and is not carried when it is heavier than the last.
    """

    names: tuple[str, ...]
    start: Ints  # [T + 1]
    up_to_g: Ints  # [S], ascending inside a card
    minor: Ints  # [S], any shape: tariffs need not be monotone


@dataclass(frozen=True, slots=True)
class Problem:
    """Arrays that the kernel reads.

    Cash cost of a parcel = tariff(card of node, billable weight) + ``fixed_minor`` + Σ units ×
    ``unit_cost_minor``. The objective adds what is felt but not paid: ``parcel_price_minor`` per parcel
    (lateness, CO₂, capacity price, parcel weight of the policy) and ``bid_price_minor`` per unit. Of the
    latter ``failing_minor`` is what it is expected to cost that the node cannot send a unit after all, and of
    the former ``day_price_minor`` is the capacity price; only explanations tell them apart.

    Billable weight = max(actual weight, volume / ``divisor_mm3_per_g``), rounded up to whole grams; a
    divisor of 0 switches dimensional weight off.
    """

    currency: str
    cards: RateCards
    line_ids: tuple[str, ...]
    skus: tuple[str, ...]  # [L]; the same SKU may stand in several lines, which then share its stock
    quantity: Ints  # [L] ≥ 1
    unit_weight_g: Ints  # [L]
    unit_volume_mm3: Ints  # [L], 0 where unknown
    ship_alone: Bools  # [L]: each unit travels in a parcel of its own
    group: Ints  # [L]: lines of one group (a kit kept together) leave in one parcel; NO_GROUP otherwise
    node_ids: tuple[str, ...]
    card: Ints  # [N]: rate card of this node for this destination
    fixed_minor: Ints  # [N], per parcel
    parcel_price_minor: Floats  # [N], per parcel, objective only
    capacity_parcels: Ints  # [N], UNLIMITED or the parcels this node may still send
    arrive_day: Ints  # [N], days from today; carries no cost by itself
    available: Ints  # [L, N] units of the line's SKU at the node (not shared out between lines of one SKU)
    unit_cost_minor: Ints  # [L, N]
    bid_price_minor: Floats  # [L, N], objective only
    divisor_mm3_per_g: float
    unfilled_penalty_minor: int  # per unit
    allow_unfilled: bool
    failing_minor: Floats | None = None  # [L, N], of bid_price_minor: expected cost of a unit it cannot send
    day_price_minor: Floats | None = None  # [N], of parcel_price_minor: room on the node's day

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.line_ids), len(self.node_ids)
