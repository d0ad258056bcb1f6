"""Random plain baskets, the networks and shelves they are asked of, and what units may be worth."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import product

import numpy as np
from hypothesis import strategies as st

from routing.calendar import DAYS
from routing.express.offer import NO_WORTH
from routing.network import LaneSpec, Network, build_network
from routing.network_spec import ChanceSpec, SlotSpec
from routing.policy import Policy, PriceRule
from routing.promise import Basket, BasketLine, Destination, Stock
from tests.routing.shop import NEW_YORK, network, node
from tests.routing.test_promise_properties import START, networks

POLICIES = st.sampled_from(
    [
        Policy(),
        Policy(
            late_day_minor=120, parcel_minor=30, co2_minor_per_kg=500, resource_minor=200, breadth_weight=0
        ),
        Policy(ship_to_store=False, pickup_radius_m=20_000, pickup_stores=1, courier_slots=2, horizon_days=2),
        Policy(
            late_day_minor=900,
            breadth_weight=9,
            price_rules=(PriceRule("ship", amount_minor=599, within_days=3),),
        ),
    ]
)
Free = dict[tuple[str, date, str], int]
CATEGORIES = ["Dairy", "Produce", "", "Unheard of"]


@st.composite
def learned(draw: st.DrawFn, net: Network) -> Network:
    """The same network with what was learned of some goods at its nodes, or of none."""
    goods = draw(st.sampled_from([("", "Dairy", "Produce", "cold+sharp"), ("Dairy",), ()]))
    pairs = list(product(net.node_ids, goods))
    rates = draw(st.lists(st.floats(0, 1) | st.just(0.02), min_size=len(pairs), max_size=len(pairs)))
    chances = tuple(ChanceSpec(*pair, fails) for pair, fails in zip(pairs, rates, strict=True))
    return build_network(replace(net.spec, chances=chances)) if chances else net


@st.composite
def plain_baskets(draw: st.DrawFn) -> Basket:
    lines = tuple(
        BasketLine(
            f"L{place}",
            f"S{place}",
            draw(st.integers(1, 3)),
            draw(st.integers(1, 6000)),
            draw(st.integers(0, 10**7)),
            category=draw(st.sampled_from(CATEGORIES)),
        )
        for place in range(draw(st.integers(1, 4)))
    )
    return Basket(
        lines, Destination("US", "10001", draw(st.floats(40.0, 42.0)), draw(st.floats(-75.0, -73.0)))
    )


@st.composite
def capacities(draw: st.DrawFn, net: Network) -> Free:
    """What is left of some days."""
    buckets = ("ship", "pickup", "courier", "courier:noon", "courier:six")
    keys = st.tuples(
        st.sampled_from(net.node_ids),
        st.integers(0, 12).map(lambda day: (START + timedelta(days=day)).date()),
        st.sampled_from(buckets),
    )
    return draw(st.dictionaries(keys, st.integers(0, 2), max_size=12))


@st.composite
def questions(draw: st.DrawFn) -> tuple[Network, Basket, Stock, Free, datetime, np.ndarray]:
    net, basket = draw(networks().flatmap(learned)), draw(plain_baskets())
    if draw(st.booleans()):
        lanes = (
            LaneSpec("far", 2, node="N0"),
            *net.spec.lanes,
            LaneSpec("near", 0, method="courier", up_to_km=40),
        )
        net = build_network(replace(net.spec, lanes=lanes))
    shape = (len(basket.lines), len(net.node_ids))
    units = draw(st.lists(st.integers(0, 4), min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]))
    at = START + timedelta(seconds=draw(st.integers(0, 8 * 86_400)))
    share = draw(st.lists(st.floats(0, 1), min_size=shape[1], max_size=shape[1]))
    stock = Stock(np.array(units, dtype=np.int64).reshape(shape))
    return net, basket, stock, draw(capacities(net)), at, np.array(share)


@st.composite
def near_and_alike(draw: st.DrawFn) -> tuple[Network, Basket, Stock, Free, datetime, np.ndarray]:
    """A few nodes around the customer, many of which have everything, and slots that differ in time only."""
    count = draw(st.integers(1, 4))
    nodes = [
        node(
            f"N{n}", 40.74 + 0.01 * n, -73.99, fixed_minor=draw(st.integers(0, 400)),
            pick_minor=draw(st.integers(0, 90)), courier_radius_m=draw(st.sampled_from([0, 9_000])),
        )
        for n in range(count)
    ]  # fmt: skip
    starts = draw(st.lists(st.integers(9, 16), min_size=1, max_size=5, unique=True))
    slots = tuple(SlotSpec(f"at {hour}", time(hour), time(hour + 2)) for hour in starts)
    basket = draw(plain_baskets())
    basket = replace(basket, destination=NEW_YORK)
    L = len(basket.lines)
    units = np.array(draw(st.lists(st.integers(1, 6), min_size=L * count, max_size=L * count)))
    units[draw(st.integers(0, L * count - 1))] = draw(st.integers(0, 2))
    share = draw(st.lists(st.floats(0, 1), min_size=count, max_size=count))
    at = START + timedelta(seconds=draw(st.integers(0, 8 * 86_400)))
    net = draw(learned(network(*nodes, slots=slots)))
    return net, basket, Stock(units.reshape(L, count)), draw(capacities(net)), at, np.array(share)


def worths(shape: tuple[int, ...]) -> st.SearchStrategy[np.ndarray]:
    """What units are worth to orders to come, far more than parcels cost too; or nobody looked ahead."""
    minor = st.floats(0, 30_000) | st.just(0.0)
    some = st.lists(minor, min_size=shape[0] * shape[1], max_size=shape[0] * shape[1])
    return st.just(NO_WORTH) | some.map(lambda given: np.array(given).reshape(shape))


def busy_days(nodes: int) -> st.SearchStrategy[np.ndarray]:
    """What room is worth by node and day, far more than parcels cost too; or nobody looked ahead."""
    minor = st.floats(0, 5_000) | st.just(0.0) | st.just(700.0)
    near = st.lists(minor, min_size=nodes * 8, max_size=nodes * 8)  # the days that orders of these leave on
    return st.just(NO_WORTH) | near.map(lambda given: np.tile(np.array(given).reshape(nodes, 8), DAYS // 8))
