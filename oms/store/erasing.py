"""Where personal data stands, and how it is taken out: rows that refer to a person stay, what names him goes.

Orders, their lines and money, movements and events are facts of the shop and carry ids; they are untouched
but for the words people wrote into them.
"""

# ruff: noqa: S608 - only names of our own states and columns go into statements
from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import orjson
from sqlalchemy import Connection, TextClause, text

from oms.store.requests import empty

ENDED = "('fulfilled', 'cancelled', 'closed')"
RETURN_ENDED = "('closed', 'declined', 'cancelled')"
AT_ONCE = 1_000

_PERSONAL_AT_THE_DOOR = "'{note,proof,position}'::text[]"
_MINE = 'SELECT id FROM "order" WHERE customer_id = ANY(:ids)'
_BLANK = "name = NULL, street = NULL, city = NULL, postcode = '', lat = NULL, lon = NULL"
_COARSE = (
    "name = NULL, street = NULL, lat = round(lat::numeric, 1)::float, lon = round(lon::numeric, 1)::float"
)

_OPEN = text(
    f"""
    SELECT id FROM "order" WHERE customer_id = ANY(:ids) AND status NOT IN {ENDED}
    UNION SELECT l.order_id FROM "return" r JOIN return_line l ON l.return_id = r.id
    WHERE r.customer_id = ANY(:ids) AND r.state NOT IN {RETURN_ENDED} AND l.order_id IS NOT NULL
    ORDER BY 1
    """
)
_RECORDS = text("SELECT id FROM customer WHERE id = :id OR merged_into = :id ORDER BY id FOR UPDATE")
_ORDERS = text(f"{_MINE} ORDER BY id FOR UPDATE")

_THEIRS = text(
    f"""
    SELECT 'order' AS kind, id FROM "order" WHERE customer_id = ANY(:ids)
    UNION SELECT 'reservation', unnest(ARRAY[group_id, quote_ref]) FROM "order" WHERE customer_id = ANY(:ids)
    UNION SELECT 'part', id FROM fulfilment_order WHERE order_id IN ({_MINE})
    UNION SELECT 'part', id FROM shipment WHERE order_id IN ({_MINE})
    UNION SELECT 'part', id FROM pickup WHERE order_id IN ({_MINE})
    UNION SELECT 'part', id FROM courier_stop WHERE order_id IN ({_MINE})
    UNION SELECT 'contact', id FROM contact WHERE customer_id = ANY(:ids)
    UNION SELECT 'return', id FROM "return" WHERE customer_id = ANY(:ids)
    UNION SELECT 'return', return_id FROM return_line WHERE order_id IN ({_MINE})
    """
)
"""What belongs to the person. Ids of orders and their parts are a shop's own words, the others are ours."""
_FORGET = (
    f"""
    UPDATE address SET {_BLANK} WHERE customer_id = ANY(:ids) AND NOT EXISTS (
        SELECT FROM "order" o WHERE o.address_id = address.id AND o.status NOT IN {ENDED})
    """,
    f"""
    UPDATE address SET {_COARSE} FROM "order" o
    WHERE o.address_id = address.id AND o.customer_id = ANY(:ids) AND o.status NOT IN {ENDED}
    """,
    "DELETE FROM contact WHERE customer_id = ANY(:ids)",
    "DELETE FROM customer_card WHERE customer_id = ANY(:ids)",
    f"UPDATE payment SET card = NULL WHERE card IS NOT NULL AND order_id IN ({_MINE})",
    f"""
    UPDATE return_line SET note = '' WHERE note <> '' AND (order_id IN ({_MINE})
        OR return_id IN (SELECT id FROM "return" WHERE customer_id = ANY(:ids)))
    """,
    """
    UPDATE "return" SET exception = 'erased' WHERE exception <> '' AND customer_id = ANY(:ids)
    """,
    f"""
    UPDATE shipment_event SET note = '' WHERE note <> ''
        AND shipment_id IN (SELECT id FROM shipment WHERE order_id IN ({_MINE}))
    """,
    f"""
    UPDATE courier_event SET data = data - {_PERSONAL_AT_THE_DOOR}
    WHERE stop_id IN (SELECT id FROM courier_stop WHERE order_id IN ({_MINE}))
    """,
    f"""
    DELETE FROM courier_proof WHERE stop_id IN (
        SELECT id FROM courier_stop WHERE order_id IN ({_MINE}))
    """,
    f"""
    UPDATE outbox SET data = jsonb_set(data, '{{note}}', '""') WHERE data ? 'note'
        AND (subject = 'order' AND subject_id IN ({_MINE}) OR subject = 'return'
            AND subject_id IN (SELECT id FROM "return" WHERE customer_id = ANY(:ids)))
    """,
    """
    UPDATE customer SET email = NULL, name = NULL, phone = NULL, phone_digits = NULL, locale = NULL,
        version = version + 1, erased_at = :at WHERE id = ANY(:ids)
    """,
)

_STILL_HERE = "(a.name IS NOT NULL OR a.street IS NOT NULL OR a.city IS NOT NULL OR a.postcode <> '')"
_OLD_CONTACTS = text(
    "DELETE FROM contact WHERE id IN (SELECT id FROM contact WHERE at < :before LIMIT :most)"
)
_OLD_ADDRESSES = text(
    f"""
    UPDATE address SET {_BLANK} WHERE id IN (
        SELECT a.id FROM address a JOIN "order" o ON o.address_id = a.id
        WHERE o.status IN {ENDED} AND {_STILL_HERE} AND greatest(o.placed_at, (SELECT max(f.arrive_at)
            FROM fulfilment_order f WHERE f.order_id = o.id)) < :before LIMIT :most)
    """
)
_ADDRESSES_OF_ERASED = text(
    f"""
    UPDATE address SET {_BLANK} WHERE id IN (
        SELECT a.id FROM customer c JOIN "order" o ON o.customer_id = c.id
            JOIN address a ON a.id = o.address_id
        WHERE c.erased_at IS NOT NULL AND o.status IN {ENDED} AND {_STILL_HERE} LIMIT :most)
    """
)
_OLD_REPORTS = text(
    f"""
    UPDATE courier_event SET data = data - {_PERSONAL_AT_THE_DOOR} WHERE id IN (
        SELECT id FROM courier_event WHERE at < :before AND data ?| {_PERSONAL_AT_THE_DOOR} LIMIT :most)
    """
)


def lock_person(conn: Connection, id: str) -> tuple[list[str], list[str]]:
    """(the record and those merged into it, their orders), ours until the commit; orders before people."""
    known = text("SELECT id FROM customer WHERE id = :id OR merged_into = :id")
    orders = list(conn.scalars(_ORDERS, {"ids": list(conn.scalars(known, {"id": id}))}))
    return list(conn.scalars(_RECORDS, {"id": id})), orders


def open_orders(conn: Connection, ids: Sequence[str]) -> list[str]:
    """Orders of these records that have not ended, or of which something is on its way back."""
    return list(conn.scalars(_OPEN, {"ids": ids}))


def forget_person(conn: Connection, ids: Sequence[str], at: datetime) -> None:
    """Take out everything that names who these records are. What is still to be delivered keeps where,
    as coarse as a town; the rest of that goes when the order has ended.
    """
    _forget_answers(conn, ids)
    for statement in _FORGET:
        conn.execute(text(statement), {"ids": list(ids), "at": at})


def _forget_answers(conn: Connection, ids: Sequence[str]) -> None:
    """Empty the answers kept for requests about the person or about what belongs to him, and those that
    name one of it. An order may be called just "1", so it is looked for as the order of something.
    """
    theirs = conn.execute(_THEIRS, {"ids": list(ids)}).all()
    ours = [*ids, *(row.id for row in theirs if row.kind not in ("order", "part") and row.id)]
    orders = [row.id for row in theirs if row.kind == "order"]
    marks = [orjson.dumps(id) for id in ours]
    marks += [orjson.dumps({member: id})[1:-1] for id in orders for member in ("order", "order_id")]
    empty(conn, [*ids, *(row.id for row in theirs if row.id)], marks)


def forget_contacts(conn: Connection, before: datetime) -> int:
    """A portion of the contacts older than that; how many."""
    return _some(conn, _OLD_CONTACTS, before)


def forget_addresses(conn: Connection, before: datetime) -> int:
    """A portion of the addresses of orders that ended, and were placed and due before that; how many."""
    return _some(conn, _OLD_ADDRESSES, before)


def forget_reports(conn: Connection, before: datetime) -> int:
    """Words, proofs and positions in a portion of couriers' reports older than that; how many."""
    return _some(conn, _OLD_REPORTS, before)


def forget_leftovers(conn: Connection, at: datetime) -> int:
    """Addresses of persons erased while an order was open that has ended since; how many."""
    return _some(conn, _ADDRESSES_OF_ERASED, at)


def _some(conn: Connection, statement: TextClause, before: datetime) -> int:
    return conn.execute(statement, {"before": before, "most": AT_ONCE}).rowcount
