"""Collection at a store: from its own shelf, or brought there."""

from __future__ import annotations

from datetime import date, time, timedelta

from routing.network import DeliverySpec, LaneSpec, TariffSpec
from routing.network_spec import EVERY_DAY
from routing.policy import Policy
from routing.promise import CapacityHold, Destination
from tests.routing.shop import SHOP_HOURS, line, network, node, offered, only, utc

STORE = node("STORE", 40.75, -73.99, pick_lead_minutes=60)
OTHER = node("OTHER", 40.80, -73.95, pick_lead_minutes=60)
DEPOT = node("DEPOT", 40.0, -75.0, methods=frozenset({"ship"}), calendar=None, ship_cutoff=time(20))
DAILY = DeliverySpec("US", weekdays=EVERY_DAY, holidays=False)
NET = network(STORE, OTHER, DEPOT, deliveries=(DAILY,))


def test_from_its_own_shelf_after_the_time_to_pick() -> None:
    option = only(offered(NET, {"STORE": {"1": 1}}, line("1"), method="pickup", pickup_node="STORE"))
    assert (option.window_from, option.window_to) == (utc(2026, 1, 14, 16), utc(2026, 1, 14, 23))
    assert option.order_before == utc(2026, 1, 14, 22)
    assert option.cost_to_serve.transport_minor == 0
    assert option.holds == (CapacityHold("STORE", date(2026, 1, 14), "pickup", 1),)
    assert option.pickup_node == "STORE"


def test_ordered_before_that_instant_it_is_still_ready_in_the_window() -> None:
    last = utc(2026, 1, 14, 21, 59, 59)
    first = only(offered(NET, {"STORE": {"1": 1}}, line("1"), method="pickup", pickup_node="STORE", at=last))
    assert first.window_from <= utc(2026, 1, 14, 23)
    late = offered(
        NET, {"STORE": {"1": 1}}, line("1"), method="pickup", pickup_node="STORE",
        at=last + timedelta(seconds=2),
    )  # fmt: skip
    assert late.options[0].window_from > utc(2026, 1, 15)


def test_brought_to_the_store_when_it_has_none() -> None:
    option = only(offered(NET, {"DEPOT": {"1": 1}}, line("1"), method="pickup", pickup_node="STORE"))
    (parcel,) = option.parcels
    assert parcel.node == "DEPOT"
    assert parcel.ship_at == utc(2026, 1, 15, 5)
    # leaves on Wednesday, two delivery days, there by 20:00 on Friday, ready on Saturday at 11:00
    assert parcel.arrive_at == option.window_from == utc(2026, 1, 17, 16)
    assert option.window_to == utc(2026, 1, 17, 21)
    assert option.order_before == utc(2026, 1, 15, 1)
    assert option.holds == (
        CapacityHold("DEPOT", date(2026, 1, 14), "ship", 1),
        CapacityHold("STORE", date(2026, 1, 17), "pickup", 1),
    )
    assert option.cost_to_serve.transport_minor == 500


def test_part_from_the_shelf_and_part_brought() -> None:
    option = only(
        offered(
            NET, {"STORE": {"1": 1}, "DEPOT": {"2": 1}}, line("1"), line("2"),
            method="pickup", pickup_node="STORE",
        )
    )  # fmt: skip
    assert sorted(parcel.node for parcel in option.parcels) == ["DEPOT", "STORE"]
    assert option.window_from == max(parcel.arrive_at for parcel in option.parcels)


def test_a_transfer_lane_goes_first_and_needs_no_ship_method() -> None:
    van = TariffSpec("van", ((100_000, 50),))
    depot = node("DEPOT", 40.0, -75.0, methods=frozenset(), calendar=None)
    lanes = (LaneSpec("van", 0, node="DEPOT", to_node="STORE"), LaneSpec("flat", 2))
    flat = TariffSpec("flat", ((1000, 500),))
    net = network(STORE, depot, lanes=lanes, tariffs=(van, flat), deliveries=(DAILY,))
    option = only(offered(net, {"DEPOT": {"1": 1}}, line("1"), method="pickup", pickup_node="STORE"))
    assert option.cost_to_serve.transport_minor == 50
    assert option.window_from == utc(2026, 1, 16, 15)


def test_without_ship_to_store_only_the_shelf_counts() -> None:
    found = offered(
        NET, {"DEPOT": {"1": 1}}, line("1"), method="pickup", pickup_node="STORE",
        policy=Policy(ship_to_store=False),
    )  # fmt: skip
    assert not found.options
    assert found.unavailable[0].code == "method_not_offered"


def test_the_nearest_stores_that_have_everything_are_offered() -> None:
    found = offered(NET, {"OTHER": {"1": 1}, "STORE": {"1": 1}}, line("1"), method="pickup")
    assert {option.pickup_node for option in found.options} == {"STORE", "OTHER"}
    one = offered(
        NET,
        {"OTHER": {"1": 1}, "STORE": {"1": 1}},
        line("1"),
        method="pickup",
        policy=Policy(pickup_stores=1),
    )
    assert [option.pickup_node for option in one.options] == ["STORE"]
    none_nearer = offered(NET, {"OTHER": {"1": 1}, "DEPOT": {"1": 1}}, line("1"), method="pickup")
    assert {option.pickup_node for option in none_nearer.options} == {"OTHER"}


def test_a_store_that_is_full_today_hands_over_tomorrow() -> None:
    free = {("STORE", date(2026, 1, 14), "pickup"): 0}
    option = only(
        offered(NET, {"STORE": {"1": 1}}, line("1"), method="pickup", pickup_node="STORE", free=free)
    )
    assert option.window_from == utc(2026, 1, 15, 14)
    assert option.holds == (CapacityHold("STORE", date(2026, 1, 15), "pickup", 1),)


def test_a_store_that_never_has_room_says_so() -> None:
    net = network(node("STORE", 40.75, -73.99, limits={"pickup": 0}))
    found = offered(net, {"STORE": {"1": 1}}, line("1"), method="pickup", pickup_node="STORE")
    assert [row.code for row in found.unavailable] == ["node_capacity_exhausted"]


def test_no_store_near_enough() -> None:
    away = Destination("US", "60601", 41.9, -87.6)
    found = offered(NET, {"STORE": {"1": 1}}, line("1"), method="pickup", to=away)
    assert [(row.code, row.lines) for row in found.unavailable] == [("no_node_in_radius", ("1",))]


def test_a_store_that_is_unknown_or_offers_no_pickup() -> None:
    for asked in ("NOWHERE", "DEPOT"):
        found = offered(NET, {"STORE": {"1": 1}}, line("1"), method="pickup", pickup_node=asked)
        assert [row.code for row in found.unavailable] == ["method_not_offered"]


def test_a_store_without_room_in_the_calendar_is_closed() -> None:
    shut = node("SHUT", 40.75, -73.99, calendar="shut")
    closed = type(SHOP_HOURS)("shut", (None,) * 7)
    net = network(shut, calendars=(SHOP_HOURS, closed))
    found = offered(net, {"SHUT": {"1": 1}}, line("1"), method="pickup", pickup_node="SHUT")
    assert [row.code for row in found.unavailable] == ["closed"]


def test_a_store_that_does_not_ship_still_hands_out() -> None:
    store = node("STORE", 40.75, -73.99, methods=frozenset({"pickup"}))
    option = only(offered(network(store), {"STORE": {"1": 1}}, line("1"), method="pickup"))
    assert option.parcels[0].node == "STORE"
