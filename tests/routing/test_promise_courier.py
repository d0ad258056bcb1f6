"""Courier: slots with capacity and order-before times, on demand without them."""

from __future__ import annotations

from datetime import date, time, timedelta

from routing.network import LaneSpec, SlotSpec, TariffSpec
from routing.policy import Policy, PriceRule
from routing.promise import Basket, Capacity, CapacityHold, Destination, Option, Promised, keep
from tests.routing.shop import NEW_YORK, WEDNESDAY, line, network, node, offered, only, stock, utc

CITY = node("CITY", 40.75, -73.99, courier_radius_m=8_000, courier_minor=700, pick_lead_minutes=30)
NOON = SlotSpec("noon", time(12), time(14), capacity=2, order_before_minutes=90)
EVENING = SlotSpec("evening", time(16), time(18), order_before_minutes=60)
NET = network(CITY, slots=(NOON, EVENING))
ONE_SLOT = Policy(courier_slots=1)


def test_the_next_slots_soonest_first() -> None:
    found = offered(NET, {"CITY": {"1": 1}}, line("1"), method="courier", policy=Policy(courier_slots=3))
    assert [(option.slot, option.window_from) for option in found.options] == [
        ("noon", utc(2026, 1, 14, 17)),
        ("evening", utc(2026, 1, 14, 21)),
        ("noon", utc(2026, 1, 15, 17)),
    ]
    first = found.options[0]
    assert first.window_to == utc(2026, 1, 14, 19)
    assert first.order_before == utc(2026, 1, 14, 15, 30)
    assert first.holds == (CapacityHold("CITY", date(2026, 1, 14), "courier:noon", 1),)
    assert first.cost_to_serve.fixed_minor == 700
    assert "fastest" in first.tags


def test_the_order_before_time_counts_to_the_second() -> None:
    last = utc(2026, 1, 14, 15, 29, 59)
    in_time = offered(NET, {"CITY": {"1": 1}}, line("1"), method="courier", at=last, policy=ONE_SLOT)
    late = offered(
        NET, {"CITY": {"1": 1}}, line("1"), method="courier", at=last + timedelta(seconds=1), policy=ONE_SLOT
    )
    assert only(in_time).slot == "noon"
    assert only(late).slot == "evening"


def test_a_slot_the_node_cannot_be_ready_for_is_not_offered() -> None:
    slow = node("CITY", 40.75, -73.99, courier_radius_m=8_000, pick_lead_minutes=180)
    net = network(slow, slots=(NOON, EVENING))
    assert (
        only(offered(net, {"CITY": {"1": 1}}, line("1"), method="courier", policy=ONE_SLOT)).slot == "evening"
    )


def test_a_full_slot_is_skipped_and_a_nearly_full_one_takes_what_fits() -> None:
    full = {("CITY", date(2026, 1, 14), "courier:noon"): 0}
    assert (
        only(offered(NET, {"CITY": {"1": 1}}, line("1"), method="courier", free=full, policy=ONE_SLOT)).slot
        == "evening"
    )
    alone = line("1", 3, flags=frozenset({"ship_alone"}))
    found = offered(NET, {"CITY": {"1": 3}}, alone, method="courier", policy=Policy(courier_slots=2))
    assert {option.slot for option in found.options} == {"evening"}


def test_all_slots_full_says_so() -> None:
    net = network(CITY, slots=(SlotSpec("noon", time(12), time(14), capacity=0),))
    found = offered(net, {"CITY": {"1": 1}}, line("1"), method="courier")
    assert [row.code for row in found.unavailable] == ["node_capacity_exhausted"]


def test_no_slot_left_says_so() -> None:
    net = network(CITY, slots=(SlotSpec("never", time(12), time(14), weekdays=frozenset()),))
    found = offered(net, {"CITY": {"1": 1}}, line("1"), method="courier")
    assert [row.code for row in found.unavailable] == ["slot_closed"]


def test_slots_rest_when_the_node_does() -> None:
    saturday_night = utc(2026, 1, 18, 2)
    found = offered(NET, {"CITY": {"1": 1}}, line("1"), method="courier", at=saturday_night, policy=ONE_SLOT)
    assert only(found).window_from == utc(2026, 1, 19, 17)


def test_slots_follow_the_wall_clock_over_a_change() -> None:
    friday = utc(2026, 3, 6, 22)
    net = network(CITY, slots=(SlotSpec("s", time(12), time(14), weekdays=frozenset({0})),))
    option = only(offered(net, {"CITY": {"1": 1}}, line("1"), method="courier", at=friday, policy=ONE_SLOT))
    assert option.window_from == utc(2026, 3, 9, 16)


def test_out_of_reach_and_nowhere() -> None:
    far = Destination("US", "19019", 39.95, -75.16)
    found = offered(NET, {"CITY": {"1": 1}}, line("1"), method="courier", to=far)
    assert [row.code for row in found.unavailable] == ["no_node_in_radius"]
    blind = offered(NET, {"CITY": {"1": 1}}, line("1"), method="courier", to=Destination("US", "10001"))
    assert [row.code for row in blind.unavailable] == ["no_location"]
    nowhere = offered(NET, {"CITY": {"1": 1}}, line("1"), method="courier", to=None)
    assert [row.code for row in nowhere.unavailable] == ["no_location"]


def test_on_demand_with_some_grace_to_the_next_quarter() -> None:
    net = network(CITY)
    at = utc(2026, 1, 14, 15, 1)
    option = only(offered(net, {"CITY": {"1": 1}}, line("1"), method="courier", at=at))
    assert option.window_from == utc(2026, 1, 14, 16, 31)
    assert option.window_to == utc(2026, 1, 14, 17, 15)
    assert option.order_before == utc(2026, 1, 14, 15, 45)
    assert option.holds == (CapacityHold("CITY", date(2026, 1, 14), "courier", 1),)


def test_on_demand_a_full_day_becomes_tomorrow() -> None:
    net = network(CITY)
    free = {("CITY", date(2026, 1, 14), "courier"): 0}
    option = only(offered(net, {"CITY": {"1": 1}}, line("1"), method="courier", free=free))
    assert option.window_from == utc(2026, 1, 15, 15)


def test_courier_lanes_set_the_price_by_distance() -> None:
    tariffs = (TariffSpec("near", ((20_000, 300),)), TariffSpec("far", ((20_000, 800),)))
    lanes = (
        LaneSpec("near", 0, up_to_km=2, method="courier"),
        LaneSpec("far", 0, up_to_km=6, method="courier"),
    )
    net = network(CITY, tariffs=tariffs, lanes=lanes, slots=(EVENING,))
    costs = []
    for lat in (40.75, 40.79):
        to = Destination("US", "10001", lat, -73.99)
        option = only(offered(net, {"CITY": {"1": 1}}, line("1"), method="courier", to=to, policy=ONE_SLOT))
        costs.append(option.cost_to_serve.transport_minor)
    assert costs == [300, 800]
    beyond = offered(
        net, {"CITY": {"1": 1}}, line("1"), method="courier", to=Destination("US", "", 40.81, -73.99)
    )
    assert [row.code for row in beyond.unavailable] == ["no_lane"]


def test_two_nodes_share_a_slot() -> None:
    other = node("OTHER", 40.76, -73.98, courier_radius_m=8_000, courier_minor=700)
    net = network(CITY, other, slots=(NOON,))
    option = only(
        offered(
            net,
            {"CITY": {"1": 1}, "OTHER": {"2": 1}},
            line("1"),
            line("2"),
            method="courier",
            policy=ONE_SLOT,
        )
    )
    assert {hold.node for hold in option.holds} == {"CITY", "OTHER"}
    assert {hold.bucket for hold in option.holds} == {"courier:noon"}


def test_a_slot_promised_is_kept_after_its_order_before_time() -> None:
    lines = (line("1"),)
    promised = Promised("courier", utc(2026, 1, 14, 19), "noon")
    late = utc(2026, 1, 14, 16)
    args = (Basket(lines, NEW_YORK), stock(NET, lines, {"CITY": {"1": 1}}), Capacity(), Policy())
    kept = keep(NET, *args, late, promised)
    assert isinstance(kept, Option)
    assert (kept.slot, kept.window_to) == ("noon", promised.window_to)
    gone = keep(NET, *args, utc(2026, 1, 14, 16, 31), promised)
    assert not isinstance(gone, Option)
    assert gone.code == "slot_closed"
    assert isinstance(keep(NET, *args, WEDNESDAY, promised), Option)


def test_next_to_its_radius_the_geodesic_decides_not_the_great_circle() -> None:
    north, east = Destination("US", "10001", 40.82, -73.99), Destination("US", "10001", 40.75, -73.90)
    for to, radius_m, reached in ((north, 7_778, True), (north, 7_773, False), (east, 7_590, False)):
        net = network(node("CITY", 40.75, -73.99, courier_radius_m=radius_m), slots=(NOON,))
        found = offered(net, {"CITY": {"1": 1}}, line("1"), method="courier", to=to)
        assert bool(found.options) is reached
        near = offered(
            net,
            {"CITY": {"1": 1}},
            line("1"),
            method="pickup",
            to=to,
            policy=Policy(pickup_radius_m=radius_m),
        )
        assert bool(near.options) is reached


def test_a_price_by_distance_goes_by_the_geodesic() -> None:
    near = PriceRule(method="courier", up_to_km=7.59, amount_minor=100)
    policy = Policy(price_rules=(near, PriceRule(method="courier", amount_minor=900)), courier_slots=1)
    for to, price in (((40.75, -73.90), 900), ((40.75, -73.9002), 100)):
        found = offered(
            NET,
            {"CITY": {"1": 1}},
            line("1"),
            method="courier",
            to=Destination("US", "10001", *to),
            policy=policy,
        )
        assert only(found).customer_price_minor == price
