"""A transfer leaves its sending node: what it holds there goes on the road, promised units stay promised."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from inventory import places
from inventory.book import Book
from inventory.documents import ShipRequest, document_of
from inventory.movements import Cause, Entry
from inventory.outcomes import Closed, Insufficient, Shipped, Shortage, Unknown, Want
from inventory.positions import Held
from inventory.stock_reserve import give_up
from inventory.store import documents, locks
from inventory.store.documents import InboundRow, TransferLineRow, TransferRow
from inventory.store.opening import Wanted, open_book
from inventory.store.writes import write

ShipOutcome = Shipped | Insufficient | Closed | Unknown


def ship(conn: Connection, at: datetime, batch: Sequence[ShipRequest]) -> list[ShipOutcome]:
    """Transfers left their sending nodes; their units are on the road, promised ones stay promised."""
    rows, lines = documents.lock_transfers(conn, {one.id for one in batch})
    due = {id_: row for id_, row in rows.items() if row.state == "planned"}
    documents.begin_inbound(
        conn,
        [_inbound_of(row) for row in due.values()],
        {document_of(id_): row.reference for id_, row in due.items()},
    )
    groups = locks.lock_groups(conn, sorted({line.group_id for id_ in due for line in lines[id_]}))
    arrivals = {(row.to_node_no, line.sku_no) for id_, row in due.items() for line in lines[id_]}
    expected = {(document_of(id_), line.sku_no) for id_ in due for line in lines[id_]}
    documents.add_expected(conn, [(*key, 0) for key in sorted(expected)])
    book = open_book(conn, groups, Wanted(make=arrivals, inbounds={key[0] for key in expected}))
    shipped: dict[tuple[str, str], int] = {}
    outcomes = [_ship(book, one, rows, lines, shipped) for one in batch]
    write(conn, at, book)
    documents.set_shipped(conn, shipped)
    left = {one.id for one in outcomes if isinstance(one, Shipped)}
    documents.set_transfers(conn, left, "shipped")
    # A transfer that could not leave has nothing on the road.
    documents.forget_inbound(conn, [document_of(id_) for id_ in due.keys() - left])
    return outcomes


def _inbound_of(row: TransferRow) -> InboundRow:
    return InboundRow(
        document_of(row.id),
        row.to_node_no,
        row.to_node,
        places.in_transit(row.id),
        places.missing(row.from_node),
        places.missing(row.to_node),
        row.eta,
        "open",
    )


def _ship(
    book: Book,
    one: ShipRequest,
    rows: dict[str, TransferRow],
    lines: dict[str, list[TransferLineRow]],
    shipped: dict[tuple[str, str], int],
) -> ShipOutcome:
    row = rows.get(one.id)
    if row is None:
        return Unknown("transfer", (one.id,))
    if row.state != "planned" or any(id_ == one.id for id_, _ in shipped):
        return Closed(one.id, row.state if row.state != "planned" else "shipped")
    asked = None if one.lines is None else dict(one.lines)
    leaving = []
    lacking = []
    for line in lines[one.id]:
        held = [r for r in book.held(line.group_id) if _is_for(r, line, row)]
        held.sort(key=lambda r: not r.in_hand)
        free = min(line.quantity, sum(r.quantity for r in held))
        quantity = free if asked is None else asked.get(line.line_id, 0)
        if quantity > free:
            lacking.append(Shortage(line.line_id, "", row.from_node, quantity, free, Want.NOT_HELD))
        leaving.append((line, held, quantity))
    if lacking:
        return Insufficient(one.id, tuple(lacking))
    for line, held, quantity in leaving:
        shipped[one.id, line.line_id] = quantity
        _leave(book, row, line, held, quantity, one)
    own = book.groups.get(document_of(one.id))
    if own is not None:
        give_up(book, own, "voided")
    for group_id in {line.group_id for line in lines[one.id]}:
        book.settle_capacity(group_id)
    total = sum(quantity for _, _, quantity in leaving)
    return Shipped(one.id, document_of(one.id), total)


def _is_for(held: Held, line: TransferLineRow, row: TransferRow) -> bool:
    here = (held.kind, held.node_no, held.sku_no) == ("shelf", row.from_node_no, line.sku_no)
    return here and held.line_id == line.line_id


def _leave(
    book: Book, row: TransferRow, line: TransferLineRow, held: list[Held], quantity: int, one: ShipRequest
) -> None:
    """Units leave the shelf for the road. Carried ones stay held, as incoming units of the receiving node."""
    own = line.group_id == document_of(row.id)
    expected = book.expected[document_of(row.id), line.sku_no]
    left = quantity
    for part_of in held:
        part = min(left, part_of.quantity)
        if not part:
            continue
        promise_at = part_of.promise_at
        book.leave(part_of, part, "posted" if own else "voided")
        left -= part
        book.put(expected, "quantity", expected.quantity + part)
        shelf, road = places.shelf(row.from_node), places.in_transit(row.id)
        book.enter(Entry(line.sku_no, part, shelf, road, Cause.TRANSFER, one.note))
        if not own:
            like = Held(
                None,
                line.group_id,
                line.line_id,
                "inbound",
                row.to_node_no,
                document_of(row.id),
                line.sku_no,
                part,
                None,
                0,
                "held",
                promise_at,
            )
            free = book.hold_expected(like)
            assert free >= part, "what was just put on the road is free to be promised"
