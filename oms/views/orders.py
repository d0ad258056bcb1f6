"""An order as it is answered and shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select, tuple_

from oms.actors import Actor
from oms.fulfilment.job import Fulfilment
from oms.fulfilment.lifecycle import FulfilmentState
from oms.money.ledger import balance_of
from oms.money.refunds import PENDING
from oms.orders.order import Line, Order, Promise, line_status
from oms.store.foundation_tables import outbox
from oms.store.fulfilments import fulfilments_of
from oms.store.order_tables import order
from oms.store.orders import load_order
from oms.store.payments import payments_of, refunds_of
from oms.store.people import address_of, customer_of
from oms.views.offers import node_visible

GONE = (FulfilmentState.CANCELLED, FulfilmentState.REJECTED, FulfilmentState.EXPIRED)


def placed(value: Order, jobs: Sequence[Fulfilment], token: str, actor: Actor) -> dict[str, Any]:
    """What placing answers: the order's lines, parcels, promise and money."""
    promise = value.promise
    return {
        "id": value.id,
        "status": value.status.value,
        "method": promise.method,
        "version": value.version,
        "placed_at": value.placed_at,
        "promise": {
            "method": promise.method,
            "window": _window(promise),
            "pickup_node": promise.pickup_node,
            "slot": promise.slot,
        },
        "lines": [_line(value, line) for line in value.sold_lines],
        "parcels": [
            parcel for job in jobs if job.state not in GONE for parcel in _parcels(value, job, actor)
        ],
        "money": _sums(value),
        "order_token": token,
    }


def whole(
    conn: Connection, order_id: str, token: str, actor: Actor, personal: bool
) -> tuple[Order, dict[str, Any]] | None:
    """The order with everything that became of it; ``personal``: whether names and addresses may be shown."""
    value = load_order(conn, order_id)
    if value is None:
        return None
    jobs = fulfilments_of(conn, order_id)
    document = placed(value, jobs, token, actor) | {
        "channel": value.channel,
        "allow_partial": value.allow_partial,
        "substitution": value.substitution,
        "external_refs": dict(value.external_refs),
        "holds": list(value.holds),
        "fulfilment_orders": [_job(job, value, actor) for job in jobs],
        **account(conn, value),
        "timeline": [_happening(row, actor) for row in _events(conn, order_id)],
        "customer_id": value.customer_id,
        "customer": None,
        "destination": None,
    }
    if personal:
        document |= _people(conn, value)
    return value, document


def page(
    conn: Connection, actor: Actor, after: Sequence[Any] | None, limit: int, status: str | None
) -> list[dict[str, Any]]:
    """Orders by when they were placed, the newest first; one more than ``limit`` when there are more."""
    rows = select(order).order_by(order.c.placed_at.desc(), order.c.id.desc()).limit(limit + 1)
    if after is not None:
        rows = rows.where(tuple_(order.c.placed_at, order.c.id) < tuple_(*after))
    if status is not None:
        rows = rows.where(order.c.status == status)
    if actor.channels is not None:
        rows = rows.where(order.c.channel.in_(actor.channels))
    names = ("id", "status", "channel", "method", "currency", "placed_at", "total_minor", "version")
    return [{name: getattr(row, name) for name in names} for row in conn.execute(rows)]


_PAYMENT = (
    "method",
    "amount_minor",
    "reference",
    "terminal",
    "acquirer",
    "card",
    "at",
    "channel",
    "refund_id",
)
_REFUND = ("id", "return_id", "amount_minor", "cause", "at", "reference")


def account(conn: Connection, value: Order) -> dict[str, Any]:
    """What the order costs, what was paid and what is to be paid back."""
    payments, refunds = payments_of(conn, value.id), refunds_of(conn, value.id)
    balance = balance_of(payments)
    money = _sums(value) | {
        "shipping_owed_minor": value.shipping_owed_minor,
        "return_fee_minor": value.return_fee_minor,
        "discount_share_minor": value.discount_share_minor,
        "authorised_minor": balance.authorised,
        "captured_minor": balance.captured,
        "refunded_minor": balance.refunded,
        "voided_minor": balance.voided,
        "refund_pending_minor": sum(one.amount_minor for one in refunds if one.state in PENDING),
    }
    return {
        "money": money,
        "payments": [_fields(one, _PAYMENT) | {"kind": one.kind.value} for one in payments],
        "refunds": [_fields(one, _REFUND) | {"state": one.state.value} for one in refunds],
    }


def _fields(value: object, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(value, name) for name in names}


def _sums(value: Order) -> dict[str, Any]:
    return {
        "currency": value.currency,
        "lines_minor": value.lines_minor,
        "shipping_minor": value.shipping_minor,
        "discount_minor": value.discount_minor,
        "total_minor": value.total_minor,
    }


def _window(promise: Promise) -> dict[str, Any] | None:
    """None while nobody can say when: all of it is on back-order."""
    if promise.window_to is None:
        return None
    return {"from": promise.window_from, "to": promise.window_to}


def _line(value: Order, line: Line) -> dict[str, Any]:
    parts = value.components(line.id) if line.is_kit else ()
    return {
        "id": line.id,
        "sku": line.sku,
        "status": line_status(line.counts).value,
        "ordered": line.ordered,
        **line.counts.as_dict(),
        "unit_price_minor": line.unit_price_minor,
        "discount_minor": line.discount_minor,
        "tax_minor": line.tax_minor,
        "amount_minor": line.amount_minor,
        "components": [{"sku": part.sku, "ordered": part.ordered, **part.counts.as_dict()} for part in parts]
        or None,
    }


def _parcels(value: Order, job: Fulfilment, actor: Actor) -> Iterable[dict[str, Any]]:
    shown = job.node if node_visible(job.node, value.promise.pickup_node, actor) else None
    for number in sorted({line.parcel for line in job.lines}):
        lines = [line for line in job.lines if line.parcel == number and line.wanted]
        if lines:
            yield {
                "node": shown,
                "lines": [
                    {"id": sold_line(value, line.line_id), "sku": line.sku, "quantity": line.wanted}
                    for line in lines
                ],
                "ship_at": job.ship_at,
                "arrive_at": job.arrive_at,
            }


def _job(job: Fulfilment, value: Order, actor: Actor) -> dict[str, Any]:
    return {
        "id": job.id,
        "node": job.node if node_visible(job.node, value.promise.pickup_node, actor) else None,
        "method": job.method,
        "state": job.state.value,
        "ship_at": job.ship_at,
        "arrive_at": job.arrive_at,
        "replaces": job.replaces,
        "to_node": job.to_node,
        "on_hold": job.on_hold,
        "reason": job.reason,
        "instants": dict(job.instants),
        "lines": [
            {
                "id": sold_line(value, line.line_id),
                "sku": line.sku,
                "parcel": line.parcel,
                "quantity": line.quantity,
                "cancelled": line.cancelled,
                "picked": line.picked,
                "short": line.short,
                "put_back": line.put_back,
            }
            for line in job.lines
        ],
    }


def sold_line(value: Order, line_id: str) -> str:
    """The line as sold that a picked line belongs to."""
    line = value.line(line_id)
    return line.kit_line if line is not None and line.kit_line is not None else line_id


def _events(conn: Connection, order_id: str) -> Iterable[Row[Any]]:
    mine = (outbox.c.subject == "order", outbox.c.subject_id == order_id)
    return conn.execute(select(outbox).where(*mine).order_by(outbox.c.id))


def _happening(row: Row[Any], actor: Actor) -> dict[str, Any]:
    """Events name nodes and keys; a storefront learns what happened and when."""
    trusted = actor.trusted
    data: Mapping[str, Any] = row.data
    return {
        "at": row.at,
        "occurred_at": row.occurred_at,
        "type": row.type,
        "actor": row.actor if trusted else "",
        "channel": row.channel,
        "reason": row.reason,
        "data": data if trusted else {},
    }


def _people(conn: Connection, value: Order) -> dict[str, Any]:
    who = customer_of(conn, value.customer_id) if value.customer_id else None
    where = address_of(conn, value.address_id) if value.address_id else None
    return {
        "customer": _fields(who, ("email", "name", "phone", "locale")) if who else None,
        "destination": {
            "country": where.country,
            "postcode": where.postcode,
            "city": where.city,
            "street": where.street,
            "name": where.name,
            "lat": where.lat,
            "lon": where.lon,
        }
        if where
        else None,
    }
