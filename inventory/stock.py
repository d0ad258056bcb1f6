"""Physical facts: units received, sold at the till, counted, damaged, scrapped, moved between places.

A fact is never refused. When it leaves fewer units on a shelf than are held there, the same transaction
displaces the holds whose promise is least at risk (`displacement.py`) into the re-sourcing queue. When more
units leave a shelf than the books have on it, the books were wrong: the difference is first entered as found
(`<node>:missing` → shelf), so that the ledger balances, and the next count explains it.

Within a batch facts apply in order; what is displaced is decided once, on the state after the whole batch.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from inventory import places
from inventory.book import Book
from inventory.movements import Cause, Change, Count, Entry, Move
from inventory.outcomes import Displaced, Moved, Report, Unknown
from inventory.places import Area, node_of
from inventory.positions import Position, PositionKey
from inventory.store import locks
from inventory.store.names import Names, ids_of, resolve
from inventory.store.writes import write

FactOutcome = Moved | Unknown


def record(conn: Connection, at: datetime, moves: Sequence[Move]) -> Report[FactOutcome]:
    """Units went between two places; a shelf at either end changes its position. Unknown ids change
    nothing.
    """
    ends = [
        (move.sku, end) for move in moves for end in (node_of(move.from_place), node_of(move.to_place)) if end
    ]
    names = resolve(conn, (node for _, (node, _) in ends), (move.sku for move in moves))
    shelves = {(node, sku) for sku, (node, area) in ends if area is Area.SHELF}
    book = open_shelves(conn, names, shelves)
    outcomes = [_record(book, names, move) for move in moves]
    return Report(outcomes, _close(conn, at, book, moves[0].cause if moves else ""))


def receive(conn: Connection, at: datetime, changes: Sequence[Change]) -> Report[FactOutcome]:
    """Units came from a supplier without an announcement and lie on the shelf."""
    return record(conn, at, [_arrive(change, places.SUPPLIER, Cause.RECEIVE) for change in changes])


def sell(conn: Connection, at: datetime, changes: Sequence[Change]) -> Report[FactOutcome]:
    """Units were sold at the till and are gone. `channel` names whose fence they leave from."""
    return record(conn, at, [_leave(change, places.CUSTOMER, Cause.SALE) for change in changes])


def scrap(conn: Connection, at: datetime, changes: Sequence[Change]) -> Report[FactOutcome]:
    """Units on the shelf were thrown away."""
    return record(conn, at, [_leave(change, places.SCRAP, Cause.SCRAP) for change in changes])


def damage(conn: Connection, at: datetime, changes: Sequence[Change]) -> Report[FactOutcome]:
    """Units on the shelf are damaged; they stay at the node and are not for sale."""
    return record(
        conn,
        at,
        [_leave(change, places.in_area(change.node, Area.DAMAGED), Cause.DAMAGE) for change in changes],
    )


def adjust(conn: Connection, at: datetime, changes: Sequence[Change]) -> Report[FactOutcome]:
    """Correct a shelf by a difference, up or down, against `missing`. Raises ValueError for a difference
    of 0.
    """
    moves = []
    for change in changes:
        missing = places.missing(change.node)
        if change.quantity < 0:
            moves.append(_leave(replace(change, quantity=-change.quantity), missing, Cause.ADJUST))
        else:
            moves.append(_arrive(change, missing, Cause.ADJUST))
    return record(conn, at, moves)


def count(conn: Connection, at: datetime, counts: Sequence[Count]) -> Report[FactOutcome]:
    """The shelf holds what was counted; the difference goes to or comes from `missing`. Ends a block."""
    names = resolve(conn, (line.node for line in counts), (line.sku for line in counts))
    book = open_shelves(conn, names, {(line.node, line.sku) for line in counts})
    outcomes = [_count(book, names, line) for line in counts]
    return Report(outcomes, _close(conn, at, book, Cause.COUNT))


def shrink(conn: Connection, at: datetime, book: Book, keys: Sequence[PositionKey]) -> None:
    """Where the book leaves fewer units than are held (shelf) or expected than promised (documents),
    displace.
    """
    short = [key for key in keys if book.positions[key].reserved > book.positions[key].on_hand]
    lines = [line for line in book.expected.values() if line.promised > line.outstanding]
    wanted = {*short, *((line.node_no, line.sku_no) for line in lines)}
    found = locks.read_held_at(conn, at, wanted)
    known = {row.no: row for part in book.rows.values() for row in part}
    for one in found:
        if one.row.no not in known:
            known[one.row.no] = one.row
            book.rows.setdefault(one.row.group_id, []).append(one.row)
    # Rows the book has changed meanwhile are taken as they stand there.
    candidates = [replace(one, row=known[one.row.no]) for one in found if known[one.row.no].state == "held"]
    for key in short:
        here = [
            one for one in candidates if one.row.kind == "shelf" and (one.row.node_no, one.row.sku_no) == key
        ]
        book.displace(here, book.positions[key].reserved - book.positions[key].on_hand)
    for line in lines:
        there = [
            one
            for one in candidates
            if (one.row.inbound_id, one.row.sku_no) == (line.inbound_id, line.sku_no)
            and one.row.kind == "inbound"
        ]
        book.displace(there, line.promised - line.outstanding)


def displaced(conn: Connection, book: Book) -> list[Displaced]:
    """What the book's facts took away, in the caller's words."""
    nodes, skus = ids_of(conn, (loss.node_no for loss in book.losses), (loss.sku_no for loss in book.losses))
    return [
        Displaced(
            loss.group_id,
            loss.owner,
            loss.reference,
            loss.firm,
            loss.line_id,
            skus[loss.sku_no],
            nodes[loss.node_no],
            loss.quantity,
            loss.promise_at,
        )
        for loss in book.losses
    ]


def raise_shelf(book: Book, position: Position, quantity: int) -> None:
    """Units arrived on a shelf."""
    book.put(position, "on_hand", position.on_hand + quantity)


def open_shelves(conn: Connection, names: Names, shelves: set[tuple[str, str]]) -> Book:
    """A book of the positions of these (node, SKU), locked, and made where missing; unknown ids are left
    out.
    """
    keys = {
        (names.nodes[node], names.skus[sku])
        for node, sku in shelves
        if node in names.nodes and sku in names.skus
    }
    return Book(positions=locks.lock_positions(conn, keys, make=keys))


def _close(conn: Connection, at: datetime, book: Book, cause: str) -> list[Displaced]:
    shrink(conn, at, book, list(book.positions))
    write(conn, at, book, cause)
    return displaced(conn, book)


def _record(book: Book, names: Names, move: Move) -> FactOutcome:
    ends = node_of(move.from_place), node_of(move.to_place)
    unknown = names.unknown([end[0] for end in ends if end], [move.sku])
    if unknown is not None:
        return unknown
    sku_no = names.skus[move.sku]
    on_hand = None
    source, target = (
        book.positions[names.nodes[end[0]], sku_no] if end and end[1] is Area.SHELF else None for end in ends
    )
    if source is not None:
        _lower(book, source, move)
        on_hand = source.on_hand
    if target is not None:
        raise_shelf(book, target, move.quantity)
        on_hand = target.on_hand
    book.enter(Entry(sku_no, move.quantity, move.from_place, move.to_place, move.cause, move.note))
    return Moved(on_hand)


def _lower(book: Book, position: Position, move: Move) -> None:
    """Units leave a shelf, out of their channel's own fence first."""
    lacking = move.quantity - position.on_hand
    if lacking > 0:
        node, _, _ = move.from_place.partition(":")
        book.enter(
            Entry(position.sku_no, lacking, places.missing(node), move.from_place, Cause.FOUND, move.note)
        )
        raise_shelf(book, position, lacking)
    left = move.quantity
    for fence in position.own_fences(move.channel) if move.channel else ():
        drawn = min(left, fence.quantity)
        book.put(fence, "quantity", fence.quantity - drawn)
        left -= drawn
    book.put(position, "on_hand", position.on_hand - move.quantity)


def _count(book: Book, names: Names, line: Count) -> FactOutcome:
    unknown = names.unknown([line.node], [line.sku])
    if unknown is not None:
        return unknown
    position = book.positions[names.nodes[line.node], names.skus[line.sku]]
    more = line.quantity - position.on_hand
    shelf, missing = places.shelf(line.node), places.missing(line.node)
    if more:
        ends = (missing, shelf) if more > 0 else (shelf, missing)
        book.enter(Entry(position.sku_no, abs(more), *ends, Cause.COUNT, line.note))
    book.put(position, "on_hand", line.quantity)
    book.put(position, "blocked", False)
    return Moved(line.quantity)


def _arrive(change: Change, from_place: str, cause: Cause) -> Move:
    return Move(change.sku, change.quantity, from_place, places.shelf(change.node), cause, change.note)


def _leave(change: Change, to_place: str, cause: Cause) -> Move:
    return Move(
        change.sku, change.quantity, places.shelf(change.node), to_place, cause, change.note, change.channel
    )
