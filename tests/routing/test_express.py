"""The compiled way says what `routing.promise` says, of any plain basket."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime, time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.ahead import ahead_prices, day_prices
from routing.breadth import breadth_prices
from routing.calendar import DAYS
from routing.eligibility import REASONS
from routing.express import arrays as at_
from routing.express.answer import answered
from routing.express.arrays import Shelf
from routing.express.offer import NO_WORTH, Found, Line, Place, footing, offer
from routing.geo import geodesic_m
from routing.network import Network
from routing.network_spec import METHODS, ChanceSpec, SlotSpec
from routing.policy import Policy, PriceRule
from routing.price import PriceLists, price_minor
from routing.promise import (
    CHEAPEST,
    FASTEST,
    FEWEST_PARCELS,
    Basket,
    Capacity,
    CostToServe,
    Offer,
    Option,
    Stock,
)
from routing.promise import offer as decided
from routing.promise_blocking import reason_of_all
from tests.routing.express_cases import POLICIES, Free, busy_days, near_and_alike, questions, worths
from tests.routing.shop import NEW_YORK, WEDNESDAY, line, network, node

TAGS = (CHEAPEST, FASTEST, FEWEST_PARCELS)
COSTS = tuple(term.name for term in fields(CostToServe))


@settings(max_examples=400, deadline=None)
@given(
    st.data(), st.one_of(questions(), near_and_alike()), POLICIES, st.permutations(METHODS), st.integers(1, 3)
)
def test_both_ways_say_the_same(
    data: st.DataObject,
    question: tuple[Network, Basket, Stock, Free, datetime, np.ndarray],
    policy: Policy,
    order: list[str],
    asked: int,
) -> None:
    net, basket, stock, free, at, breadth = question
    methods = tuple(order[:asked])
    worth = data.draw(worths(stock.available.shape))
    policy = replace(policy, lookahead_weight=data.draw(st.sampled_from([0.5, 1.0])))
    policy = replace(policy, resource_minor=data.draw(st.sampled_from([5_000, 600, policy.resource_minor])))
    busy = data.draw(busy_days(len(net.node_ids)))
    first = net.tables(int(at.timestamp())).dates[0]
    days = day_prices(net, policy, first, busy) if len(busy) else None
    day_minor = NO_WORTH if days is None else days.minor
    found = express(net, basket, stock, free, policy, at, methods, breadth, worth, day_minor)
    quantity = np.array([one.quantity for one in basket.lines])
    prices = breadth_prices(net, policy, quantity, stock.available, breadth)
    if len(worth):
        prices = ahead_prices(net, policy, prices, worth, stock.available)
    prices = replace(prices, days=days)
    whole = decided(net, basket, stock, Capacity(free), policy, at, methods, prices)
    if found is not None:
        assert told(found, net, basket, policy, at, methods) == said(whole, basket)


def express(
    net: Network, basket: Basket, stock: Stock, free: Free, policy: Policy, at: datetime,
    methods: tuple[str, ...], breadth: np.ndarray, worth: np.ndarray = NO_WORTH,
    day_minor: np.ndarray = NO_WORTH,
) -> Found | None:  # fmt: skip
    """Asked of the compiled way: what is on the shelf in rows, as a pool keeps it."""
    to, now = basket.destination, int(at.timestamp())
    assert to is not None and to.lat is not None and to.lon is not None
    stand = footing(net, policy, free, to.country, now)
    if stand is None:
        return None
    L, N = stock.available.shape
    units = stock.available.astype(np.int32).ravel()
    shelf = Shelf(np.tile(np.arange(N, dtype=np.int32), L), units, np.arange(N))
    lines = [
        Line(one.quantity, one.unit_weight_g, one.unit_volume_mm3, 0, k * N, (k + 1) * N, goods)
        for k, (one, goods) in enumerate(zip(basket.lines, _goods(net, basket), strict=True))
    ]
    place = Place(to.country, to.postcode, to.lat, to.lon)
    return offer(stand, place, lines, shelf, breadth, now, methods, worth, day_minor)


def _goods(net: Network, basket: Basket) -> list[int]:
    return [net.goods.get(one.category, 0) for one in basket.lines]


def test_each_line_is_felt_by_the_chance_of_its_goods() -> None:
    """One node fails with dairy, the other with all else: each sends what it can be trusted with."""
    chances = [("A", "Dairy", 0.5), ("A", "", 0.125), ("B", "Dairy", 0.25), ("B", "", 0.5)]
    net = network(node("A"), node("B"), chances=tuple(ChanceSpec(*chance) for chance in chances))
    lines = (line("1", category="Dairy"), line("2"), line("3", category="Unheard of"))
    basket, there = Basket(lines, NEW_YORK), Stock(np.full((3, 2), 5))
    found = express(net, basket, there, {}, Policy(resource_minor=100_000), WEDNESDAY, ("ship",), np.zeros(2))
    assert found is not None
    [cheapest] = [row for row in found.options if row[at_.TAGS] & 1]
    parcels = found.parcels[cheapest[at_.FIRST] : cheapest[at_.FIRST] + cheapest[at_.PARCELS]]
    sent = {net.node_ids[one[0]]: one[3:] for one in parcels}
    assert sent == {"A": [0, 1, 1], "B": [1, 0, 0]}
    rejection_minor = found.cost(cheapest)[COSTS.index("rejection_minor")]
    assert rejection_minor == 25_000 + 2 * 12_500


def test_what_is_not_plain_is_handed_on() -> None:
    net = network(node("A"), node("B"))
    basket = Basket((line("1"), line("2")), NEW_YORK)
    there = Stock(np.full((2, 2), 5))

    def answer(asked: Basket, **more: Any) -> Found | None:
        return express(net, asked, there, {}, Policy(**more), WEDNESDAY, METHODS, np.zeros(2))

    assert answer(basket) is not None
    assert answer(replace(basket, lines=(line("1", 100), line("2", 100)))) is None
    assert answer(basket, price_rules=(PriceRule(up_to_km=10.0),)) is None
    assert answer(basket, work_limit=1) is None


def told(
    found: Found, net: Network, basket: Basket, policy: Policy, at: datetime, methods: tuple[str, ...]
) -> tuple[Any, ...]:
    ways = [_told(found, row, net, basket, policy, int(at.timestamp())) for row in found.options]
    refusals = []
    for method in methods:
        by_line = found.reasons[METHODS.index(method)]
        for reason in dict.fromkeys(by_line):
            if reason >= 0:
                ks = tuple(k for k, other in enumerate(by_line) if other == reason)
                refusals.append((method, REASONS[reason].value, reason_of_all(REASONS[reason]), ks))
    return ways, refusals


def _told(
    found: Found, row: list[int], net: Network, basket: Basket, policy: Policy, now: int
) -> tuple[Any, ...]:
    method, store, slot = METHODS[row[at_.METHOD]], row[at_.STORE], row[at_.SLOT_AT]
    to = basket.destination if store < 0 else net.spec.nodes[store]
    assert to is not None
    goods_minor = sum(one.unit_price_minor * one.quantity for one in basket.lines)
    weight_g = sum(one.unit_weight_g * one.quantity for one in basket.lines)
    rules = PriceLists(policy.price_rules).of(method, basket.channel, to.country, to.postcode)
    days = max(-(-(row[at_.ENDS] - now) // 86_400), 0)
    parcels = found.parcels[row[at_.FIRST] : row[at_.FIRST] + row[at_.PARCELS]]
    return (
        method, None if store < 0 else net.node_ids[store], None if slot < 0 else net.spec.slots[slot].id,
        tuple(tag for bit, tag in enumerate(TAGS) if row[at_.TAGS] >> bit & 1), row[at_.OPENS],
        row[at_.ENDS], row[at_.ORDER_BY], price_minor(rules, goods_minor, weight_g, days),
        tuple(found.cost(row)),
        tuple((net.node_ids[one[0]], one[1], one[2], _units(one[3:])) for one in parcels),
        _units(found.unfilled(row)[: len(basket.lines)]),
    )  # fmt: skip


def _units(units: Any) -> tuple[tuple[int, int], ...]:
    return tuple((place, count) for place, count in enumerate(units) if count)


def said(found: Offer, basket: Basket) -> tuple[Any, ...]:
    place = {one.id: row for row, one in enumerate(basket.lines)}
    ways = [_said(option, place) for option in found.options]
    refusals = [
        (no.method, no.code, no.detail, tuple(place[line] for line in no.lines)) for no in found.unavailable
    ]
    return ways, refusals


def _said(option: Option, place: dict[str, int]) -> tuple[Any, ...]:
    instants = (option.window_from, option.window_to, option.order_before)
    parcels = tuple(
        (
            one.node,
            int(one.ship_at.timestamp()),
            int(one.arrive_at.timestamp()),
            tuple((place[take.line], take.quantity) for take in one.takes),
        )
        for one in option.parcels
    )
    cost = tuple(float(getattr(option.cost_to_serve, name)) for name in COSTS)
    unfilled = tuple((place[left.line], left.quantity) for left in option.unfilled)
    return (
        option.method, option.pickup_node, option.slot, option.tags,
        *(int(at.timestamp()) for at in instants), option.customer_price_minor, cost, parcels, unfilled,
    )  # fmt: skip


@pytest.mark.parametrize("methods", [("pickup",), ("ship", "pickup"), ("pickup", "courier")], ids="+".join)
def test_a_store_on_the_border_of_its_radius_is_left_to_the_geodesic(methods: tuple[str, ...]) -> None:
    store = node("A", 40.70, -74.00, courier_radius_m=1)
    net, exact_m = network(store), geodesic_m(40.75, -74.00, store.lat, store.lon)
    border_m = round(exact_m)
    place = replace(NEW_YORK, lat=40.75 + (border_m - exact_m) / 111_000, lon=-74.00)  # within a millimetre
    basket, there = Basket((line("1"),), place), Stock(np.full((1, 1), 5))
    for radius_m, found in ((border_m, None), (border_m + 500, True), (border_m - 500, False)):
        policy = Policy(pickup_radius_m=radius_m)
        ways = express(net, basket, there, {}, policy, WEDNESDAY, methods, np.zeros(1))
        assert found is (
            None if ways is None else any(METHODS[row[at_.METHOD]] == "pickup" for row in ways.options)
        )


def test_what_is_collected_shares_no_plan_with_the_slot_before_it() -> None:
    """One line by courier, the other brought to the store: whichever method is asked for first."""
    nodes = node("N0", 40.75, courier_radius_m=9_000, pick_lead_minutes=60), node("N1", 40.74)
    net = network(*nodes, slots=(SlotSpec("late", time(16), time(18)),))
    basket, there = Basket((line("1"), line("2")), NEW_YORK), Stock(np.eye(2, dtype=np.int64) * 5)
    policy, breadth = Policy(courier_slots=1), np.zeros(2)
    for methods in (("pickup", "courier"), ("courier", "pickup")):
        found = express(net, basket, there, {}, policy, WEDNESDAY, methods, breadth)
        prices = breadth_prices(net, policy, np.ones(2, np.int64), there.available, breadth)
        whole = decided(net, basket, there, Capacity({}), policy, WEDNESDAY, methods, prices)
        assert found is not None
        assert told(found, net, basket, policy, WEDNESDAY, methods) == said(whole, basket)


def test_without_nodes_the_other_way_says_so() -> None:
    basket = Basket((line("1"),), NEW_YORK)
    nothing = Stock(np.zeros((1, 0), np.int64))
    assert express(network(), basket, nothing, {}, Policy(), WEDNESDAY, METHODS, np.zeros(0)) is None


def test_no_request_compiles_it_again() -> None:
    """Whatever shape and layout the arrays come in: another type of them would cost a minute."""
    for names in ("A", "AB", "ABC"):
        net = network(*(node(name) for name in names))
        wide = np.full((2, len(names) + 2), 5)[:, : len(names)]
        basket = Basket((line("1"), line("2")), NEW_YORK)
        for free in ({}, {("A", WEDNESDAY.date(), "ship"): 0}):
            assert express(
                net, basket, Stock(wide), free, Policy(), WEDNESDAY, METHODS, np.zeros(5)[: len(names)],
                np.zeros((2, len(names))), np.zeros((len(names), DAYS)),
            )  # fmt: skip
    assert len(answered.signatures) == 1  # type: ignore[attr-defined]  # Numba's own
