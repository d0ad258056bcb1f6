"""Orders to rows and back. Statements only; what may happen is decided in ``oms.orders``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, func, select, text, update

from oms.orders.order import Line, Order, Promise
from oms.orders.stages import Counts
from oms.store.order_tables import order, order_line
from oms.store.rows import insert_rows

_COUNTS = tuple(Counts().as_dict())
_ANSWERS = text('SELECT id, body_digest, answer FROM "order" WHERE id = ANY(:ids)')
_TRY_ALONE = text(
    """
    SELECT id FROM unnest(CAST(:ids AS text[]), CAST(:keys AS bigint[])) AS asked (id, key)
    WHERE pg_try_advisory_xact_lock(key)
    """
)
_BEHIND = text(
    """
    SELECT DISTINCT o.id
    FROM resourcing h JOIN reservation_group g ON g.id = h.group_id
    JOIN "order" o ON o.id = g.reference AND o.group_id = g.id
    JOIN order_line l ON l.order_id = o.id AND l.line_id = h.line_id
    WHERE h.resolved_at IS NULL AND g.state = 'firm'
    GROUP BY o.id, l.line_id, l.unrouted HAVING sum(h.quantity) > l.unrouted
    ORDER BY o.id LIMIT :most
    """
)


def insert_orders(conn: Connection, placed: Sequence[tuple[Order, bytes]]) -> None:
    """Write new orders with their lines, each under the lock of ``one_at_a_time``, and what each placing is
    answered: to the byte, for its replay.
    """
    rows = [_order_row(value) | {"answer": answer.decode()} for value, answer in placed]
    insert_rows(conn, order, rows)
    lines = [_line_row(one.id, no, line) for one, _ in placed for no, line in enumerate(one.lines, 1)]
    insert_rows(conn, order_line, lines)


def insert_lines(conn: Connection, order_id: str, lines: Sequence[Line], first_no: int = 1) -> None:
    """Write new lines, in their order."""
    insert_rows(conn, order_line, [_line_row(order_id, no, line) for no, line in enumerate(lines, first_no)])


def load_order(conn: Connection, order_id: str, lock: bool = False) -> Order | None:
    """The order with its lines; with ``lock`` its row stays ours until the commit."""
    statement = select(order).where(order.c.id == order_id)
    return _loaded(conn, order_id, statement.with_for_update() if lock else statement)


def load_orders(conn: Connection, order_ids: Sequence[str]) -> dict[str, Order]:
    """Those of the orders that there are, with their lines, in two statements."""
    lines: dict[str, list[Line]] = {id: [] for id in order_ids}
    found = select(order_line).where(order_line.c.order_id.in_(order_ids))
    for row in conn.execute(found.order_by(order_line.c.order_id, order_line.c.no)):
        lines[row.order_id].append(line_of(row))
    heads = conn.execute(select(order).where(order.c.id.in_(order_ids)))
    return {row.id: order_of(row, tuple(lines[row.id])) for row in heads}


def order_if_idle(conn: Connection, order_id: str) -> Order | None:
    """The order, ours until the commit; None too when somebody else is busy with it. Never waits, so it may
    be asked for in any order of locks.
    """
    return _loaded(
        conn, order_id, select(order).where(order.c.id == order_id).with_for_update(skip_locked=True)
    )


def orders_behind(conn: Connection, most: int) -> list[str]:
    """Orders that have more units in the re-sourcing queue than they count as unrouted."""
    return list(conn.scalars(_BEHIND, {"most": most}))


def _loaded(conn: Connection, order_id: str, statement: Select[Any]) -> Order | None:
    row = conn.execute(statement).first()
    if row is None:
        return None
    lines = conn.execute(
        select(order_line).where(order_line.c.order_id == order_id).order_by(order_line.c.no)
    )
    return order_of(row, tuple(line_of(line) for line in lines))


def save_order(conn: Connection, before: Order, after: Order) -> Order:
    """Write what changed between the two, lines included, as the next version; return it as written."""
    after = replace(after, version=before.version + 1)
    conn.execute(update(order).where(order.c.id == after.id).values(_order_row(after)))
    known = {line.id: line for line in before.lines}
    changed = [line for line in after.lines if line.id in known and line != known[line.id]]
    if changed:
        rows = [{f"b_{name}": value for name, value in _changing(line).items()} for line in changed]
        statement = (
            update(order_line)
            .where(order_line.c.order_id == after.id, order_line.c.line_id == bindparam("b_line_id"))
            .values({name: bindparam(f"b_{name}") for name in _changing(changed[0]) if name != "line_id"})
        )
        conn.execute(statement, rows)
    insert_lines(conn, after.id, [line for line in after.lines if line.id not in known], len(known) + 1)
    return after


def first_answer(conn: Connection, order_id: str) -> tuple[str, bytes] | None:
    """Digest of the body first accepted and the answer it was given."""
    return first_answers(conn, [order_id]).get(order_id)


def first_answers(conn: Connection, order_ids: Sequence[str]) -> dict[str, tuple[str, bytes]]:
    """By id of those orders that exist: digest of the body first accepted and the answer it was given."""
    rows = conn.execute(_ANSWERS, {"ids": list(order_ids)}) if order_ids else ()
    return {row.id: (row.body_digest, row.answer.encode()) for row in rows}


def try_alone(conn: Connection, order_ids: Sequence[str]) -> set[str]:
    """Those of the ids nobody else places an order of; the locks are those of ``one_at_a_time``, without
    waiting.
    """
    keys = [advisory_key(order_id) for order_id in order_ids]
    return set(conn.scalars(_TRY_ALONE, {"ids": list(order_ids), "keys": keys})) if order_ids else set()


def one_at_a_time(conn: Connection, order_id: str) -> None:
    """Wait until nobody else places an order of this id; the lock goes with the transaction.

    An order that does not exist has no row to lock, and its row cannot come before the stock is decided.
    """
    conn.execute(select(func.pg_advisory_xact_lock(advisory_key(order_id))))


def advisory_key(order_id: str) -> int:
    """The number of the lock under which an order of this id is placed."""
    name = blake2b(f"order\0{order_id}".encode(), digest_size=8).digest()
    return int.from_bytes(name, "big", signed=True)


def order_of(row: Row[Any], lines: tuple[Line, ...]) -> Order:
    """The value of a row of ``order``."""
    shown = row.promise
    return Order(
        id=row.id,
        version=row.version,
        channel=row.channel,
        currency=row.currency,
        placed_at=row.placed_at,
        promise=Promise(
            method=row.method,
            window_from=_instant(shown["from"]),
            window_to=_instant(shown["to"]),
            price_minor=shown["price_minor"],
            pickup_node=row.pickup_node,
            slot=shown["slot"],
        ),
        group_id=row.group_id,
        body_digest=row.body_digest,
        actor=row.actor,
        lines=lines,
        shipping_minor=row.shipping_minor,
        shipping_credited_minor=row.shipping_credited_minor,
        return_fee_minor=row.return_fee_minor,
        discount_minor=row.discount_minor,
        allow_partial=row.allow_partial,
        substitution=row.substitution,
        customer_id=row.customer_id,
        address_id=row.address_id,
        quote_ref=row.quote_ref,
        external_refs=row.external_refs,
        holds=tuple(row.holds),
        exchange_of=row.exchange_of,
    )


def line_of(row: Row[Any]) -> Line:
    """The value of a row of ``order_line``."""
    return Line(
        id=row.line_id,
        sku=row.sku,
        counts=Counts(**{name: getattr(row, name) for name in _COUNTS}),
        unit_price_minor=row.unit_price_minor,
        discount_minor=row.discount_minor,
        tax_minor=row.tax_minor,
        kit_line=row.kit_line,
        is_kit=row.is_kit,
        per_kit=row.per_kit,
    )


def _order_row(value: Order) -> dict[str, Any]:
    promise = value.promise
    return {
        "id": value.id,
        "version": value.version,
        "status": value.status.value,
        "channel": value.channel,
        "currency": value.currency,
        "method": promise.method,
        "placed_at": value.placed_at,
        "customer_id": value.customer_id,
        "address_id": value.address_id,
        "pickup_node": promise.pickup_node,
        "external_refs": dict(value.external_refs),
        "shipping_minor": value.shipping_minor,
        "shipping_credited_minor": value.shipping_credited_minor,
        "return_fee_minor": value.return_fee_minor,
        "discount_minor": value.discount_minor,
        "total_minor": value.total_minor,
        "allow_partial": value.allow_partial,
        "substitution": value.substitution,
        "promise": {
            "from": _text(promise.window_from),
            "to": _text(promise.window_to),
            "price_minor": promise.price_minor,
            "slot": promise.slot,
        },
        "holds": list(value.holds),
        "group_id": value.group_id,
        "quote_ref": value.quote_ref,
        "body_digest": value.body_digest,
        "actor": value.actor,
        "exchange_of": value.exchange_of,
    }


def _line_row(order_id: str, no: int, line: Line) -> dict[str, Any]:
    fixed = {"order_id": order_id, "no": no, "sku": line.sku, "kit_line": line.kit_line}
    return {**fixed, "is_kit": line.is_kit, "per_kit": line.per_kit, **_changing(line)}


def _changing(line: Line) -> dict[str, Any]:
    return {
        "line_id": line.id,
        "ordered": line.ordered,
        **line.counts.as_dict(),
        "unit_price_minor": line.unit_price_minor,
        "discount_minor": line.discount_minor,
        "tax_minor": line.tax_minor,
    }


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()
