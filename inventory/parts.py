"""Parts of a group's lines: which rows a request means, and how many units each of them gives."""

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection

from inventory.book import Book
from inventory.outcomes import Shortage, Want
from inventory.positions import Group, Held, Homeless
from inventory.requests import PartLine
from inventory.store.names import ids_of

T = TypeVar("T", bound=Held | Homeless)


class Ids(NamedTuple):
    """Numbers to ids, for answers and places."""

    nodes: dict[int, str]
    skus: dict[int, str]


def ids_in(conn: Connection, book: Book) -> Ids:
    """The ids of all that the book's rows name."""
    rows = [row for part in book.rows.values() for row in part]
    return Ids(*ids_of(conn, (row.node_no for row in rows if row.node_no), (row.sku_no for row in rows)))


def held_of(book: Book, ids: Ids, group: Group, line: PartLine) -> list[Held]:
    """The rows that hold units of the line, at its node where one is named."""
    rows = [row for row in book.held(group.id) if row.line_id == line.line_id]
    return [row for row in rows if line.node is None or ids.nodes.get(row.node_no or 0) == line.node]


def on_shelf(book: Book, ids: Ids, group: Group, line: PartLine, in_hand_first: bool) -> list[Held]:
    """Those that hold them on a shelf; what a picker has in hand goes first, or last."""
    rows = [row for row in held_of(book, ids, group, line) if row.kind == "shelf"]
    return sorted(rows, key=lambda row: row.in_hand, reverse=in_hand_first)


def waiting_of(book: Book, group: Group, line: PartLine) -> list[Homeless]:
    """Displaced units of the line that wait for a home."""
    return [row for row in book.homeless if (row.group_id, row.line_id) == (group.id, line.line_id)]


def shares(rows: Sequence[T], line: PartLine) -> list[tuple[T, int]] | None:
    """How many units each row gives so that the line's come together; None when there are too few, or
    none.
    """
    free = sum(row.quantity for row in rows)
    left = free if line.quantity is None else line.quantity
    if not free or left > free:
        return None
    given = []
    for row in rows:
        part = min(left, row.quantity)
        if part:
            given.append((row, part))
        left -= part
    return given


def not_held(ids: Ids, rows: Sequence[Held | Homeless], line: PartLine) -> Shortage:
    """The "no" of a line that has fewer units there than are named."""
    free = sum(row.quantity for row in rows)
    sku = ids.skus[rows[0].sku_no] if rows else ""
    return Shortage(line.line_id, sku, line.node, line.quantity or 1, free, Want.NOT_HELD)
