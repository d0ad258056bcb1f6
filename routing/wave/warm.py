"""The solver of waves made ready to run: compiled, or loaded from the disk of an earlier start."""

from __future__ import annotations

import numpy as np

from routing.problem import NO_GROUP, RateCards
from routing.wave.problem import Wave
from routing.wave.solve import solve_wave

ORDERS = 70  # enough for both threads


def warm_waves() -> None:
    """Solve a wave that takes every way once: scarce stock, pairs of units, plans that stand."""
    one, none = np.ones(ORDERS, np.int64), np.zeros(ORDERS, np.int64)
    solve_wave(
        Wave(
            cards=RateCards(("c",), np.array([0, 1]), np.array([9_000]), np.array([300])),
            node_ids=("a", "b"),
            capacity_parcels=np.array([ORDERS, ORDERS]),
            sku_ids=("s",),
            stock_start=np.array([0, 2]),
            stock_node=np.array([0, 1]),
            available=np.array([ORDERS - 1, ORDERS]),
            unit_cost_minor=np.array([0, 7]),
            bid_price_minor=np.zeros(2),
            order_ids=tuple(str(o) for o in range(ORDERS)),
            line_start=np.arange(ORDERS + 1),
            line_ids=("1",) * ORDERS,
            sku=none,
            quantity=1 + np.arange(ORDERS) % 2,
            unit_weight_g=one,
            unit_volume_mm3=none,
            ship_alone=np.zeros(ORDERS, np.bool_),
            group=np.full(ORDERS, NO_GROUP),
            reach_start=2 * np.arange(ORDERS + 1),
            reach_node=np.arange(2 * ORDERS) % 2,
            card=np.zeros(2 * ORDERS, np.int64),
            fixed_minor=np.arange(2 * ORDERS) % 5,
            parcel_price_minor=np.zeros(2 * ORDERS),
            move_minor=none,
            divisor_mm3_per_g=0.0,
            unfilled_penalty_minor=10_000,
            current={0: ((1, ((0, 1),)),)},
        )
    )
