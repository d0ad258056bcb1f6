"""The audit: silent after a day's work with every verb, and loud about each kind of damage."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Connection, Engine

from inventory.audit import Difference, Kind, audit
from inventory.documents import Announcement, Receipt, ReceiptLine, ShipRequest, TransferLine, TransferRequest
from inventory.movements import Change, Count, FenceLine
from inventory.outcomes import Done, Reserved
from inventory.requests import (
    Backorder,
    CapacityLine,
    Incoming,
    PartLine,
    PostRequest,
    ReserveLine,
    ReserveRequest,
    Shelf,
)
from inventory.stock import count, receive, sell
from inventory.stock_groups import post
from inventory.stock_inbound import announce, receive_inbound
from inventory.stock_reserve import reserve
from inventory.stock_settings import set_fences
from inventory.stock_shipping import ship
from inventory.stock_transfers import plan_transfers
from tests.inventory.pool_kit import T0, furnish, run

DAY = date(2026, 1, 11)
Found = tuple[str, str | None, str | None, str, int, int]  # kind, node, SKU, subject, expected, found

LATER = T0 + timedelta(days=3)


def a_days_work(engine: Engine) -> None:
    """Stock, a fence, documents on the road, and one firm group that holds something of everything."""
    furnish(engine, on_hand=0)
    with engine.begin() as conn:
        run(conn, "UPDATE sku SET backorder_cap = 20")
        receive(conn, T0, [Change(f"N{n}", f"S{s}", 20) for n in (1, 2, 3) for s in (1, 2, 3)])
        set_fences(conn, T0, [FenceLine("N1", "S1", "web", frozenset({"web"}), 5)])
        announce(conn, T0, [Announcement("po", "N2", LATER, (("S1", 9), ("S2", 4)))])
        receive_inbound(conn, T0, [Receipt("po", (ReceiptLine("S1", 3),))])
        lines = (
            ReserveLine("1", "S1", 7, Shelf("N1")),
            ReserveLine("2", "S1", 4, Incoming("po")),
            ReserveLine("3", "S3", 6, Backorder()),
            ReserveLine("4", "S2", 5, Shelf("N3")),
        )
        capacity = (CapacityLine("N1", DAY, "ship", 2, 10), CapacityLine("N3", DAY, "ship", 1, 10))
        (made,) = reserve(conn, T0, [ReserveRequest("g", "web", "me", "o", lines, capacity=capacity)])
        assert isinstance(made, Reserved)
        post(conn, T0, [PostRequest("g", (PartLine("4"),))])
        moved = TransferRequest("t", "N2", "N3", LATER, (TransferLine("1", "S2", 6),))
        (planned,) = plan_transfers(conn, T0, [moved])
        assert planned == Done("t")
        ship(conn, T0, [ShipRequest("t")])
        sell(conn, T0, [Change("N3", "S3", 1)])
        count(conn, T0, [Count("N3", "S1", 18)])


def differences(conn: Connection) -> list[Found]:
    return [(d.kind.value, d.node, d.sku, d.subject, d.expected, d.found) for d in audit(conn).differences]


def test_a_days_work_leaves_nothing_to_report(engine: Engine) -> None:
    a_days_work(engine)
    with engine.begin() as conn:
        report = audit(conn)
    assert report.agrees and report.differences == () and report.by_kind() == {}
    assert (report.positions, report.reservations) == (9, 3) and report.movements >= 15


def test_an_empty_database_agrees(engine: Engine) -> None:
    with engine.begin() as conn:
        report = audit(conn)
    assert report.agrees and (report.movements, report.positions, report.reservations) == (0, 0, 0)


DAMAGE: dict[str, tuple[str, list[Found]]] = {
    "a position that the ledger does not bear out": (
        "UPDATE position SET on_hand = 21 WHERE node_no = 2 AND sku_no = 3",
        [("on_hand", "N2", "S3", "", 20, 21)],
    ),
    "a position that is gone": (
        "DELETE FROM position WHERE node_no = 2 AND sku_no = 3",
        [("on_hand", "N2", "S3", "", 20, 0)],
    ),
    "a movement that is gone": (
        "DELETE FROM movement WHERE cause = 'sale'",
        [("on_hand", "N3", "S3", "", 20, 19)],
    ),
    "more reserved than anybody holds": (
        "UPDATE position SET reserved = 2 WHERE node_no = 3 AND sku_no = 1",
        [("reserved", "N3", "S1", "", 0, 2)],
    ),
    "less reserved than somebody holds": (
        "UPDATE position SET reserved = 0 WHERE node_no = 1 AND sku_no = 1",
        [("reserved", "N1", "S1", "", 7, 0)],
    ),
    "incoming units promised to nobody": (
        "UPDATE inbound_line SET promised = 1 WHERE inbound_id = 'po' AND sku_no = 2",
        [("promised", "N2", "S2", "po", 0, 1)],
    ),
    "back-orders nobody made": (
        "UPDATE sku SET backordered = 8 WHERE id = 'S3'",
        [("backordered", None, "S3", "", 6, 8)],
    ),
    "capacity nobody holds": (
        "UPDATE capacity SET held = 3 WHERE node_no = 1",
        [("capacity", "N1", None, "2026-01-11 ship", 2, 3)],
    ),
    "capacity held on a day that has none": (
        "DELETE FROM capacity WHERE node_no = 3",
        [("capacity", "N3", None, "2026-01-11 ship", 1, 0)],
    ),
    "units out of a fence that is gone": (
        "DELETE FROM fence",
        [("fence", "N1", "S1", "g web", 0, 5)],
    ),
    "a closed reservation that still holds units and capacity": (
        "UPDATE reservation_group SET state = 'voided' WHERE id = 'g'",
        [
            ("group", "N1", "S1", "g voided", 0, 7),
            ("group", "N1", None, "g voided", 0, 2),
            ("group", "N2", "S1", "g voided", 0, 4),
            ("group", None, "S3", "g voided", 0, 6),
        ],
    ),
    "a document that expects what never left": (
        "UPDATE inbound_line SET received = 1 WHERE inbound_id = 'transfer:t'",
        [("on_the_road", "N3", "S2", "in_transit:t", 6, 5)],
    ),
    "more taken from a place than it ever had": (
        "INSERT INTO movement (at, occurred_at, sku_no, quantity, from_place, to_place, cause) "
        "VALUES ('2026-01-10 10:00+00', '2026-01-10 10:00+00', 1, 4, 'N1:damaged', 'scrap', 'scrap')",
        [("negative", None, "S1", "N1:damaged", 0, -4)],
    ),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_reported(engine: Engine, name: str) -> None:
    a_days_work(engine)
    statement, expected = DAMAGE[name]
    with engine.begin() as conn:
        run(conn, statement)
        assert sorted(differences(conn), key=repr) == sorted(expected, key=repr)


def test_every_kind_is_damaged_by_some_test() -> None:
    assert {kind for _, found in DAMAGE.values() for kind, *_ in found} == {kind.value for kind in Kind}


def test_a_difference_reads_as_a_line() -> None:
    one = Difference(Kind.ON_HAND, "N1", "S1", "", 3, 4)
    assert str(one) == "on_hand N1 S1: 3 expected, 4 found"
