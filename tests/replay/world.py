"""Small worlds for replays: three nodes on a line, two SKUs, one tariff."""

import numpy as np

from routing.problem import RateCards
from routing.replay.stream import NO_CARD, Ground, Situation, Stream, breadth_of


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
    )


def stream(nodes: int, *orders: dict[int, int], unreached: tuple[int, ...] = ()) -> Stream:
    """Orders as SKU → quantity, an hour apart, all to one address."""
    card = np.array(
        [NO_CARD if node in unreached else int(node > 1) for node in range(nodes)], dtype=np.int64
    )
    return Stream(
        order_ids=tuple(f"O{order}" for order in range(len(orders))),
        placed_at=np.datetime64("2017-10-01", "us") + np.arange(len(orders)) * np.timedelta64(1, "h"),
        start=np.cumsum([0, *(len(order) for order in orders)]),
        sku=ints(*(sku for order in orders for sku in order)),
        quantity=ints(*(quantity for order in orders for quantity in order.values())),
        destination=np.zeros(len(orders), dtype=np.int64),
        km=np.arange(nodes, dtype=np.float64)[None, :],
        card=card[None, :],
    )


def situation(on_hand: list[list[int]], **wanted: int) -> Situation:
    """The first order of a stream: SKU ``S0=…`` and so on."""
    from_sku = {int(name[1:]): quantity for name, quantity in wanted.items()}
    there = ground(on_hand)
    played = stream(len(on_hand[0]), from_sku)
    return Situation(
        ground=there,
        order_id="O0",
        sku=played.sku,
        quantity=played.quantity,
        unit_weight_g=there.weight_g[played.sku],
        unit_volume_mm3=there.volume_mm3[played.sku],
        available=there.on_hand[played.sku],
        km=played.km[0],
        card=played.card[0],
        breadth=breadth_of(there.on_hand),
    )
