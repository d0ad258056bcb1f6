"""An order follows the work on it: its units move on as the fulfilment order does."""

from __future__ import annotations

from collections import Counter

from oms.fulfilment.job import Fulfilment, standing
from oms.orders.order import Order
from oms.orders.stages import Stage


def followed(order: Order, before: Fulfilment, after: Fulfilment, out: Stage | None = None) -> Order:
    """The order after ``before`` became ``after`` with the same units wanted. ``out``: where they stand once
    the node has handed them over.
    """
    counts = {}
    for line_id in dict.fromkeys(line.line_id for line in before.lines):
        line = order.line(line_id)
        assert line is not None, "a fulfilment order is for lines of its order"
        was, now = list(standing(before, line_id)), list(standing(after, line_id))
        if not now and out is not None:
            now = [(out, sum(units for _, units in was))]
        assert sum(u for _, u in was) == sum(u for _, u in now), "units are taken back before, not on the way"
        moved = line.counts
        for source, target, units in _flows(was, now):
            moved = moved.moved(source, target, units)
        counts[line_id] = moved
    return order.with_counts(counts)


def _flows(was: list[tuple[Stage, int]], now: list[tuple[Stage, int]]) -> list[tuple[Stage, Stage, int]]:
    """(from, to, units), the least advanced before becoming the least advanced after."""
    sources = [stage for stage, units in was for _ in range(units)]
    targets = [stage for stage, units in now for _ in range(units)]
    return [(*pair, units) for pair, units in Counter(zip(sources, targets, strict=True)).items()]
