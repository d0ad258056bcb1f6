"""At the shelf: a picker has held units in hand, or they are not to be had there.

Picked units stay on their shelf in the books, held, until they are posted; that they are in hand is marked,
so that physical facts displace them last. Units that are not to be had wait in `resourcing` for a new home,
and the shelf is corrected by the rule of the reason.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from inventory import places
from inventory.book import Book
from inventory.movements import Cause, Entry
from inventory.outcomes import Closed, Displaced, FellShort, InHand, Insufficient, Report, Unknown
from inventory.parts import Ids, ids_in, not_held, on_shelf, shares
from inventory.places import Area
from inventory.positions import Group, Held, PositionKey
from inventory.requests import PickRequest, ShortRequest, ShortRule
from inventory.stock import displaced, shrink
from inventory.store import locks
from inventory.store.opening import Wanted, open_book
from inventory.store.writes import write

PickOutcome = InHand | Insufficient | Closed | Unknown
ShortOutcome = FellShort | Insufficient | Closed | Unknown
Taking = list[tuple[Held, int]]


def pick(conn: Connection, at: datetime, requests: Sequence[PickRequest]) -> list[PickOutcome]:
    """Mark held units of firm groups as in hand. Insufficient: fewer than named lie there and in no hand."""
    return _mark(conn, at, requests, in_hand=True)


def unpick(conn: Connection, at: datetime, requests: Sequence[PickRequest]) -> list[PickOutcome]:
    """Units in hand lie on their shelf again, still held. Insufficient: fewer than named are in hand."""
    return _mark(conn, at, requests, in_hand=False)


def short(conn: Connection, at: datetime, requests: Sequence[ShortRequest]) -> Report[ShortOutcome]:
    """Held units of firm groups are not to be had; those in no hand go first. The report's `displaced` are
    what the corrected shelves took from others, or of the same group besides the units named.

    The group gives back capacity at nodes where it holds nothing any more. The batch applies in order.
    """
    groups = locks.lock_groups(conn, sorted({request.group_id for request in requests}))
    book = open_book(conn, groups, Wanted())
    _read_shelves(conn, at, book)
    ids = ids_in(conn, book)
    outcomes = [_short(book, ids, request) for request in requests]
    shrink(conn, at, book, list(book.positions))
    write(conn, at, book, Cause.SHORT)
    return Report(outcomes, _besides(conn, book))


def _mark(
    conn: Connection, at: datetime, requests: Sequence[PickRequest], in_hand: bool
) -> list[PickOutcome]:
    groups = locks.lock_groups(conn, sorted({request.group_id for request in requests}))
    book = open_book(conn, groups, Wanted())
    ids = ids_in(conn, book)
    outcomes = [_mark_one(book, ids, request, in_hand) for request in requests]
    write(conn, at, book)
    return outcomes


def _mark_one(book: Book, ids: Ids, request: PickRequest, in_hand: bool) -> PickOutcome:
    group = _firm(book, request.group_id)
    if not isinstance(group, Group):
        return group
    mark, units = book.mark(), 0
    shortages = []
    for line in request.lines:
        rows = [row for row in on_shelf(book, ids, group, line.part, False) if row.in_hand is not in_hand]
        given = shares(rows, line.part)
        if given is None:
            shortages.append(not_held(ids, rows, line.part))
            continue
        for row, part in given:
            book.put(book.part(row, part, "held"), "in_hand", in_hand)
            units += part
    if shortages:
        book.rewind(mark)
        return Insufficient(group.id, tuple(shortages))
    return InHand(group.id, units)


def _short(book: Book, ids: Ids, request: ShortRequest) -> ShortOutcome:
    group = _firm(book, request.group_id)
    if not isinstance(group, Group):
        return group
    mark, units = book.mark(), 0
    shortages = []
    for line in request.lines:
        rows = on_shelf(book, ids, group, line.part, in_hand_first=False)
        given = shares(rows, line.part)
        if given is None:
            shortages.append(not_held(ids, rows, line.part))
            continue
        for row, part in given:
            book.fall_short(row, part, request.cause, gone=request.rule is not ShortRule.NONE)
            units += part
        _correct(book, request, line.node, given)
    if shortages:
        book.rewind(mark)
        return Insufficient(group.id, tuple(shortages))
    book.settle_capacity(group.id)
    return FellShort(group.id, units)


def _firm(book: Book, group_id: str) -> Group | Closed | Unknown:
    group = book.groups.get(group_id)
    if group is None:
        return Unknown("group", (group_id,))
    return group if group.state == "firm" else Closed(group.id, group.state)


def _correct(book: Book, request: ShortRequest, node: str, given: Taking) -> None:
    """The shelf after units of one line were found wanting there."""
    if request.rule is ShortRule.NONE:
        return
    position = book.position_of(given[0][0])
    units = sum(part for _, part in given)
    if request.rule is ShortRule.ZERO:
        units = position.on_hand - _in_hand(book, (position.node_no, position.sku_no))
    area = Area.DAMAGED if request.rule is ShortRule.DAMAGED else Area.MISSING
    if units > 0:
        ends = places.shelf(node), places.in_area(node, area)
        book.enter(Entry(position.sku_no, units, *ends, Cause.SHORT, request.note))
        book.put(position, "on_hand", position.on_hand - units)
    book.put(position, "blocked", True)


def _in_hand(book: Book, key: PositionKey) -> int:
    """Units of all groups that pickers have in hand from this shelf."""
    rows = [row for group_id in book.rows for row in book.held(group_id)]
    return sum(row.quantity for row in rows if row.in_hand and (row.node_no, row.sku_no) == key)


def _read_shelves(conn: Connection, at: datetime, book: Book) -> None:
    """Everybody's units at the book's positions, for a shelf that is found empty."""
    known = {row.no for part in book.rows.values() for row in part}
    for one in locks.read_held_at(conn, at, book.positions):
        if one.row.no not in known:
            book.rows.setdefault(one.row.group_id, []).append(one.row)


def _besides(conn: Connection, book: Book) -> list[Displaced]:
    told = zip(book.losses, displaced(conn, book), strict=True)
    return [one for loss, one in told if not loss.cause]
