"""Units of a locked order are no longer wanted: counts, fulfilment orders, stock set free, what is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from inventory.outcomes import Released
from inventory.requests import PartLine, VoidRequest
from inventory.stock_groups import void
from oms.fulfilment.lifecycle import FulfilmentState
from oms.orders.cancelling import Release, cancel
from oms.orders.order import Order
from oms.refusals import LostRace
from oms.steps.following_up import follow_up
from oms.steps.recording import record, tell_job
from oms.store.fulfilments import fulfilments_of, save_fulfilments
from oms.work import Work


def cancel_units(
    work: Work,
    order: Order,
    wanted: Mapping[str, int | None],
    reason: str,
    first: Collection[str] = (),
    note: str = "",
) -> Order:
    """Cancel units of lines as sold, None for all that can be; the order as written. ``first``: fulfilment
    orders that give theirs up before all others. Raises Refused: unknown_line, illegal_transition; LostRace.
    """
    jobs = fulfilments_of(work.conn, order.id)
    done = cancel(order, jobs, wanted, work.at, reason, first)
    _set_free(work, done.releases)
    save_fulfilments(work.conn, done.changed)
    event = {"units": done.units, "total_minor": done.order.total_minor} | ({"note": note} if note else {})
    saved = record(work, order, done.order, "order.cancelled", event, reason=reason)
    for job in done.changed:
        if job.state is FulfilmentState.CANCELLED:
            tell_job(work, job)
    return follow_up(work, saved, done.changed)


def _set_free(work: Work, releases: Sequence[Release]) -> None:
    by_group: dict[str, list[PartLine]] = defaultdict(list)
    for one in releases:
        by_group[one.group_id].append(PartLine(one.line_id, one.quantity, one.node))
    requests = [VoidRequest(group_id, tuple(parts)) for group_id, parts in sorted(by_group.items())]
    if not all(isinstance(outcome, Released) for outcome in void(work.conn, work.at, requests)):
        raise LostRace
