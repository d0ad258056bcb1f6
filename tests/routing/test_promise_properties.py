"""What holds for any network, basket and stock."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.network import (
    DeliverySpec,
    LaneSpec,
    Network,
    NetworkSpec,
    NodeSpec,
    SlotSpec,
    TariffSpec,
    build_network,
)
from routing.network_spec import EVERY_DAY, METHODS
from routing.policy import Policy
from routing.promise import (
    Basket,
    BasketLine,
    Capacity,
    Destination,
    Incoming,
    Offer,
    Option,
    Promised,
    Stock,
    keep,
    offer,
)
from routing.verify import recount
from tests.routing.shop import SHOP_HOURS, node, utc

TARIFFS = (
    TariffSpec("near", ((500, 300), (2000, 420), (10_000, 900))),
    TariffSpec("far", ((500, 250), (2000, 700), (10_000, 650))),
)
LANES = (LaneSpec("near", 1, up_to_km=150, co2_g_per_kg_km=0.2), LaneSpec("far", 3, co2_g_per_kg_km=0.1))
SLOTS = (SlotSpec("noon", time(12), time(14), capacity=2), SlotSpec("six", time(18), time(20)))
START = utc(2026, 3, 5)


@st.composite
def networks(draw: st.DrawFn) -> Network:
    nodes = [draw(_nodes(f"N{n}")) for n in range(draw(st.integers(1, 5)))]
    slots = draw(st.sampled_from([(), SLOTS]))
    deliveries = draw(st.sampled_from([(), (DeliverySpec("US", weekdays=EVERY_DAY, holidays=False),)]))
    return build_network(
        NetworkSpec(1, "USD", tuple(nodes), TARIFFS, LANES, (SHOP_HOURS,), slots, deliveries, 5000.0)
    )


@st.composite
def _nodes(draw: st.DrawFn, name: str) -> NodeSpec:
    return node(
        name,
        draw(st.floats(40.0, 42.0)),
        draw(st.floats(-75.0, -73.0)),
        fixed_minor=draw(st.integers(0, 300)),
        pick_minor=draw(st.integers(0, 50)),
        pick_lead_minutes=draw(st.sampled_from([0, 45, 600])),
        courier_radius_m=draw(st.sampled_from([0, 20_000, 200_000])),
        calendar=draw(st.sampled_from(["shop", None])),
        limits=draw(st.sampled_from([{}, {"ship": 1}, {"ship": 3, "pickup": 1}])),
        reject_probability=draw(st.sampled_from([0.0, 0.1])),
    )


@st.composite
def baskets(draw: st.DrawFn) -> Basket:
    lines = tuple(
        BasketLine(
            str(place),
            draw(st.sampled_from(["A", "B", "C"])) if draw(st.booleans()) else f"S{place}",
            draw(st.integers(1, 3)),
            draw(st.integers(1, 4000)),
            flags=draw(st.sampled_from([frozenset(), frozenset(), frozenset({"ship_alone"})])),
            kit=draw(st.sampled_from([None, None, None, "K"])),
        )
        for place in range(draw(st.integers(1, 3)))
    )
    place = Destination("US", "10001", draw(st.floats(40.0, 42.0)), draw(st.floats(-75.0, -73.0)))
    return Basket(lines, place)


@st.composite
def questions(draw: st.DrawFn) -> tuple[Network, Basket, Stock, datetime]:
    net, basket = draw(networks()), draw(baskets())
    shape = (len(basket.lines), len(net.node_ids))
    by_sku: dict[str, list[int]] = {}
    for one in basket.lines:
        by_sku.setdefault(one.sku, draw(st.lists(st.integers(0, 4), min_size=shape[1], max_size=shape[1])))
    available = np.array([by_sku[one.sku] for one in basket.lines], dtype=np.int64)
    coming = draw(st.lists(_incoming(basket, net), max_size=2))
    at = START + timedelta(seconds=draw(st.integers(0, 8 * 86_400)))
    return net, basket, Stock(available, tuple(coming)), at


@st.composite
def _incoming(draw: st.DrawFn, basket: Basket, net: Network) -> Incoming:
    line = draw(st.sampled_from([one.id for one in basket.lines]))
    at = START + timedelta(hours=draw(st.integers(0, 400)))
    return Incoming(line, draw(st.sampled_from(net.node_ids)), at, draw(st.integers(1, 4)), "PO")


POLICIES = st.sampled_from(
    [Policy(), Policy(late_day_minor=120, parcel_minor=30, co2_minor_per_kg=500, resource_minor=200)]
)


def cost(option: Option) -> float:
    return option.cost_to_serve.cost_minor + option.cost_to_serve.felt_minor


@settings(max_examples=150, deadline=None)
@given(questions(), POLICIES)
def test_options_are_sound(question: tuple[Network, Basket, Stock, datetime], policy: Policy) -> None:
    net, basket, stock, at = question
    for option in offer(net, basket, stock, Capacity(), policy, at).options:
        assert at <= option.window_from <= option.window_to
        assert at < option.order_before
        assert all(at <= parcel.ship_at <= parcel.arrive_at <= option.window_to for parcel in option.parcels)
        assert not recount(option.problem, option.plan).faults
        assert sum(parcel.cost_minor for parcel in option.parcels) == option.cost_to_serve.cost_minor
        wanted = {line.id: line.quantity for line in basket.lines}
        for parcel in option.parcels:
            for take in parcel.takes:
                wanted[take.line] -= take.quantity
        assert wanted == dict.fromkeys(wanted, 0) | {left.line: left.quantity for left in option.unfilled}


@settings(max_examples=150, deadline=None)
@given(questions(), POLICIES)
def test_tags_say_the_truth(question: tuple[Network, Basket, Stock, datetime], policy: Policy) -> None:
    net, basket, stock, at = question
    for method in METHODS:
        found = offer(net, basket, stock, Capacity(), policy, at, (method,))
        assert found.options or found.unavailable
        least = min((sum(left.quantity for left in option.unfilled) for option in found.options), default=0)
        full = [o for o in found.options if sum(left.quantity for left in o.unfilled) == least]
        for option in full:
            if "cheapest" in option.tags:
                assert all(cost(option) <= cost(other) + 1e-6 for other in full)
            if "fastest" in option.tags:
                assert all(_arrival(option) <= _arrival(other) for other in full)
            if "fewest_parcels" in option.tags:
                assert all(len(option.parcels) <= len(other.parcels) for other in full)
        assert {tag for option in found.options for tag in option.tags} == (
            {"cheapest", "fastest", "fewest_parcels"} if found.options else set()
        )


def _arrival(option: Option) -> datetime:
    return max(parcel.arrive_at for parcel in option.parcels)


def _soonest(found: Offer) -> datetime | None:
    return min((_arrival(option) for option in found.options if not option.unfilled), default=None)


@settings(max_examples=150, deadline=None)
@given(questions(), st.sampled_from(["ship", "courier"]), st.data())
def test_more_stock_is_never_later(
    question: tuple[Network, Basket, Stock, datetime], method: str, data: st.DataObject
) -> None:
    net, basket, stock, at = question
    before = _soonest(offer(net, basket, stock, Capacity(), Policy(), at, (method,)))
    sku = data.draw(st.sampled_from([one.sku for one in basket.lines]))
    n = data.draw(st.integers(0, len(net.node_ids) - 1))
    more = stock.available.copy()
    more[[one.sku == sku for one in basket.lines], n] += 3
    after = _soonest(offer(net, basket, Stock(more, stock.incoming), Capacity(), Policy(), at, (method,)))
    if before is not None:
        assert after is not None
        assert after <= before


def _by_then(net: Network, basket: Basket, stock: Stock, then: datetime) -> Stock:
    """What was to come in by then has come."""
    available = stock.available.copy()
    for inc in stock.incoming:
        if inc.at <= then:
            available[[one.id for one in basket.lines].index(inc.line), net.index[inc.node]] += inc.quantity
    coming = tuple(inc for inc in stock.incoming if inc.at > then)
    return replace(stock, available=available, incoming=coming)


@settings(max_examples=100, deadline=None)
@given(questions(), st.integers(0, 600))
def test_a_promise_can_be_kept_until_its_order_before_instant(
    question: tuple[Network, Basket, Stock, datetime], minutes: int
) -> None:
    net, basket, stock, at = question
    for option in offer(net, basket, stock, Capacity(), Policy(), at).options:
        if option.unfilled:
            continue
        then = min(at + timedelta(minutes=minutes), option.order_before - timedelta(seconds=1))
        promised = Promised(option.method, option.window_to, option.slot, option.pickup_node)
        kept = keep(net, basket, _by_then(net, basket, stock, then), Capacity(), Policy(), then, promised)
        assert isinstance(kept, Option)
        assert _arrival(kept) <= option.window_to
        assert (kept.method, kept.slot, kept.pickup_node) == (
            option.method, option.slot, option.pickup_node
        )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(questions())
def test_the_same_question_has_the_same_answer(question: tuple[Network, Basket, Stock, datetime]) -> None:
    net, basket, stock, at = question
    again = build_network(net.spec)
    first = offer(net, basket, stock, Capacity(), Policy(), at)
    assert offer(again, basket, stock, Capacity(), Policy(), at) == first
