"""Every way of saying no, and what would have to change."""

from __future__ import annotations

from datetime import date

import pytest

from routing.network import CalendarSpec, LaneSpec, Network
from routing.policy import Policy
from routing.promise import Destination, Offer, best
from tests.routing.shop import EVERYTHING, SHOP_HOURS, line, network, node, offered

SHUT = CalendarSpec("shut", (None,) * 7)
PARIS = Destination("FR", "75001", 48.86, 2.35)
US_ONLY = (LaneSpec("flat", 2, country="US"),)


def codes(found: Offer) -> list[tuple[str, tuple[str, ...]]]:
    return [(row.code, row.lines) for row in found.unavailable]


def one(net: Network, found: Offer, code: str) -> None:
    """Nothing is offered, for this one reason, which the explanation gives too."""
    assert not found.options
    assert codes(found) == [(code, ("1",))]
    assert [reason.value for reason in found.unavailable[0].blocking[0].reasons] == [code]


@pytest.mark.parametrize(
    ("net", "code"),
    [
        (network(node("A", active=False)), "inactive"),
        (network(node("A", methods=EVERYTHING - {"ship"})), "method_not_offered"),
        (network(node("A"), lanes=()), "no_lane"),
        (network(node("A"), lanes=(LaneSpec("flat", 1, up_to_km=0.5),)), "no_lane"),
        (network(node("A", calendar="shut"), calendars=(SHOP_HOURS, SHUT)), "closed"),
        (network(node("A", limits={"ship": 0})), "node_capacity_exhausted"),
        (network(node("A", refuses=frozenset({"cold"}))), "flag_refused"),
        (network(node("A"), lanes=(LaneSpec("flat", 1, refuses=frozenset({"hazmat"})),)), "flag_refused"),
    ],
)
def test_a_node_that_has_it_but_may_not(net: Network, code: str) -> None:
    fussy = line("1", flags=frozenset({"cold", "hazmat"}))
    one(net, offered(net, {"A": {"1": 1}}, fussy), code)


def test_ship_alone_is_refused_under_its_own_name() -> None:
    net = network(node("A", refuses=frozenset({"ship_alone"})))
    one(net, offered(net, {"A": {"1": 1}}, line("1", flags=frozenset({"ship_alone"}))), "ship_alone")


def test_too_heavy_for_every_step() -> None:
    net = network(node("A"))
    assert offered(net, {"A": {"1": 1}}, line("1", weight_g=20_000)).options
    one(net, offered(net, {"A": {"1": 1}}, line("1", weight_g=20_001)), "too_heavy")


def test_a_kit_too_heavy_for_one_parcel() -> None:
    lines = (line("1", weight_g=15_000, kit="K"), line("2", weight_g=15_000, kit="K"))
    found = offered(network(node("A")), {"A": {"1": 1, "2": 1}}, *lines)
    assert codes(found) == [("too_heavy", ("1", "2"))]


def test_a_blocked_node_or_pair() -> None:
    net = network(node("A"), node("B"))
    units = {"A": {"1": 1}, "B": {"1": 1}}
    by_order = offered(net, units, line("1"), blocked=frozenset({("*", "A")}))
    assert by_order.options[0].parcels[0].node == "B"
    one(net, offered(net, units, line("1"), blocked=frozenset({("*", "A"), ("1", "B")})), "node_blocked")


def test_no_stock_anywhere() -> None:
    net = network(node("A"))
    one(net, offered(net, {}, line("1")), "insufficient_stock")
    assert codes(offered(network(), {}, line("1"))) == [("insufficient_stock", ("1",))]


def test_no_destination() -> None:
    assert codes(offered(network(node("A")), {"A": {"1": 1}}, line("1"), to=None)) == [
        ("no_location", ("1",))
    ]


def test_another_country() -> None:
    net = network(node("A"), lanes=US_ONLY)
    one(net, offered(net, {"A": {"1": 1}}, line("1"), to=PARIS), "no_lane")


def test_part_of_a_basket_is_offered_and_the_rest_named() -> None:
    found = offered(network(node("A")), {"A": {"1": 1, "2": 1}}, line("1"), line("2", 3), line("3"))
    (option,) = found.options
    assert {(left.line, left.quantity) for left in option.unfilled} == {("2", 2), ("3", 1)}
    assert codes(found) == [("insufficient_stock", ("2", "3"))]
    assert best(found.options, "cheapest") is option
    assert option.cost_to_serve.cost_minor < 100_000, "penalties are no cost to serve"


def test_the_smallest_set_that_blocks() -> None:
    double = node("DOUBLE", active=False, methods=EVERYTHING - {"ship"})
    single = node("SINGLE", limits={"ship": 0})
    net = network(double, single)
    found = offered(net, {"DOUBLE": {"1": 5}, "SINGLE": {"1": 1}}, line("1"))
    assert [reason.value for reason in found.unavailable[0].blocking[0].reasons] == [
        "node_capacity_exhausted"
    ]
    more = offered(net, {"DOUBLE": {"1": 5}, "SINGLE": {"1": 1}}, line("1", 5))
    assert [reason.value for reason in more.unavailable[0].blocking[0].reasons] == [
        "inactive",
        "method_not_offered",
    ]
    all_of_it = offered(net, {"DOUBLE": {"1": 5}, "SINGLE": {"1": 1}}, line("1", 6))
    assert len(all_of_it.unavailable[0].blocking[0].reasons) == 3


def test_eligible_nodes_that_may_not_send_enough_parcels() -> None:
    alone = line("1", 2, flags=frozenset({"ship_alone"}))
    free = {("A", date.fromordinal(date(2026, 1, 14).toordinal() + day), "ship"): 1 for day in range(40)}
    found = offered(network(node("A")), {"A": {"1": 2}}, alone, free=free)
    assert codes(found) == [("node_capacity_exhausted", ("1",))]
    assert [left.quantity for left in found.options[0].unfilled] == [1]


def test_every_node_without_a_part_in_it_has_its_reason() -> None:
    net = network(node("A"), node("B", active=False), node("C"), node("D", refuses=frozenset({"cold"})))
    lines = (line("1"), line("2", flags=frozenset({"cold"})))
    units = {"A": {"1": 1, "2": 1}, "B": {"1": 1}, "D": {"1": 1, "2": 1}}
    (option,) = offered(net, units, *lines).options
    assert {(out.node, out.line, out.reason) for out in option.exclusions} == {
        ("B", None, "inactive"),
        ("C", None, "insufficient_stock"),
        ("D", "2", "flag_refused"),
    }
    assert all(out.detail for out in option.exclusions)


def test_nothing_leaves_beyond_the_horizon() -> None:
    free = {("A", date(2026, 1, day), "ship"): 0 for day in range(14, 20)}
    net = network(node("A"))
    assert offered(net, {"A": {"1": 1}}, line("1"), free=free, policy=Policy(horizon_days=6)).options
    found = offered(net, {"A": {"1": 1}}, line("1"), free=free, policy=Policy(horizon_days=5))
    one(net, found, "node_capacity_exhausted")
