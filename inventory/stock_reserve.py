"""Reserve units for a cart or an order, and give reserved units another home."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from inventory.admission import admit, admit_capacity, decide_all, unknown_of, wanted_by
from inventory.book import Book
from inventory.outcomes import (
    CapacityExhausted,
    Closed,
    Conflict,
    Insufficient,
    Rehomed,
    Replayed,
    Reserved,
    Shortage,
    TooLong,
    Unknown,
    Want,
)
from inventory.positions import Group, Held
from inventory.requests import (
    LIFE_MAX,
    Backorder,
    Incoming,
    MoveRequest,
    MoveStep,
    ReserveLine,
    ReserveRequest,
    Shelf,
    Source,
    Target,
    Unplaced,
)
from inventory.store import locks
from inventory.store.names import Names, resolve
from inventory.store.opening import open_book
from inventory.store.writes import write

ReserveOutcome = (
    Reserved | Replayed | Conflict | Insufficient | CapacityExhausted | Unknown | Closed | TooLong
)
MoveOutcome = Rehomed | Insufficient | CapacityExhausted | Unknown | Closed


def reserve(conn: Connection, at: datetime, requests: Sequence[ReserveRequest]) -> list[ReserveOutcome]:
    """Hold all lines and capacity of each request, or nothing of it; one outcome per request, in order.

    Requests are admitted in the order of the batch, each on what the earlier ones left. Unknown ids, a
    time to
    live that is over or too long, and content that differs from what the group was made with are named.
    """
    lines = [(line.sku, line.target) for request in requests for line in request.lines]
    capacity = [line for request in requests for line in request.capacity]
    nodes = [target.node for _, target in lines if isinstance(target, Shelf)] + [
        line.node for line in capacity
    ]
    names = resolve(conn, nodes, [sku for sku, _ in lines])
    groups = _begin(conn, at, requests)
    book = open_book(conn, groups, wanted_by(names, lines, capacity))
    outcomes = decide_all(conn, at, book, requests, lambda request: _reserve(book, names, at, request))
    write(conn, at, book)
    return outcomes


def move(conn: Connection, at: datetime, requests: Sequence[MoveRequest]) -> list[MoveOutcome]:
    """Give units of open groups another home, atomically: between nodes, to and from incoming stock and
    back-orders, or a home for displaced ones. What is moved keeps its line; its channel's rules hold anew.
    """
    lines: list[tuple[str, Target]] = []
    for step in (step for request in requests for step in request.steps):
        lines.append((step.sku, step.target))
        if isinstance(step.source, Shelf):
            lines.append((step.sku, step.source))
    capacity = [line for request in requests for line in request.capacity]
    nodes = [target.node for _, target in lines if isinstance(target, Shelf)] + [
        line.node for line in capacity
    ]
    names = resolve(conn, nodes, [sku for sku, _ in lines])
    groups = locks.lock_groups(conn, sorted({request.group_id for request in requests}))
    book = open_book(conn, groups, wanted_by(names, lines, capacity))
    outcomes = decide_all(conn, at, book, requests, lambda request: _move(book, names, at, request))
    write(conn, at, book)
    return outcomes


def give_up(book: Book, group: Group, state: str) -> int:
    """Set free all that a group holds or waits for and close it as `state`; returns the units."""
    units = 0
    for row in book.held(group.id):
        units += row.quantity
        book.release(row, row.quantity, state)
    for waiting in book.homeless:
        if waiting.group_id == group.id:
            units += waiting.quantity
            book.put(waiting, "quantity", 0)
    posted = any(row.state == "posted" for row in book.rows.get(group.id, ()))
    book.put(group, "state", "posted" if posted else state)
    book.settle_capacity(group.id)
    return units


def _begin(conn: Connection, at: datetime, requests: Sequence[ReserveRequest]) -> dict[str, Group]:
    """Make the groups that are new and lock the others, those to be replaced included."""
    fresh: dict[str, Group] = {}
    for request in requests:
        group = Group(request.group_id, "", "", "", "", "voided", at, None, fresh=True)
        fresh.setdefault(request.group_id, group)
    begun = locks.begin_groups(conn, list(fresh.values()))
    others = (fresh.keys() - begun) | {request.replaces for request in requests if request.replaces} - begun
    locked = locks.lock_groups(conn, sorted(others))
    return {id_: fresh[id_] for id_ in begun} | locked


def _reserve(book: Book, names: Names, at: datetime, request: ReserveRequest) -> ReserveOutcome:
    group = book.groups[request.group_id]
    if not group.fresh:
        same = group.digest == request.digest()
        return Replayed(group.id, group.state, group.expires_at) if same else Conflict(group.id)
    targets = [line.target for line in request.lines]
    unknown = unknown_of(names, [line.sku for line in request.lines], targets, request.capacity)
    if unknown is not None:
        return unknown
    mark = book.mark()
    replaced = book.groups.get(request.replaces or "")
    created_at = replaced.created_at if replaced and replaced.open(at) and request.expires_at else at
    if request.expires_at is not None:
        if request.expires_at <= at:
            return Closed(group.id, "expired")
        if request.expires_at > created_at + LIFE_MAX:
            return TooLong(group.id, created_at + LIFE_MAX)
    if replaced and replaced.state in ("active", "firm") and not replaced.fresh:
        give_up(book, replaced, "voided")
    _adopt(book, group, request, created_at)
    shortages = [short for line in request.lines if (short := admit(book, names, at, group.id, line))]
    refusal = Insufficient(group.id, tuple(shortages)) if shortages else None
    exhausted = refusal or admit_capacity(book, names, group.id, request.capacity)
    if exhausted is not None:
        book.rewind(mark)
        return exhausted
    return Reserved(group.id, request.expires_at)


def _adopt(book: Book, group: Group, request: ReserveRequest, created_at: datetime) -> None:
    content = {
        "digest": request.digest(),
        "channel": request.channel,
        "owner": request.owner,
        "reference": request.reference,
        "state": "firm" if request.expires_at is None else "active",
        "created_at": created_at,
        "expires_at": request.expires_at,
        "fresh": False,
    }
    for name, value in content.items():
        book.put(group, name, value)


def _move(book: Book, names: Names, at: datetime, request: MoveRequest) -> MoveOutcome:
    group = book.groups.get(request.group_id)
    if group is None:
        return Unknown("group", (request.group_id,))
    if not group.open(at):
        return Closed(group.id, "expired" if group.state == "active" else group.state)
    places = [place for step in request.steps for place in (step.source, step.target)]
    unknown = unknown_of(names, [step.sku for step in request.steps], places, request.capacity)
    if unknown is not None:
        return unknown
    mark = book.mark()
    shortages = [short for step in request.steps if (short := _step(book, names, at, group, step))]
    refusal = Insufficient(group.id, tuple(shortages)) if shortages else None
    book.settle_capacity(group.id)
    exhausted = refusal or admit_capacity(book, names, group.id, request.capacity)
    if exhausted is not None:
        book.rewind(mark)
        return exhausted
    return Rehomed(group.id)


def _step(book: Book, names: Names, at: datetime, group: Group, step: MoveStep) -> Shortage | None:
    taken, promise_at = _take(book, names, group, step)
    if taken < step.quantity:
        node = step.source.node if isinstance(step.source, Shelf) else None
        return Shortage(step.line_id, step.sku, node, step.quantity, taken, Want.NOT_HELD)
    line = ReserveLine(step.line_id, step.sku, step.quantity, step.target, step.promise_at or promise_at)
    return admit(book, names, at, group.id, line)


def _take(book: Book, names: Names, group: Group, step: MoveStep) -> tuple[int, datetime | None]:
    """Set the step's units free where they are; returns how many there were and what was promised of them."""
    left, promise_at = step.quantity, None
    sku_no = names.skus[step.sku]
    if isinstance(step.source, Unplaced):
        for waiting in book.homeless:
            if (waiting.group_id, waiting.line_id, waiting.sku_no) == (
                group.id,
                step.line_id,
                sku_no,
            ) and left:
                part = min(left, waiting.quantity)
                book.put(waiting, "quantity", waiting.quantity - part)
                left -= part
        return step.quantity - left, None
    for row in sorted(book.held(group.id), key=lambda row: row.in_hand):
        if left and (row.line_id, row.sku_no) == (step.line_id, sku_no) and _lies_at(row, names, step.source):
            part = min(left, row.quantity)
            promise_at = row.promise_at
            book.release(row, part, "voided")
            left -= part
    return step.quantity - left, promise_at


def _lies_at(row: Held, names: Names, source: Source) -> bool:
    if isinstance(source, Shelf):
        return row.kind == "shelf" and row.node_no == names.nodes[source.node]
    if isinstance(source, Incoming):
        return row.kind == "inbound" and row.inbound_id == source.inbound
    return isinstance(source, Backorder) and row.kind == "backorder"
