"""What each verb of the stock promises, as sentences."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError

from inventory import (
    reads,
    stock,
    stock_groups,
    stock_inbound,
    stock_shipping,
    stock_transfers,
)
from inventory.documents import Announcement, Receipt, ReceiptLine, ShipRequest, TransferLine, TransferRequest
from inventory.movements import Cause, Change, Count, Move, Note
from inventory.outcomes import (
    Closed,
    Diminished,
    Displaced,
    Insufficient,
    Rehomed,
    Replayed,
    Rescheduled,
)
from inventory.requests import (
    CapacityLine,
    FirmRequest,
    Incoming,
    MoveRequest,
    MoveStep,
    PartLine,
    ReserveLine,
    Shelf,
    Unplaced,
)
from inventory.stock_load import LoadLine, load_counts
from inventory.stock_reserve import move
from tests.inventory.asking import ask
from tests.inventory.ledger_check import faults
from tests.inventory.shop import T0, balance, furnish, minutes, position

DAY = date(2026, 1, 12)


def test_a_till_sale_displaces_carts_before_orders_and_late_promises_before_early(conn: Connection) -> None:
    ask(conn, "soon", 3, life=None, promise=60)
    ask(conn, "late", 3, life=None, promise=600)
    ask(conn, "cart", 2, promise=10)
    report = stock.sell(conn, T0, [Change("N0", "S0", 6)])
    assert [(loss.group_id, loss.quantity) for loss in report.displaced] == [("cart", 2), ("late", 2)]
    assert report.displaced[1] == Displaced("late", "ann", "", True, "1", "S0", "N0", 2, minutes(600))
    assert position(conn, "N0", "S0") == (4, 4)
    assert stock_groups.firm(conn, T0, [FirmRequest("cart")]) == [Diminished("cart")]
    step = MoveStep("1", "S0", 2, Unplaced(), Shelf("N1"), minutes(600))
    assert move(conn, T0, [MoveRequest("late", (step,))]) == [Rehomed("late")]
    assert [row.group_id for row in reads.homeless(conn, most=9)] == ["cart"]


def test_more_sold_than_on_hand_is_found_first(conn: Connection) -> None:
    stock.sell(conn, T0, [Change("N0", "S0", 12)])
    assert position(conn, "N0", "S0") == (0, 0)
    assert balance(conn, "N0:missing", "S0") == -2
    assert balance(conn, "customer", "S0") == 12


def test_incoming_units_become_shelf_units_of_those_who_waited(conn: Connection) -> None:
    order = Announcement("po", "N1", minutes(600), (("S0", 6),))
    stock_inbound.announce(conn, T0, [order])
    assert [(row.node, row.free) for row in reads.future(conn, ["S0", "S1"])] == [("N1", 6)]
    ask(conn, "late", 3, Incoming("po"), life=None, promise=900)
    ask(conn, "soon", 2, Incoming("po"), life=None, promise=700)
    assert isinstance(ask(conn, "more", 2, Incoming("po")), Insufficient)
    later = Announcement("po", "N1", minutes(800), (("S0", 6),))
    assert stock_inbound.announce(conn, T0, [later]) == [Rescheduled("po", ("soon",))]
    stock_inbound.receive_inbound(conn, T0, [Receipt("po", (ReceiptLine("S0", 3),))])
    assert position(conn, "N1", "S0") == (13, 3)
    report = stock_inbound.receive_inbound(conn, T0, [Receipt("po", (), close=True)])
    assert [(loss.group_id, loss.quantity) for loss in report.displaced] == [("late", 2)]
    assert balance(conn, "inbound:po", "S0") == 0
    receipt = Receipt("po", (ReceiptLine("S0", 1),))
    assert stock_inbound.receive_inbound(conn, T0, [receipt]).outcomes == [Closed("po", "closed")]


def test_a_transfer_carries_a_promise_to_the_store(conn: Connection) -> None:
    ask(conn, "g", 4, life=None)
    lines = (TransferLine("1", "S0", 4, "g"), TransferLine("2", "S1", 3))
    request = TransferRequest("t", "N0", "N1", minutes(600), lines)
    stock_transfers.plan_transfers(conn, T0, [request])
    assert position(conn, "N0", "S1") == (10, 3)
    assert stock_transfers.plan_transfers(conn, T0, [request]) == [Replayed("t", "planned", None)]
    stock_shipping.ship(conn, T0, [ShipRequest("t")])
    assert (position(conn, "N0", "S0"), position(conn, "N0", "S1")) == ((6, 0), (7, 0))
    assert balance(conn, "in_transit:t", "S0") == 4
    short_and_over = (ReceiptLine("S0", 3), ReceiptLine("S1", 4))
    report = stock_transfers.receive_transfers(conn, T0, [Receipt("t", short_and_over, close=True)])
    assert [(loss.group_id, loss.quantity) for loss in report.displaced] == [("g", 1)]
    assert (position(conn, "N1", "S0"), position(conn, "N1", "S1")) == ((13, 3), (14, 0))
    assert (balance(conn, "N1:missing", "S0"), balance(conn, "N0:missing", "S1")) == (1, -1)
    assert stock_shipping.ship(conn, T0, [ShipRequest("t")]) == [Closed("t", "closed")]


def test_counts_by_the_thousand_do_what_single_counts_do(engine: Engine) -> None:
    with engine.begin() as conn:
        furnish(conn, 2, 300)
        stock.receive(conn, T0, [Change("N0", "S0", 10)])
        ask(conn, "g", 6, life=None)
    lines = [LoadLine(f"N{i}", f"S{j}", (i + j) % 5, "A-1") for i in range(2) for j in range(300)]
    chunks = list(load_counts(engine, T0, lines, Note(), chunk=250))
    assert [chunk.applied for chunk in chunks] == [250, 250, 100]
    assert [loss.quantity for chunk in chunks for loss in chunk.displaced] == [6]
    [unknown] = load_counts(engine, T0, [LoadLine("N0", "S0", 1), LoadLine("N9", "S0", 1)], Note())
    assert (unknown.applied, unknown.unknown) == (0, (1,))
    with engine.connect() as conn:
        assert faults(conn) == {}
        assert position(conn, "N1", "S2") == (3, 0)


def test_pages_go_on_where_the_last_one_ended(conn: Connection) -> None:
    first = reads.positions(conn, most=3)
    assert [(row.node, row.sku) for row in first] == [("N0", "S0"), ("N1", "S0"), ("N0", "S1")]
    assert [row.node for row in reads.positions(conn, after=("S1", "N0"), most=9)] == ["N1"]
    for name, life in (("a", 5), ("b", None), ("c", 5)):
        ask(conn, name, 1, life=life)
    page = reads.open_groups(
        conn, reads.GroupFilter(owner="ann", sku="S0"), after=(T0 - timedelta(1), ""), most=2
    )
    assert [(group.id, group.parts[0].quantity) for group in page] == [("a", 1), ("b", 1)]
    rest = reads.open_groups(conn, reads.GroupFilter(), after=(page[-1].created_at, page[-1].id), most=9)
    assert [group.id for group in rest] == ["c"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE position SET reserved = on_hand + 1",
        "UPDATE position SET on_hand = -1, reserved = -1",
        "UPDATE sku SET backordered = backorder_cap + 1",
        "UPDATE inbound_line SET promised = quantity + 1",
        'UPDATE capacity SET held = "limit" + 1',
        "UPDATE reservation_group SET expires_at = created_at + interval '241 minutes'",
    ],
)
def test_the_database_itself_refuses_what_must_not_be(conn: Connection, statement: str) -> None:
    ask(conn, "g", 1, capacity=(CapacityLine("N0", DAY, "ship", 1, 1),))
    stock_inbound.announce(conn, T0, [Announcement("po", "N1", T0, (("S0", 6),))])
    with pytest.raises(IntegrityError), conn.begin_nested():
        conn.execute(text(statement))


@pytest.mark.parametrize(
    "make",
    [
        lambda: ReserveLine("1", "S0", 0, Shelf("N0")),
        lambda: Move("S0", -1, "supplier", "N0:shelf", Cause.RECEIVE),
        lambda: Move("S0", 1, "nowhere", "N0:shelf", Cause.RECEIVE),
        lambda: Move("S0", 1, "N0:attic", "N0:shelf", Cause.RECEIVE),
        lambda: Count("N0", "S0", -1),
        lambda: PartLine("1", 0),
    ],
)
def test_impossible_values_cannot_be_made(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"out of range|not a place|not a valid"):
        make()
