"""What is left of each node's days, laid out once."""

from __future__ import annotations

from datetime import date, time

import pytest

from routing import rooms
from routing.network import Network, SlotSpec
from routing.network_spec import METHODS, SHIP
from routing.problem import UNLIMITED, Ints
from routing.rooms import rooms_left
from tests.routing.shop import network, node

NET = network(node("A", limits={"ship": 7}), node("B"))
SLOT = SlotSpec("six", time(18), time(20), capacity=4)
MONDAY, TUESDAY = date(2026, 1, 12), date(2026, 1, 13)


def shipping_rooms(net: Network, free: dict[tuple[str, date, str], int], first: date, days: int) -> Ints:
    return rooms_left(net, free, first).by_method[METHODS.index(SHIP), :, :days]


def test_the_limit_holds_where_nothing_was_held() -> None:
    free = {
        ("A", TUESDAY, SHIP): 2,
        ("B", MONDAY, SHIP): 0,
        ("B", MONDAY, "pickup"): 9,
        ("C", MONDAY, SHIP): 4,
    }
    assert shipping_rooms(NET, free, MONDAY, 3).tolist() == [[7, 2, 7], [0, UNLIMITED, UNLIMITED]]


def test_days_outside_the_table_are_left_out() -> None:
    free = {("A", MONDAY, SHIP): 2, ("A", date(2026, 3, 1), SHIP): 3}
    assert shipping_rooms(NET, free, TUESDAY, 2).tolist() == [[7, 7], [UNLIMITED, UNLIMITED]]


def test_another_mapping_day_or_network_is_another_question() -> None:
    first, second = {("A", MONDAY, SHIP): 1}, {("A", MONDAY, SHIP): 5}
    assert shipping_rooms(NET, first, MONDAY, 1)[0, 0] == 1
    assert shipping_rooms(NET, second, MONDAY, 1)[0, 0] == 5
    assert shipping_rooms(NET, second, TUESDAY, 1)[0, 0] == 7
    other = network(node("B"), node("A"))
    assert shipping_rooms(other, second, MONDAY, 1).tolist() == [[UNLIMITED], [5]]


def test_slots_are_counted_apart_unless_they_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    net = network(node("A"), node("B"), slots=(SLOT,))
    left = rooms_left(net, {("A", TUESDAY, "courier:six"): 1, ("A", TUESDAY, "courier:gone"): 0}, MONDAY)
    assert left.by_slot is not None
    assert left.by_slot[0, :, :3].tolist() == [[4, 1, 4], [4, 4, 4]]
    monkeypatch.setattr(rooms, "MOST_SLOT_ROOMS", 1)
    assert rooms_left(net, {}, MONDAY).by_slot is None
