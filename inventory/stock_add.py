"""More units for a firm group: something else goes instead of what was not to be had."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from inventory.admission import admit, decide_all, unknown_of, wanted_by
from inventory.book import Book
from inventory.outcomes import Closed, Insufficient, Reserved, Unknown
from inventory.requests import AddRequest, Shelf
from inventory.store import locks
from inventory.store.names import Names, resolve
from inventory.store.opening import open_book
from inventory.store.writes import write

AddOutcome = Reserved | Insufficient | Closed | Unknown


def add(conn: Connection, at: datetime, requests: Sequence[AddRequest]) -> list[AddOutcome]:
    """Hold more lines for firm groups, all of a request or nothing; the rules of their channels hold."""
    lines = [(line.sku, line.target) for request in requests for line in request.lines]
    nodes = [target.node for _, target in lines if isinstance(target, Shelf)]
    names = resolve(conn, nodes, [sku for sku, _ in lines])
    groups = locks.lock_groups(conn, sorted({request.group_id for request in requests}))
    book = open_book(conn, groups, wanted_by(names, lines, ()))
    outcomes = decide_all(conn, at, book, requests, lambda request: _add(book, names, at, request))
    write(conn, at, book)
    return outcomes


def _add(book: Book, names: Names, at: datetime, request: AddRequest) -> AddOutcome:
    group = book.groups.get(request.group_id)
    if group is None:
        return Unknown("group", (request.group_id,))
    if group.state != "firm":
        return Closed(group.id, group.state)
    targets = [line.target for line in request.lines]
    unknown = unknown_of(names, [line.sku for line in request.lines], targets, ())
    if unknown is not None:
        return unknown
    mark = book.mark()
    shortages = [short for line in request.lines if (short := admit(book, names, at, group.id, line))]
    if shortages:
        book.rewind(mark)
        return Insufficient(group.id, tuple(shortages))
    return Reserved(group.id, None)
