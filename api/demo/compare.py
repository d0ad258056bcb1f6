"""The same orders and opening stock under the policies in use elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

from api.demo.figures import Figures
from oms.adapters.folder import Folder
from oms.adapters.folder_replay import replay_of
from routing.replay import report

OTHERS = ("nearest", "fewest_parcels")


def others(folder: Folder, count: int | None) -> Mapping[str, Figures]:
    """Replay the first `count` orders under each of `OTHERS`; all orders for None."""
    ground, stream = replay_of(folder)
    found = report.compare(
        ground, stream if count is None else stream.part(0, count), OTHERS, rounds=0
    ).policies
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
