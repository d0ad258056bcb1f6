"""The same orders and opening stock under the policies in use elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from api.demo.figures import Figures
from oms.adapters.folder import Folder
from oms.adapters.folder_replay import replay_of
from routing.replay import report
from routing.replay.stream import Stream

OTHERS = ("nearest", "fewest_parcels")


def others(folder: Folder, count: int | None) -> Mapping[str, Figures]:
    """Replay the first `count` orders under each of `OTHERS`; all orders for None."""
    ground, stream = replay_of(folder)
    found = report.compare(ground, _first(stream, count), OTHERS)
    return {
        name: Figures(
            cost_per_order_minor=one.cost_per_order_minor,
            paid_per_order_minor=one.paid_per_order_minor,
            parcels_per_order=one.parcels_per_order,
            order_fill=one.order_fill,
            line_fill=one.line_fill,
            unit_fill=one.unit_fill,
        )
        for name, one in found.items()
    }


def _first(stream: Stream, count: int | None) -> Stream:
    start = stream.start[: None if count is None else count + 1]
    orders, lines = len(start) - 1, int(start[-1])
    return replace(
        stream,
        order_ids=stream.order_ids[:orders],
        placed_at=stream.placed_at[:orders],
        start=start,
        sku=stream.sku[:lines],
        quantity=stream.quantity[:lines],
        destination=stream.destination[:orders],
    )
