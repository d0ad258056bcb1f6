"""What is left of each node's days, laid out once."""

from __future__ import annotations

from datetime import date

from routing.network_spec import SHIP
from routing.problem import UNLIMITED
from routing.rooms import shipping_rooms
from tests.routing.shop import network, node

NET = network(node("A", limits={"ship": 7}), node("B"))
MONDAY, TUESDAY = date(2026, 1, 12), date(2026, 1, 13)


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
