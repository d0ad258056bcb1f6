"""What reservations promise, as sentences."""

from datetime import date

from sqlalchemy import Connection, text

from inventory import (
    reads,
    stock,
    stock_groups,
    stock_settings,
)
from inventory.movements import Change, Count, FenceLine, Note, SafetyStock
from inventory.outcomes import (
    CapacityExhausted,
    Closed,
    Conflict,
    Insufficient,
    Posted,
    Rehomed,
    Released,
    Replayed,
    Reserved,
    Shortage,
    TooLong,
    Unknown,
    Want,
)
from inventory.requests import (
    Backorder,
    CapacityLine,
    ExtendRequest,
    FirmRequest,
    MoveRequest,
    MoveStep,
    PartLine,
    PostRequest,
    ReserveLine,
    ReserveRequest,
    Shelf,
    VoidRequest,
)
from inventory.stock_reserve import move, reserve
from tests.inventory.asking import ask
from tests.inventory.shop import T0, balance, minutes, position

DAY = date(2026, 1, 12)


def test_a_request_that_cannot_have_all_its_lines_has_none(conn: Connection) -> None:
    lines = (ReserveLine("1", "S0", 3, Shelf("N0")), ReserveLine("2", "S1", 11, Shelf("N1")))
    [outcome] = reserve(conn, T0, [ReserveRequest("g", "web", "ann", "", lines, minutes(15))])
    assert outcome == Insufficient("g", (Shortage("2", "S1", "N1", 11, 10, Want.STOCK),))
    assert position(conn, "N0", "S0") == (10, 0)


def test_the_same_group_is_a_replay_and_other_content_a_conflict(conn: Connection) -> None:
    assert ask(conn, "g", 3) == Reserved("g", minutes(15))
    assert ask(conn, "g", 3, life=20, promise=90) == Replayed("g", "active", minutes(15))
    assert ask(conn, "g", 4) == Conflict("g")
    stock_groups.void(conn, T0, [VoidRequest("g")])
    assert ask(conn, "g", 3) == Replayed("g", "voided", minutes(15))
    assert position(conn, "N0", "S0") == (10, 0)


def test_a_refused_group_may_ask_again(conn: Connection) -> None:
    assert isinstance(ask(conn, "g", 11), Insufficient)
    assert ask(conn, "g", 10) == Reserved("g", minutes(15))


def test_a_customers_own_cart_hides_nothing_from_their_checkout(conn: Connection) -> None:
    slot = (CapacityLine("N0", DAY, "courier", 1, 1),)
    assert isinstance(ask(conn, "cart", 10, capacity=slot), Reserved)
    assert isinstance(ask(conn, "other", 1), Insufficient)
    assert ask(conn, "order", 9, capacity=slot, replaces="cart") == Reserved("order", minutes(15))
    assert position(conn, "N0", "S0") == (10, 9)
    assert isinstance(ask(conn, "more", 11, replaces="order"), Insufficient)
    assert position(conn, "N0", "S0") == (10, 9)


def test_replacing_does_not_prolong_a_cart_beyond_four_hours(conn: Connection) -> None:
    assert ask(conn, "a", 1, life=241) == TooLong("a", minutes(240))
    ask(conn, "a", 1, life=200)
    line = ReserveLine("1", "S0", 1, Shelf("N0"))
    request = ReserveRequest("b", "web", "ann", "", (line,), minutes(250), (), "a")
    assert reserve(conn, minutes(100), [request]) == [TooLong("b", minutes(240))]
    extend = ExtendRequest("a", minutes(241))
    assert stock_groups.extend(conn, minutes(100), [extend]) == [TooLong("a", minutes(240))]


def test_unknown_ids_are_named(conn: Connection) -> None:
    assert ask(conn, "g", 1, Shelf("N7")) == Unknown("node", ("N7",))
    assert stock_groups.firm(conn, T0, [FirmRequest("g")]) == [Unknown("group", ("g",))]
    report = stock.receive(conn, T0, [Change("N0", "S9", 1), Change("N0", "S0", 1)])
    assert report.outcomes[0] == Unknown("sku", ("S9",))
    assert position(conn, "N0", "S0") == (11, 0)


def test_lapsed_carts_free_their_units_before_anybody_is_refused(conn: Connection) -> None:
    ask(conn, "old", 8, life=15)
    line = ReserveLine("1", "S0", 5, Shelf("N0"))
    [outcome] = reserve(conn, minutes(16), [ReserveRequest("new", "web", "bob", "", (line,), minutes(30))])
    assert outcome == Reserved("new", minutes(30))
    assert stock_groups.firm(conn, minutes(14), [FirmRequest("old")]) == [Closed("old", "expired")]
    assert stock_groups.expire_due(conn, minutes(16)) == [Released("old", "expired", 0)]


def test_fences_and_safety_stock_bind_the_others(conn: Connection) -> None:
    stock_settings.set_safety_stock(conn, T0, [SafetyStock("N0", "S0", 2)])
    stock_settings.set_fences(conn, T0, [FenceLine("N0", "S0", "store", frozenset({"store"}), 3)])
    assert isinstance(ask(conn, "a", 6), Insufficient)
    assert isinstance(ask(conn, "b", 5), Reserved)
    assert isinstance(ask(conn, "c", 1), Insufficient)
    assert isinstance(ask(conn, "d", 3, channel="store"), Reserved)
    stock_groups.void(conn, T0, [VoidRequest("d")])
    assert isinstance(ask(conn, "e", 1), Insufficient)


def test_a_blocked_pair_sells_nothing_until_counted(conn: Connection) -> None:
    stock_settings.block(conn, T0, [("N0", "S0")])
    assert ask(conn, "a", 1) == Insufficient("a", (Shortage("1", "S0", "N0", 1, 0, Want.BLOCKED),))
    stock.count(conn, T0, [Count("N0", "S0", 4)])
    assert isinstance(ask(conn, "b", 4), Reserved)
    assert balance(conn, "N0:missing", "S0") == 6


def test_posting_a_part_splits_the_line(conn: Connection) -> None:
    ask(conn, "g", 5, life=None)
    part = PostRequest("g", (PartLine("1", 2),), note=Note(reference="FO-1", actor="kim"))
    assert stock_groups.post(conn, T0, [part]) == [Posted("g", 2, 3)]
    assert position(conn, "N0", "S0") == (8, 3)
    assert stock_groups.post(conn, T0, [PostRequest("g")]) == [Posted("g", 3, 0)]
    assert stock_groups.post(conn, T0, [PostRequest("g")]) == [Posted("g", 0, 0)]
    mine = [
        row for row in reads.ledger(conn, sku="S0", most=9) if "N0:shelf" in (row.from_place, row.to_place)
    ]
    assert [row.reference for row in mine] == ["", "FO-1", ""]


def test_a_cart_cannot_be_posted(conn: Connection) -> None:
    ask(conn, "g", 5)
    assert stock_groups.post(conn, T0, [PostRequest("g")]) == [Closed("g", "active")]


def test_a_move_splits_a_line_and_moves_the_work_with_it(conn: Connection) -> None:
    here, there = (CapacityLine(node, DAY, "ship", 1, 1) for node in ("N0", "N1"))
    ask(conn, "g", 5, life=None, capacity=(here,))
    part = MoveStep("1", "S0", 2, Shelf("N0"), Shelf("N1"))
    assert move(conn, T0, [MoveRequest("g", (part,), (there,))]) == [Rehomed("g")]
    assert (position(conn, "N0", "S0"), position(conn, "N1", "S0")) == ((10, 3), (10, 2))
    assert isinstance(ask(conn, "h", 1, capacity=(here,)), CapacityExhausted)
    rest = MoveStep("1", "S0", 3, Shelf("N0"), Backorder())
    assert move(conn, T0, [MoveRequest("g", (rest,))]) == [Rehomed("g")]
    assert isinstance(ask(conn, "h", 1, capacity=(here,)), Reserved)
    too_much = MoveStep("1", "S0", 2, Shelf("N1"), Backorder())
    assert isinstance(move(conn, T0, [MoveRequest("g", (too_much,))])[0], Insufficient)
    assert position(conn, "N1", "S0") == (10, 2)


def test_more_work_at_a_node_on_a_day_adds_to_what_was_done_there(conn: Connection) -> None:
    here, there = (CapacityLine(node, DAY, "ship", 1, 9) for node in ("N0", "N1"))
    ask(conn, "g", 5, life=None, capacity=(here,))
    away = MoveStep("1", "S0", 2, Shelf("N0"), Shelf("N1"))
    assert move(conn, T0, [MoveRequest("g", (away,), (there,))]) == [Rehomed("g")]
    assert stock_groups.post(conn, T0, [PostRequest("g", (PartLine("1", 3, "N0"),))]) == [Posted("g", 3, 2)]
    back = MoveStep("1", "S0", 2, Shelf("N1"), Shelf("N0"))
    assert move(conn, T0, [MoveRequest("g", (back,), (here,))]) == [Rehomed("g")]
    counted = "SELECT c.held, h.quantity FROM capacity c JOIN capacity_hold h USING (node_no, day, bucket)"
    at_n0 = text(f"{counted} JOIN node ON node.no = node_no WHERE node.id = 'N0'")
    assert conn.execute(at_n0).all() == [(2, 2)]


def test_back_orders_stop_at_the_cap_and_pre_orders_wait_for_their_day(conn: Connection) -> None:
    assert isinstance(ask(conn, "a", 3, Backorder()), Reserved)
    outcome = ask(conn, "b", 2, Backorder())
    assert outcome == Insufficient("b", (Shortage("1", "S0", None, 2, 1, Want.BACKORDER_CAP),))
    conn.execute(text("UPDATE sku SET preorder_from = '2026-02-01' WHERE id = 'S0'"))
    assert ask(conn, "c", 1, Backorder()) == Insufficient(
        "c", (Shortage("1", "S0", None, 1, 0, Want.PREORDER_NOT_OPEN),)
    )
