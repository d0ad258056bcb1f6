"""Parcels to an address: when they leave and arrive, from where, at what cost and price."""

from __future__ import annotations

from datetime import date, timedelta

from routing.network import DeliverySpec, LaneSpec, TariffSpec
from routing.network_spec import EVERY_DAY
from routing.policy import Policy, PriceRule
from routing.promise import CapacityHold, Destination, Promised, best
from routing.verify import recount
from tests.routing.shop import WEDNESDAY, line, network, node, offered, only, utc

NEAR = node("NEAR", fixed_minor=100, pick_minor=10)
FAR = node("FAR", 34.05, -118.24, timezone="America/Los_Angeles", fixed_minor=50, pick_minor=10)
DAILY = DeliverySpec("US", weekdays=EVERY_DAY, holidays=False)
LANES = (LaneSpec("flat", 1, up_to_km=500), LaneSpec("cheap", 4))
CHEAP = TariffSpec("cheap", ((1000, 200), (5000, 300)))
TARIFFS = (TariffSpec("flat", ((1000, 500), (5000, 900), (20000, 2000))), CHEAP)
NET = network(NEAR, FAR, lanes=LANES, tariffs=TARIFFS, deliveries=(DAILY,))


def test_one_parcel_from_the_only_node_that_has_it() -> None:
    option = only(offered(NET, {"NEAR": {"1": 3}}, line("1", 2)))
    (parcel,) = option.parcels
    assert (parcel.node, parcel.takes[0].quantity) == ("NEAR", 2)
    assert parcel.ship_at == utc(2026, 1, 14, 23)
    assert (option.window_from, option.window_to) == (utc(2026, 1, 15, 13), utc(2026, 1, 16, 1))
    assert option.order_before == utc(2026, 1, 14, 19)
    assert option.tags == ("cheapest", "fastest", "fewest_parcels")
    assert option.holds == (CapacityHold("NEAR", date(2026, 1, 14), "ship", 1),)
    cost = option.cost_to_serve
    assert (cost.transport_minor, cost.fixed_minor, cost.pick_minor) == (500, 100, 20)
    assert parcel.cost_minor == cost.cost_minor == 620
    assert not recount(option.problem, option.plan).faults


def test_ordering_at_the_order_before_instant_is_too_late_for_it() -> None:
    option = only(offered(NET, {"NEAR": {"1": 3}}, line("1")))
    just = only(offered(NET, {"NEAR": {"1": 3}}, line("1"), at=option.order_before - timedelta(seconds=1)))
    late = only(offered(NET, {"NEAR": {"1": 3}}, line("1"), at=option.order_before))
    assert just.window_to == option.window_to
    assert late.window_to == option.window_to + timedelta(days=1)


def test_cheap_and_slow_or_fast_and_dear() -> None:
    both = offered(NET, {"NEAR": {"1": 1}, "FAR": {"1": 1}}, line("1"))
    fast, cheap = both.options
    assert (fast.tags, fast.parcels[0].node) == (("fastest",), "NEAR")
    assert (cheap.tags, cheap.parcels[0].node) == (("cheapest", "fewest_parcels"), "FAR")
    assert fast.window_to < cheap.window_to
    assert fast.cost_to_serve.cost_minor > cheap.cost_to_serve.cost_minor
    assert best(both.options, "fastest") is fast
    assert best(both.options, "cheapest") is cheap


def test_a_day_of_delay_has_a_value() -> None:
    patient = offered(NET, {"NEAR": {"1": 1}, "FAR": {"1": 1}}, line("1"), policy=Policy(late_day_minor=10))
    hasty = offered(NET, {"NEAR": {"1": 1}, "FAR": {"1": 1}}, line("1"), policy=Policy(late_day_minor=500))
    assert len(patient.options) == 2
    option = only(hasty)
    assert option.parcels[0].node == "NEAR"
    assert option.cost_to_serve.lateness_minor == 2 * 500


def test_fewer_parcels_cost_more_here() -> None:
    lines = (line("1", weight_g=900), line("2", weight_g=900))
    big = node("BIG", fixed_minor=900)
    net = network(NEAR, FAR, big, lanes=LANES, tariffs=TARIFFS, deliveries=(DAILY,))
    found = offered(net, {"FAR": {"1": 1}, "NEAR": {"2": 1}, "BIG": {"1": 1, "2": 1}}, *lines)
    fewest = best(found.options, "fewest_parcels")
    cheapest = best(found.options, "cheapest")
    assert fewest is not None
    assert cheapest is not None
    assert [parcel.node for parcel in fewest.parcels] == ["BIG"]
    assert sorted(parcel.node for parcel in cheapest.parcels) == ["FAR", "NEAR"]


def test_a_full_day_passes_the_order_to_the_next() -> None:
    free = {("NEAR", date(2026, 1, 14), "ship"): 0, ("NEAR", date(2026, 1, 15), "ship"): 0}
    option = only(offered(NET, {"NEAR": {"1": 1}}, line("1"), free=free))
    assert option.window_to == utc(2026, 1, 18, 1)
    assert option.holds[0].date == date(2026, 1, 16)
    assert option.order_before == utc(2026, 1, 16, 19)


def test_the_last_parcel_of_a_day_is_not_given_twice() -> None:
    lines = (line("1", 2, flags=frozenset({"ship_alone"})),)
    units = {"NEAR": {"1": 2}, "FAR": {"1": 2}}
    found = offered(NET, units, *lines, free={("FAR", date(2026, 1, 14), "ship"): 1})
    cheapest = best(found.options, "cheapest")
    assert cheapest is not None
    assert sorted(parcel.node for parcel in cheapest.parcels) == ["FAR", "NEAR"]
    assert not cheapest.unfilled


def test_limits_of_a_node_count_without_entries() -> None:
    net = network(node("A", limits={"ship": 0}), node("B"))
    found = offered(net, {"A": {"1": 5}, "B": {"1": 1}}, line("1", 2))
    assert found.unavailable[0].code == "node_capacity_exhausted"
    assert [parcel.node for parcel in found.options[0].parcels] == ["B"]


def test_customers_pay_by_rule_and_not_by_cost() -> None:
    rules = (
        PriceRule("ship", within_days=2, amount_minor=1_500),
        PriceRule("ship", amount_minor=499, free_from_minor=5_000),
    )
    units = {"NEAR": {"1": 1}, "FAR": {"1": 1}}
    for price, expected in ((4_999, 499), (5_000, 0)):
        found = offered(NET, units, line("1", unit_price_minor=price), policy=Policy(price_rules=rules))
        assert [option.customer_price_minor for option in found.options] == [1_500, expected]


def test_a_kit_leaves_whole_from_one_node() -> None:
    lines = (line("1", kit="K"), line("2", kit="K"))
    found = offered(NET, {"FAR": {"1": 1}, "NEAR": {"1": 1, "2": 1}}, *lines)
    option = only(found)
    assert [parcel.node for parcel in option.parcels] == ["NEAR"]
    assert ("FAR", "kit_not_whole") in {(out.node, out.reason) for out in option.exclusions}


def test_two_lines_of_one_sku_share_its_stock() -> None:
    lines = (line("1", 2, sku="S"), line("2", 2, sku="S"))
    found = offered(NET, {"NEAR": {"1": 3, "2": 3}}, *lines)
    assert sum(left.quantity for left in found.options[0].unfilled) == 1
    assert found.unavailable[0].code == "insufficient_stock"


def test_dimensional_weight_decides_the_tariff_step() -> None:
    net = network(NEAR, dimensional_divisor_mm3_per_g=5.0)
    option = only(offered(net, {"NEAR": {"1": 1}}, line("1", weight_g=100, unit_volume_mm3=10_000)))
    assert option.cost_to_serve.transport_minor == 900


def test_postcode_and_unknown_coordinates() -> None:
    net = network(NEAR, lanes=(LaneSpec("flat", 1, up_to_km=500), LaneSpec("flat", 6)), deliveries=(DAILY,))
    blind = only(offered(net, {"NEAR": {"1": 1}}, line("1"), to=Destination("US", "10001")))
    assert blind.window_to == utc(2026, 1, 21, 1)


def test_the_promise_of_a_saturday_night() -> None:
    net = network(NEAR)
    option = only(offered(net, {"NEAR": {"1": 1}}, line("1"), at=utc(2026, 1, 18, 4)))
    assert option.parcels[0].ship_at == utc(2026, 1, 19, 23)
    assert option.window_to == utc(2026, 1, 22, 1)


def test_values_compare_and_print() -> None:
    one = only(offered(NET, {"NEAR": {"1": 1}}, line("1"), at=WEDNESDAY))
    assert one == only(offered(NET, {"NEAR": {"1": 1}}, line("1"), at=WEDNESDAY))
    assert Promised(one.method, one.window_to).slot is None
