"""Orders for the kernel benchmark: dense stock, weight-step tariffs by zone, one seed per size."""

from __future__ import annotations

import numpy as np

from routing.kernel_call import first_programme
from routing.kernel_pieces import Pieces, pieces_of
from routing.problem import NO_GROUP, Problem, RateCards

ZONES = 9
STEPS = 60
STEP_G = 500


def order(lines: int, nodes: int, density: float = 1.0, seed: int = 0) -> Problem:
    """``lines`` of quantity 1 (300 to 2,500 g); each node has each SKU with probability ``density``.

    Tariff of zone z: 400 + 110 z + (35 + 12 z) × steps, plus up to 150 at random per step, so neither convex
    nor monotone. Every node may send one parcel.
    """
    rng = np.random.default_rng([seed, lines, nodes])
    zone = np.arange(ZONES)[:, None]
    minor = (
        400 + 110 * zone + (35 + 12 * zone) * np.arange(1, STEPS + 1) + rng.integers(0, 150, (ZONES, STEPS))
    )
    return Problem(
        currency="USD",
        cards=RateCards(
            tuple(f"zone {z}" for z in range(ZONES)),
            np.arange(ZONES + 1) * STEPS,
            np.tile(np.arange(1, STEPS + 1) * STEP_G, ZONES),
            minor.ravel(),
        ),
        line_ids=tuple(f"{i}" for i in range(lines)),
        skus=tuple(f"sku {i}" for i in range(lines)),
        quantity=np.ones(lines, np.int64),
        unit_weight_g=rng.integers(300, 2_500, lines),
        unit_volume_mm3=np.zeros(lines, np.int64),
        ship_alone=np.zeros(lines, np.bool_),
        group=np.full(lines, NO_GROUP),
        node_ids=tuple(f"node {n}" for n in range(nodes)),
        card=rng.integers(0, ZONES, nodes),
        fixed_minor=rng.integers(80, 160, nodes),
        parcel_price_minor=rng.integers(0, 160, nodes) / 16,
        capacity_parcels=np.ones(nodes, np.int64),
        arrive_day=np.zeros(nodes, np.int64),
        available=rng.integers(1, 4, (lines, nodes)) * (rng.random((lines, nodes)) < density),
        unit_cost_minor=rng.integers(20, 60, (lines, nodes)),
        bid_price_minor=rng.integers(0, 160, (lines, nodes)) / 16,
        divisor_mm3_per_g=0.0,
        unfilled_penalty_minor=6_000,
        allow_unfilled=True,
    )


def pieces_and_answer(problem: Problem) -> tuple[Pieces, float]:
    """The prepared arrays, and the objective the kernel finds in them (which also compiles it)."""
    pieces = pieces_of(problem)
    felt, _, overused = first_programme(problem, pieces, problem.capacity_parcels)
    assert not overused
    return pieces, felt / 65_536


def arrays_read(problem: Problem) -> tuple[np.ndarray, ...]:
    """The arrays over nodes that the kernel reads."""
    return (
        problem.available,
        problem.unit_cost_minor,
        problem.bid_price_minor,
        problem.card,
        problem.fixed_minor,
        problem.parcel_price_minor,
        problem.capacity_parcels,
    )
