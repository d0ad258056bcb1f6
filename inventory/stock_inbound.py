"""Stock on its way: announced by a supplier or under a transfer, promised ahead, received in parts, closed.

A document's place (`inbound:<id>` or `in_transit:<id>`) holds what is still to come: announcing fills it,
each
receipt empties it, a surplus is entered as come from elsewhere first, and closing moves the shortfall
out. Units
received on the shelf go to the reservations made against the document, earliest promise first; those that a
shortfall leaves without units are displaced.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from inventory import places
from inventory.book import Book
from inventory.displacement import Endangered
from inventory.documents import Announcement, Receipt, ReceiptLine
from inventory.movements import Cause, Entry, Note
from inventory.outcomes import Closed, Conflict, Done, Replayed, Report, Rescheduled, Unknown
from inventory.places import Area
from inventory.positions import Expected
from inventory.stock import displaced, raise_shelf, shrink
from inventory.store import documents, locks
from inventory.store.documents import InboundRow
from inventory.store.names import Names, resolve
from inventory.store.writes import write

AnnounceOutcome = Done | Replayed | Rescheduled | Conflict | Closed | Unknown
ReceiptOutcome = Done | Closed | Unknown


def announce(conn: Connection, at: datetime, batch: Sequence[Announcement]) -> list[AnnounceOutcome]:
    """Purchase orders or ASN: from now on their units can be promised as incoming."""
    names = resolve(conn, (one.node for one in batch), (sku for one in batch for sku, _ in one.lines))
    known = {one.id: one for one in reversed(batch) if _unknown(names, one) is None}
    made = documents.begin_inbound(
        conn,
        [_row_of(names, one) for one in known.values()],
        {one.id: one.note.reference for one in known.values()},
    )
    rows = documents.lock_inbound(conn, known)
    keys = {(names.nodes[known[id_].node], names.skus[sku]) for id_ in made for sku, _ in known[id_].lines}
    book = Book(positions=locks.lock_positions(conn, keys, make=keys))
    fresh = [(id_, names.skus[sku], quantity) for id_ in sorted(made) for sku, quantity in known[id_].lines]
    documents.add_expected(conn, fresh)
    for id_, sku_no, quantity in fresh:
        note = known[id_].note
        book.enter(Entry(sku_no, quantity, places.SUPPLIER, places.inbound(id_), Cause.ANNOUNCE, note))
    write(conn, at, book)
    expected = locks.read_expected(conn, rows)
    return [_announced(conn, names, one, made, rows, expected) for one in batch]


def receive_inbound(conn: Connection, at: datetime, batch: Sequence[Receipt]) -> Report[ReceiptOutcome]:
    """Units of documents arrived; see the module. Documents take no receipt after they were closed."""
    names = resolve(conn, (), (line.sku for receipt in batch for line in receipt.lines))
    rows = documents.lock_inbound(conn, {receipt.id for receipt in batch})
    # Under the documents' locks no line is added, so what is read before the positions are locked is all.
    lines = locks.read_expected(conn, rows)
    surplus = {
        (rows[receipt.id].id, names.skus[line.sku])
        for receipt in batch
        for line in receipt.lines
        if receipt.id in rows and rows[receipt.id].state == "open" and line.sku in names.skus
    } - lines.keys()
    keys = {(line.node_no, line.sku_no) for line in lines.values()}
    new = {(rows[id_].node_no, sku_no) for id_, sku_no in surplus}
    book = Book(positions=locks.lock_positions(conn, keys | new, make=new))
    documents.add_expected(conn, [(*key, 0) for key in sorted(surplus)])
    book.expected = locks.read_expected(conn, rows)
    promised = [one for one in locks.read_held_at(conn, at, keys) if one.row.kind == "inbound"]
    for one in promised:
        book.rows.setdefault(one.row.group_id, []).append(one.row)
    closed: set[str] = set()
    outcomes = [_receive(book, names, rows, receipt, promised, closed) for receipt in batch]
    shrink(conn, at, book, list(book.positions))
    write(conn, at, book, Cause.SHORTFALL)
    documents.add_to_inspect(conn, _to_inspect(names, batch, outcomes))
    documents.close_inbound(conn, closed)
    return Report(outcomes, displaced(conn, book))


def _unknown(names: Names, one: Announcement) -> Unknown | None:
    return names.unknown([one.node], [sku for sku, _ in one.lines])


def _row_of(names: Names, one: Announcement) -> InboundRow:
    place = places.inbound(one.id)
    node_no = names.nodes[one.node]
    return InboundRow(one.id, node_no, one.node, place, places.SUPPLIER, places.SUPPLIER, one.eta, "open")


def _announced(
    conn: Connection,
    names: Names,
    one: Announcement,
    made: set[str],
    rows: dict[str, InboundRow],
    expected: dict[tuple[str, int], Expected],
) -> AnnounceOutcome:
    unknown = _unknown(names, one)
    if unknown is not None:
        return unknown
    row = rows[one.id]
    lines = {(one.id, names.skus[sku]): quantity for sku, quantity in one.lines}
    # A line with quantity 0 came as a surplus; it was never announced.
    known = {key: line.quantity for key, line in expected.items() if key[0] == one.id and line.quantity}
    if row.node != one.node or lines != known:
        return Conflict(one.id)
    if one.id in made:
        return Done(one.id)
    if row.eta == one.eta:
        return Replayed(one.id, row.state, None)
    if row.state == "closed":
        return Closed(one.id, row.state)
    return Rescheduled(one.id, documents.reschedule(conn, one.id, one.eta))


def _receive(
    book: Book,
    names: Names,
    rows: dict[str, InboundRow],
    receipt: Receipt,
    promised: list[Endangered],
    closed: set[str],
) -> ReceiptOutcome:
    row = rows.get(receipt.id)
    if row is None:
        return Unknown("inbound", (receipt.id,))
    if row.state == "closed" or receipt.id in closed:
        return Closed(receipt.id, "closed")
    unknown = names.unknown((), (line.sku for line in receipt.lines))
    if unknown is not None:
        return unknown
    for line in receipt.lines:
        expected = book.expected[receipt.id, names.skus[line.sku]]
        _arrive(book, row, expected, line, receipt.note)
        if line.area is Area.SHELF:
            mine = [one for one in promised if one.row.inbound_id == receipt.id]
            _hand_over(book, expected, line.quantity, mine)
    if receipt.close:
        closed.add(receipt.id)
        _close(book, row, receipt.note)
    return Done(receipt.id)


def _to_inspect(
    names: Names, batch: Sequence[Receipt], outcomes: Sequence[ReceiptOutcome]
) -> list[tuple[str, int, int]]:
    """(document, SKU number, units) that now wait in inspection."""
    return [
        (receipt.id, names.skus[line.sku], line.quantity)
        for receipt, outcome in zip(batch, outcomes, strict=True)
        for line in receipt.lines
        if isinstance(outcome, Done) and line.area is Area.INSPECTION
    ]


def _arrive(book: Book, row: InboundRow, expected: Expected, line: ReceiptLine, note: Note) -> None:
    surplus = line.quantity - expected.outstanding
    if surplus > 0:
        entry = Entry(expected.sku_no, surplus, row.surplus_from, row.place, Cause.SURPLUS, note)
        book.enter(entry)
    cause = Cause.RECEIVE if row.surplus_from == places.SUPPLIER else Cause.TRANSFER
    area = places.in_area(row.node, line.area)
    book.enter(Entry(expected.sku_no, line.quantity, row.place, area, cause, note))
    book.put(expected, "received", expected.received + line.quantity)
    if line.area is Area.SHELF:
        raise_shelf(book, book.positions[expected.node_no, expected.sku_no], line.quantity)


def _hand_over(book: Book, expected: Expected, units: int, promised: list[Endangered]) -> None:
    """Units on the shelf become those of the reservations that waited for them, earliest promise first."""

    def key(one: Endangered) -> tuple[bool, float, int]:
        promise = one.row.promise_at
        return promise is None, promise.timestamp() if promise else 0.0, one.row.no or 0

    position = book.positions[expected.node_no, expected.sku_no]
    for one in sorted(promised, key=key):
        row = one.row
        if units and row.sku_no == expected.sku_no and row.kind == "inbound":
            part = min(units, row.quantity)
            cut = book.part(row, part, "held")
            book.put(cut, "kind", "shelf")
            book.put(cut, "inbound_id", None)
            book.put(expected, "promised", expected.promised - part)
            book.put(position, "reserved", position.reserved + part)
            units -= part


def _close(book: Book, row: InboundRow, note: Note) -> None:
    for expected in book.expected.values():
        if expected.inbound_id == row.id:
            if expected.outstanding:
                lost = expected.outstanding
                book.enter(Entry(expected.sku_no, lost, row.place, row.shortfall_to, Cause.SHORTFALL, note))
            book.put(expected, "open", False)
