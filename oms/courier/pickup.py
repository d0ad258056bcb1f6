"""The courier takes the goods: from the node's shelf, out of his own van, or from where they waited."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from inventory import places
from inventory.places import Area
from oms.courier.scene import Scene
from oms.courier.stop import Stop, StopLine
from oms.fulfilment.following import followed
from oms.fulfilment.lifecycle import FulfilmentEvent, FulfilmentState
from oms.orders.stages import Stage
from oms.refusals import Code, refuse


def taken(scene: Scene, at: datetime) -> Scene:
    """The stop's goods are aboard. Raises Refused illegal_transition while they cannot be."""
    previous = scene.previous
    if scene.job.state is not FulfilmentState.HANDED_OVER or previous is None:
        return _handed_over(scene, at)
    if previous.aboard:
        return _passed_on(scene, previous)
    return _fetched(scene, previous)


def _handed_over(scene: Scene, at: datetime) -> Scene:
    job = scene.job
    if job.on_hold or scene.order.holds:
        raise refuse(Code.ILLEGAL_TRANSITION, "The order is on hold: the goods stay where they are")
    after = job.after(FulfilmentEvent.HAND_OVER, at)
    order = followed(scene.order, job, after, out=Stage.IN_TRANSIT)
    lines: dict[str, StopLine] = {}
    for line in job.lines:
        if line.wanted:
            units = line.wanted + (lines[line.line_id].quantity if line.line_id in lines else 0)
            lines[line.line_id] = StopLine(line.line_id, line.sku, units, aboard=units)
    scene = replace(scene, order=order, job=after).having(replace(scene.stop, lines=tuple(lines.values())))
    for one in lines.values():
        scene = scene.carry(one.line_id, one.sku, one.quantity, places.shelf(job.node), scene.van)
    return scene


def _passed_on(scene: Scene, previous: Stop) -> Scene:
    """Another attempt with the same van: the goods never left it."""
    if previous.run_id != scene.stop.run_id:
        detail = "The goods are in the van of another run: they have to be brought back first"
        raise refuse(Code.ILLEGAL_TRANSITION, detail, run=previous.run_id)
    lines = tuple(
        StopLine(one.line_id, one.sku, one.aboard, one.aboard) for one in previous.lines if one.aboard
    )
    left = tuple(one.moved("passed", one.aboard) for one in previous.lines)
    return scene.having(replace(previous, lines=left), replace(scene.stop, lines=lines))


def _fetched(scene: Scene, previous: Stop) -> Scene:
    """Another attempt with goods that were brought back and waited for it."""
    if previous.return_node is None or not previous.uninspected:
        raise refuse(Code.ILLEGAL_TRANSITION, "There are no goods for another attempt")
    waiting = [(one, one.back - one.inspected) for one in previous.lines if one.back > one.inspected]
    lines = tuple(StopLine(one.line_id, one.sku, units, aboard=units) for one, units in waiting)
    left = tuple(replace(one, inspected=one.back) for one in previous.lines)
    scene = scene.having(replace(previous, lines=left), replace(scene.stop, lines=lines))
    there = places.in_area(previous.return_node, Area.INSPECTION)
    for one, units in waiting:
        scene = scene.carry(one.line_id, one.sku, units, there, scene.van)
    return scene
