"""Give units of a line a home on the locked truth, or say what is lacking."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection

from inventory.book import Book
from inventory.outcomes import CapacityExhausted, CapacityShortage, Insufficient, Shortage, Unknown, Want
from inventory.positions import Held, PositionKey
from inventory.requests import Backorder, CapacityLine, Incoming, ReserveLine, Shelf, Target
from inventory.store import locks
from inventory.store.names import Names
from inventory.store.opening import Wanted

Request = TypeVar("Request")
Outcome = TypeVar("Outcome")


def admit(book: Book, names: Names, at: datetime, group_id: str, line: ReserveLine) -> Shortage | None:
    """Hold the line's units for the group, or name the shortage and hold nothing."""
    channel = book.groups[group_id].channel
    like = _row(book, names, group_id, line)
    if like.kind == "shelf":
        free = book.hold_shelf(like, channel)
    elif like.kind == "inbound":
        free = book.hold_expected(like)
    else:
        free = book.hold_backorder(like, at.date())
    if free >= line.quantity:
        return None
    node = line.target.node if isinstance(line.target, Shelf) else None
    return Shortage(line.line_id, line.sku, node, line.quantity, free, _why(book, at, like))


def admit_capacity(
    book: Book, names: Names, group_id: str, lines: Sequence[CapacityLine]
) -> CapacityExhausted | None:
    """Take the capacity for the group, or name all that is lacking; the caller then rewinds."""
    lacking = []
    for line in lines:
        key = (names.nodes[line.node], line.day, line.bucket)
        free = book.take_capacity(group_id, key, line.quantity, line.limit)
        if free < line.quantity:
            lacking.append(CapacityShortage(line.node, line.day, line.bucket, line.quantity, free))
    return CapacityExhausted(group_id, tuple(lacking)) if lacking else None


def wanted_by(names: Names, lines: Sequence[tuple[str, Target]], capacity: Sequence[CapacityLine]) -> Wanted:
    """What (SKU, target) lines and capacity concern; unknown names are left out, they are refused later."""
    known = [(names.skus[sku], target) for sku, target in lines if sku in names.skus]
    return Wanted(
        positions={
            (names.nodes[target.node], sku)
            for sku, target in known
            if isinstance(target, Shelf) and target.node in names.nodes
        },
        inbounds={target.inbound for _, target in known if isinstance(target, Incoming)},
        demand={sku for sku, target in known if isinstance(target, Backorder)},
        slots={
            (names.nodes[line.node], line.day, line.bucket): line.limit
            for line in capacity
            if line.node in names.nodes
        },
    )


def decide_all(
    conn: Connection,
    at: datetime,
    book: Book,
    requests: Sequence[Request],
    decide: Callable[[Request], Outcome],
) -> list[Outcome]:
    """Decide in the order of the batch; before anybody is refused for want of units on a shelf, free what
    lapsed reservations still hold there and decide those again.
    """
    outcomes = [decide(request) for request in requests]
    refused = [i for i, outcome in enumerate(outcomes) if isinstance(outcome, Insufficient)]
    if refused and _free_lapsed(conn, at, book):
        for i in refused:
            outcomes[i] = decide(requests[i])
    return outcomes


def unknown_of(
    names: Names, skus: Sequence[str], targets: Sequence[object], capacity: Sequence[CapacityLine]
) -> Unknown | None:
    """Names of a request that do not exist."""
    nodes = [target.node for target in targets if isinstance(target, Shelf)]
    return names.unknown([*nodes, *(line.node for line in capacity)], skus)


def _free_lapsed(conn: Connection, at: datetime, book: Book) -> bool:
    """Let go of the units that lapsed groups hold at the book's positions. The groups themselves, and
    what they
    hold elsewhere, are left to `expire_due`. Their locks are taken without waiting, so out of order does
    no harm.
    """
    keys: list[PositionKey] = list(book.positions)
    lapsed = locks.lock_lapsed(conn, at, keys, but=list(book.groups)) if keys else []
    if not lapsed:
        return False
    for row in locks.read_rows(conn, lapsed):
        if row.state == "held" and row.kind == "shelf" and (row.node_no, row.sku_no) in book.positions:
            book.rows.setdefault(row.group_id, []).append(row)
            book.release(row, row.quantity, "expired")
    return True


def _row(book: Book, names: Names, group_id: str, line: ReserveLine) -> Held:
    sku_no = names.skus[line.sku]
    node_no, inbound_id, kind = None, None, "backorder"
    if isinstance(line.target, Shelf):
        node_no, kind = names.nodes[line.target.node], "shelf"
    elif isinstance(line.target, Incoming):
        inbound_id, kind = line.target.inbound, "inbound"
        expected = book.expected.get((inbound_id, sku_no))
        node_no = expected.node_no if expected else None
    return Held(
        None,
        group_id,
        line.line_id,
        kind,
        node_no,
        inbound_id,
        sku_no,
        line.quantity,
        None,
        0,
        "held",
        line.promise_at,
    )


def _why(book: Book, at: datetime, like: Held) -> Want:
    if like.kind == "inbound":
        return Want.INCOMING
    if like.kind == "backorder":
        demand = book.demand[like.sku_no]
        if not demand.sells:
            return Want.INACTIVE
        early = demand.preorder_from is not None and at.date() < demand.preorder_from
        return Want.PREORDER_NOT_OPEN if early else Want.BACKORDER_CAP
    position = book.positions.get((like.node_no or 0, like.sku_no))
    if position is not None and not position.sells:
        return Want.INACTIVE
    return Want.BLOCKED if position is not None and position.blocked else Want.STOCK
