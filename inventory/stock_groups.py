"""What becomes of reservation groups: firm, extended, posted, voided, expired."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from inventory.book import Book
from inventory.movements import Cause, Entry
from inventory.outcomes import (
    Closed,
    Diminished,
    Extended,
    Firmed,
    Insufficient,
    Posted,
    Released,
    TooLong,
    Unknown,
)
from inventory.parts import Ids, held_of, ids_in, not_held, on_shelf, shares, waiting_of
from inventory.places import shelf
from inventory.positions import Group, Held, Homeless
from inventory.requests import LIFE_MAX, ExtendRequest, FirmRequest, PartLine, PostRequest, VoidRequest
from inventory.stock_reserve import give_up
from inventory.store import locks
from inventory.store.names import resolve
from inventory.store.opening import Wanted, open_book
from inventory.store.writes import write

FirmOutcome = Firmed | Diminished | Closed | Unknown
ExtendOutcome = Extended | TooLong | Closed | Unknown
VoidOutcome = Released | Insufficient | Unknown
PostOutcome = Posted | Insufficient | Closed | Unknown

_FURTHEST = ("backorder", "inbound", "shelf")


_INCOMPLETE = text(
    """
    SELECT group_id, false AS expired FROM resourcing WHERE group_id = ANY(:ids) AND resolved_at IS NULL
    UNION SELECT group_id, true FROM reservation WHERE group_id = ANY(:ids) AND state = 'expired'
    """
)


def stand_still(
    conn: Connection, group_ids: Collection[str], arriving: Collection[tuple[str, str]] = ()
) -> None:
    """Lock these groups and what they hold, and the shelves (node, SKU) that units of theirs will travel to:
    for a transaction of several verbs, which lock group by group otherwise, against the order of locks.
    """
    names = resolve(conn, (node for node, _ in arriving), (sku for _, sku in arriving))
    known = [(node, sku) for node, sku in arriving if node in names.nodes and sku in names.skus]
    groups = locks.lock_groups(conn, sorted(group_ids))
    open_book(conn, groups, Wanted(make={(names.nodes[node], names.skus[sku]) for node, sku in known}))


def firm(conn: Connection, at: datetime, requests: Sequence[FirmRequest]) -> list[FirmOutcome]:
    """An order stands behind each group: it expires no more. A firm group stays as it is, but for a new
    reference.

    Closed: too late, or gone. Diminished: a physical fact took units since; nothing is firm.
    """
    book = Book(groups=locks.lock_groups(conn, [request.group_id for request in requests]))
    displaced, expired = _incomplete(conn, book)
    outcomes = [_firm(book, at, request, displaced, expired) for request in requests]
    write(conn, at, book)
    return outcomes


def extend(conn: Connection, at: datetime, requests: Sequence[ExtendRequest]) -> list[ExtendOutcome]:
    """Each active group lives until the instant asked, at most 4 h after it (or what it replaced) was
    made.
    """
    book = Book(groups=locks.lock_groups(conn, [request.group_id for request in requests]))
    _, expired = _incomplete(conn, book)
    outcomes = [_extend(book, at, request, expired) for request in requests]
    write(conn, at, book)
    return outcomes


def void(conn: Connection, at: datetime, requests: Sequence[VoidRequest]) -> list[VoidOutcome]:
    """Set units free, of whole groups or the parts named. A closed group is answered with 0 units."""
    groups = locks.lock_groups(conn, [request.group_id for request in requests])
    book = open_book(conn, groups, Wanted())
    names = ids_in(conn, book) if any(request.lines for request in requests) else Ids({}, {})
    outcomes = [_void(book, names, request) for request in requests]
    write(conn, at, book)
    return outcomes


def post(conn: Connection, at: datetime, requests: Sequence[PostRequest]) -> list[PostOutcome]:
    """Units of firm groups left their shelves. What is posted of a line is split off; the rest stays held.

    Only units on shelves can be posted; those on their way or back-ordered are not there yet.
    """
    groups = locks.lock_groups(conn, [request.group_id for request in requests])
    book = open_book(conn, groups, Wanted())
    names = ids_in(conn, book)
    outcomes = [_post(book, names, request) for request in requests]
    write(conn, at, book)
    return outcomes


def expire_due(
    conn: Connection, at: datetime, most: int = 200, only: Collection[str] | None = None
) -> list[Released]:
    """Set free what active groups hold beyond their time, longest overdue first, at most `most` groups; of
    `only` these, where it is given.

    Groups that others are busy with are passed over; several workers may run this at once.
    """
    return _expire(conn, at, locks.lock_due_groups(conn, at, most, only))


def expire_due_of(conn: Connection, at: datetime, skus: Collection[str]) -> list[Released]:
    """The same for all groups that hold units of these SKUs, waiting for those others are busy with: so that
    nobody is refused for units that somebody is just giving back.
    """
    return _expire(conn, at, locks.lock_due_groups_of(conn, at, skus))


def _expire(conn: Connection, at: datetime, groups: dict[str, Group]) -> list[Released]:
    book = open_book(conn, groups, Wanted())
    outcomes = []
    for group in groups.values():
        units = give_up(book, group, "expired")
        outcomes.append(Released(group.id, group.state, units))
    write(conn, at, book)
    return outcomes


def _incomplete(conn: Connection, book: Book) -> tuple[set[str], set[str]]:
    """Groups with displaced units that have no home, and groups of which something has expired already."""
    rows = conn.execute(_INCOMPLETE, {"ids": list(book.groups)}).all()
    return {row.group_id for row in rows if not row.expired}, {row.group_id for row in rows if row.expired}


def _closed(group: Group, at: datetime, expired: set[str]) -> Closed | None:
    if group.state == "active" and (group.id in expired or not group.open(at)):
        return Closed(group.id, "expired")
    return None if group.state in ("active", "firm") else Closed(group.id, group.state)


def _firm(
    book: Book, at: datetime, request: FirmRequest, displaced: set[str], expired: set[str]
) -> FirmOutcome:
    group = book.groups.get(request.group_id)
    if group is None:
        return Unknown("group", (request.group_id,))
    if closed := _closed(group, at, expired):
        return closed
    if group.state == "active" and group.id in displaced:
        return Diminished(group.id)
    book.put(group, "state", "firm")
    book.put(group, "expires_at", None)
    if request.reference is not None:
        book.put(group, "reference", request.reference)
    return Firmed(group.id)


def _extend(book: Book, at: datetime, request: ExtendRequest, expired: set[str]) -> ExtendOutcome:
    group = book.groups.get(request.group_id)
    if group is None:
        return Unknown("group", (request.group_id,))
    if closed := _closed(group, at, expired):
        return closed
    if group.state == "firm":
        return Closed(group.id, "firm")
    latest = group.created_at + LIFE_MAX
    if request.expires_at > latest:
        return TooLong(group.id, latest)
    book.put(group, "expires_at", request.expires_at)
    return Extended(group.id, request.expires_at)


def _void(book: Book, names: Ids, request: VoidRequest) -> VoidOutcome:
    group = book.groups.get(request.group_id)
    if group is None:
        return Unknown("group", (request.group_id,))
    if request.lines is None or group.state not in ("active", "firm"):
        units = give_up(book, group, "voided") if group.state in ("active", "firm") else 0
        return Released(group.id, group.state, units)
    mark, units = book.mark(), 0
    shortages = []
    for line in request.lines:
        # Displaced units go first, then those furthest from the customer, in hand last.
        rows = held_of(book, names, group, line)
        held = sorted(rows, key=lambda row: (_FURTHEST.index(row.kind), row.in_hand))
        waiting = [] if line.node else waiting_of(book, group, line)
        parts: list[Held | Homeless] = [*waiting, *held]
        given = shares(parts, line)
        if given is None:
            shortages.append(not_held(names, parts, line))
            continue
        for row, part in given:
            units += part
            if isinstance(row, Homeless):
                book.put(row, "quantity", row.quantity - part)
            else:
                book.release(row, part, "voided")
    if shortages:
        book.rewind(mark)
        return Insufficient(group.id, tuple(shortages))
    _settle(book, group, "voided")
    return Released(group.id, group.state, units)


def _post(book: Book, names: Ids, request: PostRequest) -> PostOutcome:
    group = book.groups.get(request.group_id)
    if group is None:
        return Unknown("group", (request.group_id,))
    if group.state == "posted" and request.lines is None:
        return Posted(group.id, 0, 0)
    if group.state != "firm":
        return Closed(group.id, group.state)
    mark, units = book.mark(), 0
    shortages = []
    lines = request.lines or tuple(PartLine(line_id) for line_id in _lines_on_shelf(book, group))
    for line in lines:
        shelved = on_shelf(book, names, group, line, in_hand_first=True)
        given = shares(shelved, line)
        if given is None:
            shortages.append(not_held(names, shelved, line))
            continue
        for row, part in given:
            units += part
            place = shelf(names.nodes[row.node_no or 0])
            book.leave(row, part, "posted")
            book.enter(Entry(row.sku_no, part, place, request.to_place, Cause.POST, request.note))
    if shortages:
        book.rewind(mark)
        return Insufficient(group.id, tuple(shortages))
    _settle(book, group, "posted")
    return Posted(group.id, units, sum(row.quantity for row in book.held(group.id)))


def _settle(book: Book, group: Group, state: str) -> None:
    """Close the group when nothing is held or waited for any more; give back capacity it no longer needs."""
    if book.held(group.id) or any(row.group_id == group.id and row.quantity for row in book.homeless):
        book.settle_capacity(group.id)
    else:
        give_up(book, group, state)


def _lines_on_shelf(book: Book, group: Group) -> list[str]:
    return sorted({row.line_id for row in book.held(group.id) if row.kind == "shelf"})
