"""Pickups to rows and back. Their order's row is the lock for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from oms.pickups.lifecycle import OPEN, PickupState
from oms.pickups.pickup import Pickup
from oms.store.order_tables import customer, order
from oms.store.pickup_tables import pickup, pickup_fulfilment


def insert_pickup(conn: Connection, value: Pickup) -> None:
    """Write a new pickup and what it is for."""
    conn.execute(insert(pickup).values(_row(value)))
    _link(conn, value)


def save_pickup(conn: Connection, value: Pickup) -> None:
    """Write what may change of a pickup, as its next version."""
    row = _row(value)
    changing = {name: row[name] for name in ("state", "deadline", "wrong_codes", "instants")}
    head = update(pickup).where(pickup.c.id == value.id)
    conn.execute(head.values(**changing, version=pickup.c.version + 1))
    _link(conn, value)


def pickups_of(conn: Connection, order_id: str) -> Sequence[Pickup]:
    """All pickups of an order, in the order they were opened."""
    return _read(conn, pickup.c.order_id == order_id)


def pickup_of(conn: Connection, id: str) -> Pickup | None:
    """One pickup. Lock its order first, then read."""
    return next(iter(_read(conn, pickup.c.id == id)), None)


def order_of_pickup(conn: Connection, id: str) -> str | None:
    """The order a pickup belongs to."""
    return conn.scalar(select(pickup.c.order_id).where(pickup.c.id == id))


def due(conn: Connection, at: datetime, grace: timedelta, most: int) -> list[tuple[str, str]]:
    """(order, pickup) whose time to collect is over, longest overdue first; a customer who stands at the
    counter has the grace on top.
    """
    there = pickup.c.state.in_([PickupState.CUSTOMER_ARRIVED.value, PickupState.VERIFIED.value])
    over = or_(
        and_(pickup.c.state == PickupState.READY.value, pickup.c.deadline <= at),
        and_(there, pickup.c.deadline <= at - grace),
    )
    rows = select(pickup.c.order_id, pickup.c.id).where(over).order_by(pickup.c.deadline).limit(most)
    return [(row.order_id, row.id) for row in conn.execute(rows)]


def find(
    conn: Connection,
    nodes: Sequence[str] | None,
    order_id: str | None = None,
    phone: str | None = None,
    closed: bool = False,
    after: str = "",
    most: int = 200,
) -> Sequence[Pickup]:
    """Pickups by id, at these nodes; ``phone``: the last digits of the customer's. ``closed``: also those
    that are over.
    """
    where: list[Any] = [pickup.c.id > after]
    if nodes is not None:
        where.append(pickup.c.node.in_(list(nodes)))
    if not closed:
        where.append(pickup.c.state.in_([state.value for state in OPEN]))
    if order_id is not None:
        where.append(pickup.c.order_id == order_id)
    if phone is not None:
        digits = func.regexp_replace(customer.c.phone, r"\D", "", "g")
        mine = select(order.c.id).join(customer, customer.c.id == order.c.customer_id)
        where.append(pickup.c.order_id.in_(mine.where(digits.like(f"%{phone}"))))
    return _read(conn, and_(*where), most)


def _read(conn: Connection, which: Any, most: int | None = None) -> list[Pickup]:
    rows = conn.execute(select(pickup).where(which).order_by(pickup.c.id).limit(most)).all()
    jobs: dict[str, list[str]] = defaultdict(list)
    mine = pickup_fulfilment.c.pickup_id.in_([row.id for row in rows])
    ordered = select(pickup_fulfilment).where(mine).order_by(pickup_fulfilment.c.fulfilment_order_id)
    for link in conn.execute(ordered):
        jobs[link.pickup_id].append(link.fulfilment_order_id)
    return [_value(row, tuple(jobs[row.id])) for row in rows]


def _link(conn: Connection, value: Pickup) -> None:
    rows = [{"pickup_id": value.id, "fulfilment_order_id": job} for job in value.fulfilment_orders]
    if rows:
        conn.execute(insert(pickup_fulfilment).on_conflict_do_nothing(), rows)


def _row(value: Pickup) -> dict[str, Any]:
    return {
        "id": value.id,
        "order_id": value.order_id,
        "no": value.no,
        "node": value.node,
        "state": value.state.value,
        "created_at": value.created_at,
        "deadline": value.deadline,
        "wrong_codes": value.wrong_codes,
        "instants": {state: at.isoformat() for state, at in value.instants.items()},
    }


def _value(row: Any, jobs: tuple[str, ...]) -> Pickup:
    return Pickup(
        order_id=row.order_id,
        no=row.no,
        node=row.node,
        state=PickupState(row.state),
        created_at=row.created_at,
        fulfilment_orders=jobs,
        deadline=row.deadline,
        wrong_codes=row.wrong_codes,
        version=row.version,
        instants={state: datetime.fromisoformat(at) for state, at in row.instants.items()},
    )
