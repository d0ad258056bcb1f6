"""What is left when units are no longer wanted: counts, fulfilment orders, and the stock set free."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from oms.fulfilment.job import Fulfilment
from oms.fulfilment.taking_back import least_advanced, settled, without
from oms.orders.order import Order
from oms.orders.possible import WITHOUT_A_NODE, cancellable_of, possible
from oms.orders.stages import Counts, Stage
from oms.refusals import Code, Fault, refuse


@dataclass(frozen=True, slots=True)
class Release:
    """Held units to set free: those of the line at ``node``, or without a node those that have no
    home, then those on back-order.
    """

    group_id: str
    line_id: str
    node: str | None
    quantity: int


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The order and its fulfilment orders afterwards; ``changed`` are those to be written."""

    order: Order
    changed: tuple[Fulfilment, ...]
    releases: tuple[Release, ...]
    units: int


def cancel(
    order: Order,
    fulfilments: Sequence[Fulfilment],
    wanted: Mapping[str, int | None],
    at: datetime,
    reason: str = "",
    first: Collection[str] = (),
) -> Cancelled:
    """Cancel units of lines as sold: ``wanted`` maps a line to units, None for all that can be.

    Units that no node works on go first, then those of the fulfilment orders named as ``first``, then those
    that are least far. Raises Refused: unknown_line,
    illegal_transition when fewer units than asked can still be cancelled.
    """
    work = {value.id: value for value in fulfilments}
    counts = {line.id: line.counts for line in order.picked_lines}
    releases: list[Release] = []
    units = 0
    for place, (line_id, asked) in enumerate(wanted.items()):
        quantity = _quantity(order, line_id, asked, place)
        units += quantity
        for part in order.components(line_id):
            each = part.per_kit or 1
            counts[part.id], freed, work = _take(
                order, part.id, quantity * each, counts[part.id], work, first
            )
            releases += freed
    before = {value.id: value for value in fulfilments}
    changed = tuple(settled(value, at, reason) for key, value in work.items() if value != before.get(key))
    return Cancelled(order.with_counts(counts), changed, tuple(releases), units)


def _quantity(order: Order, line_id: str, asked: int | None, place: int) -> int:
    line = order.line(line_id)
    if line is None or line.kit_line is not None:
        fault = Fault(f"/lines/{place}/id", Code.UNKNOWN_LINE, "The order has no such line")
        raise refuse(Code.UNKNOWN_LINE, "The order has no such line", fault)
    free = cancellable_of(order, line_id)
    if free == 0 or (asked is not None and asked > free):
        fault = Fault(f"/lines/{place}", Code.ILLEGAL_TRANSITION, f"{free} units can still be cancelled")
        detail = "These units have left, or are cancelled already; see what is still possible"
        raise refuse(Code.ILLEGAL_TRANSITION, detail, fault, possible=possible(order))
    return free if asked is None else asked


def _take(
    order: Order,
    line_id: str,
    quantity: int,
    counts: Counts,
    work: dict[str, Fulfilment],
    first: Collection[str],
) -> tuple[Counts, list[Release], dict[str, Fulfilment]]:
    releases = []
    for stage in WITHOUT_A_NODE:
        units = min(quantity, counts.at(stage))
        counts = counts.moved(stage, Stage.CANCELLED, units)
        quantity -= units
        if units:
            releases.append(Release(order.group_id, line_id, None, units))
    for before, stage, units in least_advanced(work.values(), line_id, quantity, first=first):
        quantity -= units
        counts = counts.moved(stage, Stage.CANCELLED, units)
        releases.append(Release(before.group_id, line_id, before.node, units))
        work = {**work, before.id: without(work[before.id], line_id, units)}
    assert quantity == 0, "every unit that can be cancelled is somewhere"
    return counts, releases, work
