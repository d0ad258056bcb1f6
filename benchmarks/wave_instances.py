"""Waves to measure on: scarce stock, weight-step tariffs by zone, one seed per instance."""

from __future__ import annotations

import numpy as np

from routing.problem import NO_GROUP, Ints, RateCards
from routing.wave.problem import Wave

ZONES = 9
STEPS = 60
STEP_G = 500


def instance(orders: int, nodes: int, seed: int = 0, thin: bool = False) -> Wave:
    """Nodes and customers uniform on a unit square; SKUs twice the orders, popularity rank^-0.9; lines per
    order geometric (0.35), at most 8, quantity 1 (85 %) or 2; 500 to 2,500 g; every SKU at 2 to 12 nodes,
    a unit at each and 1.1 times the demand thrown at random (``thin``: only what is thrown); zone = floor(9 ×
    distance), at most 8; tariff in steps of 500 g: 4 + 1.1 z + (0.35 + 0.12 z) × steps; node fixed cost 0.8
    to 1.6, unit cost 0.5, unfilled unit 60; node capacity 2.85 × orders / nodes parcels. Money in cents.
    """
    rng = np.random.default_rng([seed, orders, nodes])
    skus = 2 * orders
    node_at, customer_at = rng.random((nodes, 2)), rng.random((orders, 2))
    popularity = np.arange(1, skus + 1) ** -0.9
    count = np.minimum(rng.geometric(0.35, orders), 8)
    sku = np.concatenate([rng.choice(skus, c, False, popularity / popularity.sum()) for c in count])
    quantity = np.where(rng.random(sku.size) < 0.85, 1, 2)
    weight = rng.integers(500, 2_501, skus)
    shelves = _shelves(rng, np.bincount(sku, quantity, skus), nodes, thin)
    line_start = np.concatenate([[0], np.cumsum(count)])
    reach_start, reach = _reach(line_start, sku, shelves[0], shelves[1])
    owner = np.repeat(np.arange(orders), np.diff(reach_start))
    distance = np.linalg.norm(node_at[reach] - customer_at[owner], axis=1)
    return Wave(
        cards=_cards(),
        node_ids=tuple(f"N{n}" for n in range(nodes)),
        capacity_parcels=np.diff(np.floor(2.85 * orders / nodes * np.arange(nodes + 1))).astype(np.int64),
        sku_ids=tuple(f"S{s}" for s in range(skus)),
        stock_start=shelves[0],
        stock_node=shelves[1],
        available=shelves[2],
        unit_cost_minor=np.full(shelves[1].size, 50),
        bid_price_minor=np.zeros(shelves[1].size),
        order_ids=tuple(f"O{o}" for o in range(orders)),
        line_start=line_start,
        line_ids=tuple(str(i + 1) for c in count for i in range(c)),
        sku=sku,
        quantity=quantity,
        unit_weight_g=weight[sku],
        unit_volume_mm3=np.zeros(sku.size, np.int64),
        ship_alone=np.zeros(sku.size, np.bool_),
        group=np.full(sku.size, NO_GROUP),
        reach_start=reach_start,
        reach_node=reach,
        card=np.minimum((ZONES * distance).astype(np.int64), ZONES - 1),
        fixed_minor=rng.integers(80, 161, nodes)[reach],
        parcel_price_minor=np.zeros(reach.size),
        move_minor=np.zeros(orders, np.int64),
        divisor_mm3_per_g=0.0,
        unfilled_penalty_minor=6_000,
    )


def _cards() -> RateCards:
    zone = np.arange(ZONES)[:, None]
    return RateCards(
        tuple(f"zone {z}" for z in range(ZONES)),
        np.arange(ZONES + 1) * STEPS,
        np.tile(np.arange(1, STEPS + 1) * STEP_G, ZONES),
        (400 + 110 * zone + (35 + 12 * zone) * np.arange(1, STEPS + 1)).ravel(),
    )


def _shelves(rng: np.random.Generator, demand: Ints, nodes: int, thin: bool) -> tuple[Ints, Ints, Ints]:
    """Starts by SKU, nodes and units: 1.1 × the demand of each SKU at 2 to 12 nodes."""
    start, node, units = [0], [], []
    for wanted in demand.astype(np.int64).tolist():
        held = np.sort(rng.choice(nodes, min(nodes, int(rng.integers(2, 13))), replace=False))
        thrown = np.bincount(rng.integers(0, held.size, -(-11 * wanted // 10)), minlength=held.size)
        stock = thrown if thin else thrown + 1
        node.append(held[stock > 0])
        units.append(stock[stock > 0])
        start.append(start[-1] + node[-1].size)
    return np.array(start), np.concatenate(node), np.concatenate(units)


def _reach(line_start: Ints, sku: Ints, start: Ints, node: Ints) -> tuple[Ints, Ints]:
    """Per order the nodes that have any of it: from others nothing could come."""
    begins, reach = [0], []
    for a, b in zip(line_start[:-1].tolist(), line_start[1:].tolist(), strict=True):
        held = [node[start[s] : start[s + 1]] for s in sku[a:b].tolist()]
        reach.append(np.unique(np.concatenate(held)))
        begins.append(begins[-1] + reach[-1].size)
    return np.array(begins), np.concatenate(reach)
