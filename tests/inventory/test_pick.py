"""At the shelf: units in hand, and units that are not to be had."""

import pytest
from sqlalchemy import Connection

from inventory import stock, stock_groups, stock_pick
from inventory.movements import Change, Count
from inventory.outcomes import Closed, FellShort, InHand, Insufficient, Unknown
from inventory.reads import homeless
from inventory.requests import (
    NodeLine,
    PartLine,
    PickRequest,
    PostRequest,
    ShortRequest,
    ShortRule,
    VoidRequest,
)
from tests.inventory.asking import ask
from tests.inventory.shop import T0, balance, position


def pick(conn: Connection, group: str, units: int, back: bool = False) -> object:
    """So many of S0 at N0."""
    verb = stock_pick.unpick if back else stock_pick.pick
    return verb(conn, T0, [PickRequest(group, (NodeLine("1", "N0", units),))])[0]


def fall_short(conn: Connection, group: str, units: int, rule: ShortRule) -> tuple[object, dict[str, int]]:
    """The outcome, and what others lost."""
    request = ShortRequest(group, (NodeLine("1", "N0", units),), rule, "a_reason")
    report = stock_pick.short(conn, T0, [request])
    return report.outcomes[0], {loss.group_id: loss.quantity for loss in report.displaced}


def in_hand(conn: Connection, group: str) -> int:
    query = "SELECT sum(quantity) FROM reservation WHERE state = 'held' AND in_hand AND group_id = %s"
    return int(conn.exec_driver_sql(query, (group,)).scalar() or 0)


def blocked(conn: Connection) -> bool:
    query = (
        "SELECT blocked FROM position p JOIN node n ON n.no = p.node_no JOIN sku s ON s.no = p.sku_no"
        " WHERE n.id = 'N0' AND s.id = 'S0'"
    )
    return bool(conn.exec_driver_sql(query).scalar())


def test_units_in_hand_are_marked_and_unmarked(conn: Connection) -> None:
    ask(conn, "g", 5, life=None)
    assert pick(conn, "g", 3) == InHand("g", 3)
    assert in_hand(conn, "g") == 3
    assert isinstance(pick(conn, "g", 3), Insufficient)
    assert pick(conn, "g", 2, back=True) == InHand("g", 2)
    assert in_hand(conn, "g") == 1
    assert isinstance(pick(conn, "g", 2, back=True), Insufficient)
    assert position(conn, "N0", "S0") == (10, 5)


def test_only_units_of_an_order_are_picked(conn: Connection) -> None:
    ask(conn, "cart", 2)
    assert pick(conn, "cart", 1) == Closed("cart", "active")
    assert fall_short(conn, "cart", 1, ShortRule.ZERO) == (Closed("cart", "active"), {})
    assert pick(conn, "nobody", 1) == Unknown("group", ("nobody",))


def test_what_is_in_hand_is_displaced_last(conn: Connection) -> None:
    ask(conn, "picked", 4, life=None, promise=900)
    ask(conn, "soon", 4, life=None, promise=5)
    pick(conn, "picked", 4)
    report = stock.count(conn, T0, [Count("N0", "S0", 5)])
    assert [(loss.group_id, loss.quantity) for loss in report.displaced] == [("soon", 3)]


def test_what_is_in_hand_leaves_first_and_is_voided_last(conn: Connection) -> None:
    ask(conn, "g", 6, life=None)
    pick(conn, "g", 3)
    stock_groups.void(conn, T0, [VoidRequest("g", (PartLine("1", 2),))])
    assert in_hand(conn, "g") == 3
    stock_groups.post(conn, T0, [PostRequest("g", (PartLine("1", 3, "N0"),))])
    assert in_hand(conn, "g") == 0
    assert position(conn, "N0", "S0") == (7, 1)


@pytest.mark.parametrize(
    ("rule", "shelf", "missing", "damaged", "others"),
    [
        (ShortRule.ZERO, (1, 1), 9, 0, {"other": 3, "cart": 1}),
        (ShortRule.MINUS, (8, 5), 2, 0, {}),
        (ShortRule.DAMAGED, (8, 5), 0, 2, {}),
        (ShortRule.NONE, (10, 5), 0, 0, {}),
    ],
)
def test_each_rule_says_what_becomes_of_the_shelf(
    conn: Connection,
    rule: ShortRule,
    shelf: tuple[int, int],
    missing: int,
    damaged: int,
    others: dict[str, int],
) -> None:
    ask(conn, "g", 2, life=None)
    ask(conn, "other", 4, life=None)
    ask(conn, "cart", 1)
    pick(conn, "other", 1)
    assert fall_short(conn, "g", 2, rule) == (FellShort("g", 2), others)
    assert position(conn, "N0", "S0") == shelf
    assert balance(conn, "N0:missing", "S0") == missing
    assert balance(conn, "N0:damaged", "S0") == damaged
    assert blocked(conn) is (rule is not ShortRule.NONE)
    [waiting] = homeless(conn, groups=["g"], most=9)
    assert (waiting.node, waiting.quantity, waiting.cause) == ("N0", 2, "a_reason")


def test_a_short_pair_can_be_promised_again_once_it_is_counted(conn: Connection) -> None:
    ask(conn, "g", 2, life=None)
    fall_short(conn, "g", 2, ShortRule.MINUS)
    assert isinstance(ask(conn, "next", 1), Insufficient)
    stock.count(conn, T0, [Count("N0", "S0", 8)])
    assert not isinstance(ask(conn, "again", 8), Insufficient)


def test_units_in_hand_may_fall_short_too_after_the_others(conn: Connection) -> None:
    ask(conn, "g", 4, life=None)
    pick(conn, "g", 3)
    assert fall_short(conn, "g", 2, ShortRule.DAMAGED)[0] == FellShort("g", 2)
    assert in_hand(conn, "g") == 2
    outcome, _ = fall_short(conn, "g", 3, ShortRule.DAMAGED)
    assert isinstance(outcome, Insufficient)


def test_a_short_that_names_too_much_changes_nothing(conn: Connection) -> None:
    ask(conn, "g", 2, life=None)
    lines = (NodeLine("1", "N0", 2), NodeLine("1", "N1", 1))
    report = stock_pick.short(conn, T0, [ShortRequest("g", lines, ShortRule.ZERO, "a_reason")])
    assert isinstance(report.outcomes[0], Insufficient)
    assert position(conn, "N0", "S0") == (10, 2)
    assert not blocked(conn)


def test_more_may_be_sold_at_the_till_than_is_not_in_hand(conn: Connection) -> None:
    ask(conn, "g", 8, life=None)
    pick(conn, "g", 8)
    report = stock.sell(conn, T0, [Change("N0", "S0", 4)])
    assert [(loss.group_id, loss.quantity) for loss in report.displaced] == [("g", 2)]
    assert in_hand(conn, "g") == 6
