"""Stock on its way: later promises; promises already given: kept or refused."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from routing.network import DeliverySpec, LaneSpec, Network
from routing.network_spec import EVERY_DAY
from routing.policy import Policy
from routing.promise import (
    Basket,
    Capacity,
    Incoming,
    IncomingUse,
    Option,
    Promised,
    Unavailable,
    best,
    keep,
)
from tests.routing.shop import NEW_YORK, WEDNESDAY, line, network, node, offered, only, stock, utc

DAILY = DeliverySpec("US", weekdays=EVERY_DAY, holidays=False)
LANES = (LaneSpec("flat", 1, up_to_km=500), LaneSpec("flat", 5))
NET = network(node("NEAR"), node("FAR", 34.05, -118.24), lanes=LANES, deliveries=(DAILY,))
FRIDAY = utc(2026, 1, 16, 15)


def test_units_on_their_way_are_promised_from_their_date_on() -> None:
    coming = (Incoming("1", "NEAR", FRIDAY, 2, "PO-1"),)
    found = offered(NET, {"NEAR": {"1": 1}}, line("1", 3), coming=coming)
    whole = best(found.options, "cheapest")
    assert whole is not None
    assert not whole.unfilled
    assert whole.window_to == utc(2026, 1, 18, 1)
    assert whole.parcels[0].incoming == (IncomingUse("1", "PO-1", 2),)
    assert [row.code for row in found.unavailable] == ["insufficient_stock"]
    partial = [option for option in found.options if option.unfilled]
    assert [option.window_to for option in partial] == [utc(2026, 1, 16, 1)]


def test_the_earliest_date_that_suffices_is_promised() -> None:
    coming = (
        Incoming("1", "NEAR", FRIDAY + timedelta(days=7), 5, "PO-2"),
        Incoming("1", "NEAR", FRIDAY, 1, "PO-1"),
    )
    one = offered(NET, {}, line("1", 1), coming=coming)
    two = offered(NET, {}, line("1", 2), coming=coming)
    assert one.options[0].window_to == utc(2026, 1, 18, 1)
    assert two.options[0].window_to > utc(2026, 1, 24)
    assert two.options[0].parcels[0].incoming == (IncomingUse("1", "PO-1", 1), IncomingUse("1", "PO-2", 1))


def test_incoming_nearby_may_beat_stock_far_away() -> None:
    coming = (Incoming("1", "NEAR", WEDNESDAY + timedelta(hours=2), 1, "PO-1"),)
    found = offered(NET, {"FAR": {"1": 1}}, line("1"), coming=coming)
    fastest = best(found.options, "fastest")
    assert fastest is not None
    assert fastest.parcels[0].node == "NEAR"
    assert not found.unavailable


def test_incoming_that_is_no_sooner_is_left_alone() -> None:
    coming = (Incoming("1", "FAR", FRIDAY, 1, "PO-1"), Incoming("1", "NEAR", WEDNESDAY, 9, "PAST"))
    option = only(offered(NET, {"NEAR": {"1": 1}}, line("1"), coming=coming))
    assert not option.parcels[0].incoming


@pytest.mark.parametrize("method", ["pickup", "courier"])
def test_every_method_waits_for_incoming(method: str) -> None:
    net = network(node("CITY", 40.75, -73.99, courier_radius_m=9_000))
    coming = (Incoming("1", "CITY", FRIDAY, 1, "PO-1"),)
    found = offered(net, {}, line("1"), method=method, coming=coming)
    assert found.options[0].window_from >= FRIDAY
    assert found.options[0].window_from.date() == FRIDAY.date()


def kept(
    net: Network,
    units: dict[str, dict[str, int]],
    promised: Promised,
    at: datetime = WEDNESDAY,
    *coming: Incoming,
    quantity: int = 1,
) -> Option | Unavailable:
    lines = (line("1", quantity),)
    there = stock(net, lines, units, *coming)
    return keep(net, Basket(lines, NEW_YORK), there, Capacity(), Policy(), at, promised)


def test_a_promise_is_kept_from_another_node_when_in_time() -> None:
    late_enough = Promised("ship", utc(2026, 1, 20, 1))
    found = kept(NET, {"FAR": {"1": 1}}, late_enough)
    assert isinstance(found, Option)
    assert found.window_to <= late_enough.window_to
    too_soon = Promised("ship", found.window_to - timedelta(seconds=1))
    refused = kept(NET, {"FAR": {"1": 1}}, too_soon)
    assert isinstance(refused, Unavailable)
    assert refused.code == "too_late"
    assert [reason.value for reason in refused.blocking[0].reasons] == ["too_late"]


def test_a_promise_is_kept_whole_or_refused() -> None:
    refused = kept(NET, {"NEAR": {"1": 1}}, Promised("ship", utc(2026, 1, 25)), quantity=2)
    assert isinstance(refused, Unavailable)
    assert refused.code == "insufficient_stock"


def test_the_cheapest_plan_in_time_is_taken() -> None:
    net = network(
        node("NEAR", fixed_minor=500), node("FAR", 34.05, -118.24), lanes=LANES, deliveries=(DAILY,)
    )
    units = {"NEAR": {"1": 1}, "FAR": {"1": 1}}
    slow = kept(net, units, Promised("ship", utc(2026, 1, 25)))
    quick = kept(net, units, Promised("ship", utc(2026, 1, 16, 1)))
    assert isinstance(slow, Option)
    assert isinstance(quick, Option)
    assert (slow.parcels[0].node, quick.parcels[0].node) == ("FAR", "NEAR")


def test_incoming_counts_where_it_is_in_time() -> None:
    promised = Promised("ship", utc(2026, 1, 18, 1))
    found = kept(NET, {}, promised, WEDNESDAY, Incoming("1", "NEAR", FRIDAY, 1, "PO-1"))
    assert isinstance(found, Option)
    late = kept(NET, {}, promised, WEDNESDAY, Incoming("1", "NEAR", FRIDAY + timedelta(days=1), 1, "PO-1"))
    assert isinstance(late, Unavailable)


def test_a_pickup_stays_at_its_store() -> None:
    net = network(node("S1", 40.75, -73.99), node("S2", 40.76, -73.98), deliveries=(DAILY,))
    promised = Promised("pickup", utc(2026, 1, 14, 23), pickup_node="S1")
    found = kept(net, {"S1": {"1": 1}, "S2": {"1": 1}}, promised)
    assert isinstance(found, Option)
    assert found.pickup_node == "S1"
    assert found.window_to <= promised.window_to
    refused = kept(net, {"S2": {"1": 1}}, promised)
    assert isinstance(refused, Unavailable)
    assert refused.code == "too_late"


def test_what_was_offered_can_be_kept_until_its_order_before_instant() -> None:
    for method in ("ship", "pickup", "courier"):
        net = network(node("CITY", 40.75, -73.99, courier_radius_m=9_000, pick_lead_minutes=45))
        option = only(offered(net, {"CITY": {"1": 1}}, line("1"), method=method))
        promised = Promised(method, option.window_to, option.slot, option.pickup_node)
        last = option.order_before - timedelta(seconds=1)
        assert last > WEDNESDAY
        assert isinstance(kept(net, {"CITY": {"1": 1}}, promised, last), Option)
