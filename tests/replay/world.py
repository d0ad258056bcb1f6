"""Small worlds for replays: nodes on a line, two SKUs, one tariff."""

from __future__ import annotations

import numpy as np

from routing.problem import UNLIMITED, RateCards
from routing.replay.places import NODE, ORDER, TAKEN
from routing.replay.policies import Policy
from routing.replay.run import Run
from routing.replay.stream import NO_CARD, Ground, Stream, no_arrivals, plain_days


def ints(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


CARDS = RateCards(("near", "far"), ints(0, 2, 4), ints(1_000, 5_000, 1_000, 5_000), ints(300, 700, 400, 900))


def ground(on_hand: list[list[int]], weight_g: tuple[int, ...] = (400, 900), penalty: int = 10_000) -> Ground:
    """``on_hand`` [S, N]; node n stands n kilometres away, on the near card up to node 1."""
    nodes = len(on_hand[0])
    return Ground(
        currency="USD",
        node_ids=tuple(f"N{node}" for node in range(nodes)),
        fixed_minor=np.full(nodes, 100, dtype=np.int64),
        pick_minor=np.full(nodes, 10, dtype=np.int64),
        cards=CARDS,
        sku_ids=tuple(f"S{sku}" for sku in range(len(on_hand))),
        weight_g=ints(*weight_g[: len(on_hand)]),
        volume_mm3=np.zeros(len(on_hand), dtype=np.int64),
        divisor_mm3_per_g=0.0,
        unfilled_penalty_minor=penalty,
        parcel_minor=0.0,
        breadth_weight=2.0,
        on_hand=np.array(on_hand, dtype=np.int64),
        most_orders=np.full(nodes, UNLIMITED, dtype=np.int64),
    )


def stream(nodes: int, *orders: dict[int, int], unreached: tuple[int, ...] = ()) -> Stream:
    """Orders as SKU → quantity, an hour apart, all to one address."""
    card = np.array(
        [NO_CARD if node in unreached else int(node > 1) for node in range(nodes)], dtype=np.int64
    )
    placed_at = np.datetime64("2017-10-01", "us") + np.arange(len(orders)) * np.timedelta64(1, "h")
    return Stream(
        order_ids=tuple(f"O{order}" for order in range(len(orders))),
        placed_at=placed_at,
        start=np.cumsum([0, *(len(order) for order in orders)]),
        sku=ints(*(sku for order in orders for sku in order)),
        quantity=ints(*(quantity for order in orders for quantity in order.values())),
        destination=np.zeros(len(orders), dtype=np.int64),
        km=np.arange(nodes, dtype=np.float64)[None, :],
        card=card[None, :],
        days=plain_days(placed_at, nodes, 1),
        arrivals=no_arrivals(),
    )


def random_world(seed: int, orders: int, nodes: int = 5, skus: int = 2) -> tuple[Ground, Stream]:
    """Scarce stock and orders of one or two lines, up to three units each."""
    chance = np.random.default_rng(seed)
    there = ground(chance.integers(0, 4, (skus, nodes)).tolist(), tuple(chance.integers(200, 900, skus)))
    asked = [
        {
            int(sku): int(chance.integers(1, 4))
            for sku in chance.choice(skus, int(chance.integers(1, skus + 1)), replace=False)
        }
        for _ in range(orders)
    ]
    return there, stream(nodes, *asked)


def sent(there: Ground, orders: Stream, policy: Policy) -> list[tuple[int, int, dict[int, int]]]:
    """(order, node, units by line) of every parcel."""
    run = Run(there, orders, policy.rule)
    if policy.sparing:
        run.spare(there.breadth_weight * there.opening_minor)
    parcels, takes = run.advance(0, len(orders.order_ids))
    begins = [0, *parcels[:, TAKEN].tolist()]
    return [
        (
            int(parcel[ORDER]),
            int(parcel[NODE]),
            {int(line): int(units) for line, units in takes[begins[i] : begins[i + 1]]},
        )
        for i, parcel in enumerate(parcels)
    ]
