"""Networks: what is refused, what stays the same, which lane wins."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.geo import great_circle_m
from routing.lanes import NO_LANE, plain_postcode
from routing.network import (
    CalendarSpec,
    DeliverySpec,
    LaneSpec,
    NetworkRefused,
    NetworkSpec,
    SlotSpec,
    TariffSpec,
    build_network,
)
from tests.routing.shop import FLAT, SHOP_HOURS, network, node

A, B = node("A"), node("B", 42.36, -71.06)
GOOD = NetworkSpec(1, "USD", (A, B), (FLAT,), (LaneSpec("flat", 2),), (SHOP_HOURS,))
LATE = (time(18), time(9))

FAULTS = [
    (replace(GOOD, nodes=(replace(A, lat=91.0),)), "/nodes/0/lat", "off_the_globe"),
    (replace(GOOD, nodes=(replace(A, lon=-181.0),)), "/nodes/0/lon", "off_the_globe"),
    (replace(GOOD, nodes=(replace(A, lon=float("nan")),)), "/nodes/0/lon", "off_the_globe"),
    (replace(GOOD, nodes=(A, A)), "/nodes/1", "duplicate_node"),
    (replace(GOOD, nodes=(replace(A, id=""),)), "/nodes/0", "missing_name"),
    (replace(GOOD, nodes=(replace(A, timezone="Mars/Base"),)), "/nodes/0/timezone", "unknown_timezone"),
    (replace(GOOD, nodes=(replace(A, timezone="../etc"),)), "/nodes/0/timezone", "unknown_timezone"),
    (replace(GOOD, nodes=(replace(A, methods=frozenset({"fly"})),)), "/nodes/0/methods", "unknown_method"),
    (replace(GOOD, nodes=(replace(A, calendar="moon"),)), "/nodes/0/calendar", "unknown_calendar"),
    (replace(GOOD, nodes=(replace(A, limits={"ship": -1}),)), "/nodes/0/limits/ship", "negative"),
    (replace(GOOD, nodes=(replace(A, pick_minor=-1),)), "/nodes/0/pick_minor", "negative"),
    (
        replace(GOOD, nodes=(replace(A, reject_probability=1.5),)),
        "/nodes/0/reject_probability",
        "not_a_probability",
    ),
    (
        replace(GOOD, nodes=(replace(A, country="QQ"),), calendars=(replace(SHOP_HOURS, holidays=True),)),
        "/nodes/0/country",
        "unknown_holidays",
    ),
    (replace(GOOD, lanes=(LaneSpec("none", 1),)), "/lanes/0/tariff", "unknown_tariff"),
    (replace(GOOD, lanes=(LaneSpec("flat", 1, node="Z"),)), "/lanes/0/node", "unknown_node"),
    (replace(GOOD, lanes=(LaneSpec("flat", 1, to_node="Z"),)), "/lanes/0/to_node", "unknown_node"),
    (replace(GOOD, lanes=(LaneSpec("flat", -1),)), "/lanes/0/transit_days", "out_of_range"),
    (replace(GOOD, lanes=(LaneSpec("flat", 1, up_to_km=0),)), "/lanes/0/up_to_km", "lane_reach_not_positive"),
    (replace(GOOD, lanes=(LaneSpec("flat", 1, method="fly"),)), "/lanes/0/method", "unknown_method"),
    (replace(GOOD, calendars=(SHOP_HOURS, SHOP_HOURS)), "/calendars/1", "duplicate_calendar"),
    (
        replace(GOOD, calendars=(replace(SHOP_HOURS, week=(LATE,) * 7),), nodes=()),
        "/calendars/0/week/0",
        "closes_before_it_opens",
    ),
    (replace(GOOD, calendars=(CalendarSpec("shop", ()),)), "/calendars/0/week", "not_a_week"),
    (
        replace(GOOD, calendars=(replace(SHOP_HOURS, special={date(2026, 1, 1): LATE}),)),
        "/calendars/0/special/2026-01-01",
        "closes_before_it_opens",
    ),
    (replace(GOOD, slots=(SlotSpec("s", time(12), time(10)),)), "/slots/0", "closes_before_it_opens"),
    (replace(GOOD, slots=(SlotSpec("s", time(9), time(10), "Z"),)), "/slots/0/node", "unknown_node"),
    (replace(GOOD, slots=(SlotSpec("s", time(9), time(10), capacity=-1),)), "/slots/0/capacity", "negative"),
    (replace(GOOD, deliveries=(DeliverySpec("QQ"),)), "/deliveries/0/country", "unknown_holidays"),
    (
        replace(GOOD, deliveries=(DeliverySpec("US", weekdays=frozenset()),)),
        "/deliveries/0/weekdays",
        "not_a_weekday",
    ),
]


@pytest.mark.parametrize(("spec", "pointer", "code"), FAULTS)
def test_a_bad_network_is_refused_where_it_is_bad(spec: NetworkSpec, pointer: str, code: str) -> None:
    with pytest.raises(NetworkRefused) as refused:
        build_network(spec)
    assert (pointer, code) in [(fault.pointer, fault.code) for fault in refused.value.faults]


def test_all_faults_come_together() -> None:
    spec = replace(GOOD, nodes=(replace(A, lat=91.0, pick_minor=-1),), lanes=(LaneSpec("none", -1),))
    with pytest.raises(NetworkRefused) as refused:
        build_network(spec)
    codes = [fault.code for fault in refused.value.faults]
    assert codes == ["off_the_globe", "negative", "unknown_tariff", "out_of_range"]


def test_a_network_without_nodes_is_built() -> None:
    assert build_network(NetworkSpec(0, "USD", ())).node_ids == ()


def test_the_digest_depends_on_what_is_said_and_not_on_how() -> None:
    digest = build_network(GOOD).digest
    shuffled = replace(A, methods=frozenset(sorted(A.methods, reverse=True)), limits={})
    assert build_network(replace(GOOD, nodes=(shuffled, B))).digest == digest
    assert build_network(replace(GOOD, nodes=(replace(A, fixed_minor=1), B))).digest != digest
    assert build_network(replace(GOOD, version=2)).digest != digest


def test_nodes_that_work_alike_share_a_profile() -> None:
    net = network(A, B, node("C", ship_cutoff=time(12)), node("D", timezone="America/Chicago"))
    assert len(net.profiles) == 3
    assert net.profile.tolist() == [0, 0, 1, 2]


LANES = st.lists(
    st.builds(
        LaneSpec,
        tariff=st.just("flat"),
        transit_days=st.just(1),
        node=st.sampled_from(["*", "A", "B"]),
        country=st.sampled_from([None, "US", "CA"]),
        postcode_prefix=st.sampled_from([None, "1", "10", "10 0", "2"]),
        up_to_km=st.sampled_from([None, 50.0, 500.0]),
        to_node=st.sampled_from([None, None, "B"]),
        method=st.sampled_from(["ship", "courier"]),
    ),
    max_size=12,
)


@settings(max_examples=300, deadline=None)
@given(LANES, st.sampled_from(["10001", "1", "20", ""]), st.booleans())
def test_the_first_lane_that_fits_wins(lanes: list[LaneSpec], postcode: str, known: bool) -> None:
    net = network(A, B, lanes=tuple(lanes))
    distance_m = net.distances_m(40.75 if known else None, -74.0)
    found = net.lanes_to("ship", "US", postcode, distance_m)
    for n, name in enumerate(net.node_ids):
        fitting = [r for r, lane in enumerate(lanes) if _fits(lane, name, postcode, distance_m[n])]
        assert found[n] == (fitting[0] if fitting else NO_LANE)


def _fits(lane: LaneSpec, name: str, postcode: str, distance_m: float) -> bool:
    prefix = plain_postcode(lane.postcode_prefix or "")
    near = lane.up_to_km is None or (not np.isnan(distance_m) and distance_m <= lane.up_to_km * 1000)
    place = lane.node in ("*", name) and lane.country in (None, "US") and postcode.startswith(prefix)
    return place and near and lane.method == "ship" and lane.to_node is None


def test_a_transfer_lane_serves_only_its_store() -> None:
    net = network(A, B, lanes=(LaneSpec("flat", 0, to_node="B"), LaneSpec("flat", 3)))
    assert net.lanes_to_store(net.index["B"])[0].tolist() == [0, 0]
    assert net.lanes_to_store(net.index["A"])[0].tolist() == [1, 1]
    assert net.lanes_to("ship", "US", "", net.distances_m(None, None)).tolist() == [1, 1]


def test_distances_to_a_store_are_those_between_the_sites() -> None:
    net = network(A, B)
    expected = great_circle_m(B.lat, B.lon, net.lat, net.lon)
    assert np.array_equal(net.lanes_to_store(1)[1], expected)


def test_a_destination_takes_the_time_zone_of_the_nearest_node_of_its_country() -> None:
    windsor = node("CA", 42.31, -83.03, country="CA", timezone="America/Toronto")
    chicago = node("US", 41.9, -87.6, timezone="America/Chicago")
    net = network(windsor, chicago)
    near_windsor = net.distances_m(42.33, -83.05)
    assert net.timezone_at("US", near_windsor) == "America/Chicago"
    assert net.timezone_at("CA", near_windsor) == "America/Toronto"
    assert net.timezone_at("FR", near_windsor) == "America/Toronto"


def test_the_tariff_of_a_lane_is_its_card() -> None:
    net = network(A, tariffs=(FLAT, TariffSpec("b", ((10, 1),))), lanes=(LaneSpec("b", 1),))
    assert net.cards.names[net.lanes.card[0]] == "b"
