"""Runs and stops as they are answered and shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from oms.courier.door import due_if_kept
from oms.courier.lifecycle import WAY
from oms.courier.proof import Picture
from oms.courier.stop import Run, Stop
from oms.fulfilment.job import Fulfilment
from oms.money.ledger import balance_of
from oms.orders.order import Order
from oms.store.couriers import stops_of_run
from oms.store.fulfilments import fulfilment_of
from oms.store.orders import load_order
from oms.store.payments import payments_of
from oms.store.people import address_of, customer_of
from oms.store.proofs import pictures_of, still_to_come


def run_head(run: Run) -> dict[str, Any]:
    """The run without its stops."""
    return {
        "id": run.id,
        "node": run.node,
        "courier": run.courier,
        "state": run.state.value,
        "version": run.version,
        "created_at": run.created_at,
        "instants": dict(run.instants),
    }


def run_shown(conn: Connection, run: Run) -> dict[str, Any]:
    """The run with its stops in their order, and the units still in its van."""
    stops = stops_of_run(conn, run.id)
    jobs = {stop.id: fulfilment_of(conn, stop.fulfilment_order) for stop in stops}
    shown = [stop_shown(conn, stop, job) for stop in stops if (job := jobs[stop.id]) is not None]
    return run_head(run) | {"aboard": sum(stop.aboard for stop in stops), "stops": shown}


def stop_shown(conn: Connection, stop: Stop, job: Fulfilment) -> dict[str, Any]:
    """What a courier needs at the door. Name, address and masked phone only until it is over for him."""
    order = load_order(conn, stop.order_id)
    assert order is not None, "a stop is of an order"
    window = order.promise
    before_him = stop.state in WAY[:7]
    return {
        "id": stop.id,
        "order": stop.order_id,
        "fulfilment_order": stop.fulfilment_order,
        "node": stop.node,
        "run": stop.run_id,
        "attempt": stop.attempt,
        "place": stop.place,
        "state": stop.state.value,
        "outcome": stop.outcome.value if stop.outcome else None,
        "reason": stop.reason,
        "next_step": stop.next_step,
        "return_node": stop.return_node,
        "window": {"from": window.window_from, "to": window.window_to} if window.window_to else None,
        "destination": _destination(conn, order) if before_him else None,
        "phone": _phone(conn, order) if before_him else None,
        "currency": order.currency,
        "due_minor": _due(conn, order, stop, job),
        "collected_minor": stop.collected_minor,
        "lines": _lines(stop, job),
        "instants": dict(stop.instants),
        "proofs": [picture_shown(one) for one in pictures_of(conn, stop.id)],
        "evidence_pending": still_to_come(conn, stop.id),
        "version": stop.version,
    }


def picture_shown(picture: Picture) -> dict[str, Any]:
    """A picture taken at the door, without its bytes."""
    return {
        "sha256": picture.sha256,
        "media_type": picture.media_type,
        "size_bytes": picture.size,
        "at": picture.at,
    }


def paid_minor(conn: Connection, order_id: str) -> int:
    """What was authorised for the order and neither given up nor paid back."""
    balance = balance_of(payments_of(conn, order_id))
    return balance.authorised - balance.voided - balance.refunded


def due_for(conn: Connection, stop: Stop, units: Mapping[str, int]) -> int:
    """What is to be paid at the door if of the stop's units only these are kept."""
    order = load_order(conn, stop.order_id)
    assert order is not None, "a stop is of an order"
    return due_if_kept(order, units, paid_minor(conn, order.id))


def masked(phone: str | None) -> str | None:
    """A phone number of which only the last two digits can be read."""
    if not phone:
        return None
    return "•" * max(0, len(phone) - 2) + phone[-2:] if len(phone) > 4 else "•" * len(phone)


def _lines(stop: Stop, job: Fulfilment) -> list[dict[str, Any]]:
    names = ("quantity", "aboard", "kept", "back", "lost", "passed", "inspected")
    if stop.lines:
        return [
            {"id": line.line_id, "sku": line.sku, **{name: getattr(line, name) for name in names}}
            for line in stop.lines
        ]
    units: dict[tuple[str, str], int] = {}
    for part in job.lines:
        units[part.line_id, part.sku] = units.get((part.line_id, part.sku), 0) + part.wanted
    nothing = dict.fromkeys(names, 0)
    return [
        {"id": id, "sku": sku, **nothing, "quantity": wanted} for (id, sku), wanted in units.items() if wanted
    ]


def _due(conn: Connection, order: Order, stop: Stop, job: Fulfilment) -> int:
    """What is to be paid if all is kept; once it is over, what was to be paid for what was kept."""
    if stop.state not in ("created", *WAY[:7]):
        return stop.due_minor
    units = {line["id"]: line["quantity"] for line in _lines(stop, job)}
    return due_if_kept(order, units, paid_minor(conn, order.id))


def _destination(conn: Connection, order: Order) -> Mapping[str, Any] | None:
    where = address_of(conn, order.address_id) if order.address_id else None
    if where is None:
        return None
    names = ("name", "street", "city", "postcode", "country", "lat", "lon")
    return {name: getattr(where, name) for name in names}


def _phone(conn: Connection, order: Order) -> str | None:
    who = customer_of(conn, order.customer_id) if order.customer_id else None
    return masked(who.phone) if who else None
