"""Lock what a batch concerns, in the one order of `locks.py`, and read it into a book."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from inventory.book import Book
from inventory.positions import Group, Held, PositionKey, SlotKey
from inventory.store import locks


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a batch concerns besides the groups: positions (those of `make` may have to be made), lines of
    documents
    on their way, SKUs to back-order, capacity with today's limits.
    """

    positions: Collection[PositionKey] = ()
    make: Collection[PositionKey] = ()
    inbounds: Collection[str] = ()
    demand: Collection[int] = ()
    slots: Mapping[SlotKey, int] = field(default_factory=dict)


def open_book(conn: Connection, groups: dict[str, Group], wanted: Wanted) -> Book:
    """The book of a batch: the groups, already locked by the caller, all they hold, and what is wanted
    besides.
    """
    book = Book(groups=groups)
    taken = [group.id for group in groups.values() if not group.fresh]
    # Under the groups' locks their units may become fewer meanwhile, but not come to lie anywhere else.
    held = [row for row in locks.read_rows(conn, taken) if row.state == "held"]
    book.demand = locks.lock_demand(
        conn, {*wanted.demand, *(row.sku_no for row in held if row.kind == "backorder")}
    )
    inbounds = {*wanted.inbounds, *(row.inbound_id for row in held if row.inbound_id is not None)}
    keys = {*wanted.positions, *wanted.make, *(key for row in held if (key := position_key(row)) is not None)}
    keys |= {(line.node_no, line.sku_no) for line in locks.read_expected(conn, inbounds).values()}
    book.positions = locks.lock_positions(conn, keys, wanted.make)
    book.expected = locks.read_expected(conn, inbounds)
    for row in locks.read_rows(conn, taken):
        book.rows.setdefault(row.group_id, []).append(row)
    book.homeless = locks.read_homeless(conn, taken)
    _open_capacity(conn, book, taken, wanted)
    return book


def position_key(row: Held) -> PositionKey | None:
    """Where the row's lock is; None for a back-order."""
    return None if row.node_no is None else (row.node_no, row.sku_no)


def _open_capacity(conn: Connection, book: Book, taken: list[str], wanted: Wanted) -> None:
    """Slots are locked only for who takes of them: every order of a day at a node holds a part of one. Then
    those too that the groups may give back, in the same order.
    """
    book.holds = locks.read_holds(conn, taken)
    if wanted.slots:
        held = {(hold.node_no, hold.day, hold.bucket) for part in book.holds.values() for hold in part}
        book.slots = locks.lock_slots(conn, held | wanted.slots.keys(), dict(wanted.slots))
