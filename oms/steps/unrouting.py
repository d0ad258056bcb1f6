"""Orders follow their stock: units that a physical fact took away become unrouted, in the same commit.

The fact holds locks of positions, and an order is locked before those, so it asks for the order without
waiting. An order that somebody is busy with is brought in line by that somebody, or by the job that
re-sources.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from inventory.outcomes import Displaced, FellShort
from inventory.reads import homeless
from inventory.requests import NodeLine, ShortRequest, ShortRule
from inventory.stock_pick import short
from oms.fulfilment.lifecycle import FulfilmentState
from oms.orders.order import Order
from oms.orders.unplacing import Lost, unplaced
from oms.refusals import LostRace
from oms.steps.following_up import follow_up
from oms.steps.recording import record, tell_job
from oms.store.fulfilments import fulfilments_of, save_fulfilments
from oms.store.orders import order_if_idle
from oms.work import Work

MOST = 10_000
KIT_TORN = "kit_torn"


FACT = "stock_fact"
"""Why units lost their home where all that is known is that less lies there than was promised."""


def unroute_displaced(work: Work, displaced: Iterable[Displaced], reason: str = FACT) -> None:
    """Bring the orders of displaced firm groups in line, as far as nobody is busy with them. ``reason``: what
    somebody gave for the shelf being short.
    """
    for order_id in sorted({loss.reference for loss in displaced if loss.firm}):
        order = order_if_idle(work.conn, order_id)
        if order is not None:
            in_line(work, order, reason)


def give_way(work: Work, order: Order, lines: Sequence[NodeLine]) -> Order:
    """The order with these units back on their shelves and waiting for a home, because their companions of a
    kit are not to be had there. Raises LostRace.
    """
    request = ShortRequest(order.group_id, tuple(lines), ShortRule.NONE, KIT_TORN)
    report = short(work.conn, work.at, [request])
    if not isinstance(report.outcomes[0], FellShort):
        raise LostRace
    return in_line(work, order, KIT_TORN)


def in_line(work: Work, order: Order, reason: str = FACT) -> Order:
    """The order, locked by the caller, with every unit of its that waits for a home counted as unrouted."""
    rows = homeless(work.conn, groups=[order.group_id], most=MOST)
    if not rows:
        return order
    queue = [Lost(row.line_id, row.node, row.quantity) for row in rows]
    done = unplaced(order, fulfilments_of(work.conn, order.id), queue, work.at)
    if not done.lost:
        return order
    save_fulfilments(work.conn, done.changed)
    lost = [{"line": one.line_id, "node": one.node, "quantity": one.quantity} for one in done.lost]
    saved = record(work, order, done.order, "order.displaced", {"displaced": lost}, reason=reason)
    for job in done.changed:
        if job.state is FulfilmentState.CANCELLED:
            tell_job(work, job)
    return follow_up(work, saved, done.changed)
