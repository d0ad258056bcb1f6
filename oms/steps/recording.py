"""An order is written and told of in one breath, so that no change goes without its event.

Every event of an order that changed quantities or holds carries them as they are since: ``lines`` (line →
units per stage, components included, kits left out) and ``holds``. Whoever folds these from the first event
on and asks ``order_status`` has every order's status, exactly. What makes an order cheaper after it was
paid, or was paid beyond what it costs, makes a refund due, by the same commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from oms.fulfilment.job import Fulfilment
from oms.money.ledger import balance_of
from oms.money.refunds import Refund, RefundState, too_much
from oms.orders.order import Line, Order
from oms.store.orders import save_order
from oms.store.payments import insert_refund, payments_of, refunds_of
from oms.work import Work

ORDER = "order"
OWN = frozenset({"status", "lines", "holds"})
"""Members of an event's data that only say how the order stands."""


def tell_placed(work: Work, order: Order, data: Mapping[str, Any]) -> None:
    """Tell of an order just placed, whose draft is written by the same commit."""
    told = {"status": order.status.value, "lines": _lines(order.picked_lines), "holds": list(order.holds)}
    assert not OWN & data.keys(), "these members are the order's own in every event"
    work.emit("order.placed", ORDER, order.id, {**data, **told})


def record(
    work: Work,
    before: Order,
    after: Order,
    type: str,
    data: Mapping[str, Any],
    *,
    reason: str = "",
    occurred_at: datetime | None = None,
) -> Order:
    """Write what changed and tell of it; the order as written. What did not change is only told."""
    saved = before if after == before else save_order(work.conn, before, after)
    told: dict[str, Any] = {"status": saved.status.value}
    known = {line.id: line.counts for line in before.picked_lines}
    changed = [line for line in saved.picked_lines if known.get(line.id) != line.counts]
    if changed:
        told["lines"] = _lines(changed)
    if saved.holds != before.holds:
        told["holds"] = list(saved.holds)
    assert not OWN & data.keys(), "these members are the order's own in every event"
    cheaper = saved.total_minor < before.total_minor
    if saved.total_minor != before.total_minor:
        told["total_minor"] = saved.total_minor
    work.emit(type, ORDER, saved.id, {**data, **told}, reason=reason, occurred_at=occurred_at)
    if cheaper:
        owe_back(work, saved, type, data.get("return"))
    return saved


def record_job(work: Work, before: Order, after: Order, job: Fulfilment, **data: Any) -> Order:
    """Write an order that followed the work on it, and tell both as what the work has become."""
    said = {"fulfilment_order": job.id, "node": job.node, **data}
    return record(work, before, after, f"fulfilment.{job.state.value}", said, reason=job.reason)


def owe_back(work: Work, order: Order, cause: str, return_id: str | None = None) -> None:
    """What was captured beyond what the order costs now is owed to the customer, whatever made it cheaper, or
    too much paid.
    """
    balance, refunds = balance_of(payments_of(work.conn, order.id)), refunds_of(work.conn, order.id)
    amount = too_much(balance, order.total_minor, refunds)
    if amount:
        refund = Refund(work.ids.new("rfd"), order.id, amount, cause, RefundState.DUE, work.at, return_id)
        insert_refund(work.conn, refund)
        said = {"refund": refund.id, "amount_minor": amount, "return": return_id}
        work.emit("refund.due", ORDER, order.id, said, reason=cause)


def tell_job(work: Work, job: Fulfilment, type: str = "", **data: Any) -> None:
    """Tell of a fulfilment order: as what it has become, unless ``type`` says otherwise."""
    assert not OWN & data.keys(), "these members are the order's own in every event"
    said = {"fulfilment_order": job.id, "node": job.node, **data}
    work.emit(type or f"fulfilment.{job.state.value}", ORDER, job.order_id, said, reason=job.reason)


def _lines(lines: Iterable[Line]) -> dict[str, dict[str, int]]:
    return {line.id: {stage: n for stage, n in line.counts.as_dict().items() if n} for line in lines}
