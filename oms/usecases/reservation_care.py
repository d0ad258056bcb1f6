"""Reservations as operations sees them: by age and owner, and freed by hand when they are stuck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from inventory.outcomes import Released
from inventory.reads import group
from inventory.requests import VoidRequest
from inventory.stock_groups import void
from oms.orders.order import OrderStatus
from oms.refusals import Code, Fault, refuse
from oms.store.order_tables import order
from oms.work import Work

ENDED = (OrderStatus.CANCELLED, OrderStatus.FULFILLED, OrderStatus.CLOSED)


@dataclass(frozen=True, slots=True)
class Freed:
    """`quantity` units of a reservation are for sale again."""

    id: str
    quantity: int


def free_reservations(work: Work, ids: Sequence[str], reason: str) -> list[Freed]:
    """Void stuck reservations: all of them or none. Raises Refused: unknown_reservation; in_use for one
    that a living order stands behind, which is cancelled instead."""
    faults = [fault for place, id in enumerate(ids) if (fault := _fault(work, place, id)) is not None]
    if faults:
        raise refuse(Code(faults[0].code), "Nothing was freed: some reservations cannot be", *faults)
    freed = []
    for id, outcome in zip(ids, void(work.conn, work.at, [VoidRequest(id) for id in ids]), strict=True):
        assert isinstance(outcome, Released), outcome
        work.emit("reservation.freed", "reservation", id, {"units": outcome.quantity, "reason": reason})
        freed.append(Freed(id, outcome.quantity))
    return freed


def _fault(work: Work, place: int, id: str) -> Fault | None:
    found = group(work.conn, id)
    if found is None:
        return Fault(f"/ids/{place}", Code.UNKNOWN_RESERVATION, "There is no such reservation")
    living = select(order.c.id).where(order.c.group_id == id, order.c.status.not_in(ENDED))
    if found.state == "firm" and work.conn.scalar(living) is not None:
        return Fault(f"/ids/{place}", Code.IN_USE, "An order stands behind it: cancel the order instead")
    return None
