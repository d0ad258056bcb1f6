"""Goods that nobody kept: scanned in at a node, missing there, decided on, and given a disposition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from inventory import places
from inventory.places import Area
from oms.courier.door import another
from oms.courier.lifecycle import WITHOUT_GOODS, Outcome, StopEvent, StopState
from oms.courier.scene import Scene, units_of
from oms.courier.stop import Stop
from oms.orders.stages import Stage
from oms.reasons import NextStep
from oms.refusals import Code, Fault, refuse
from oms.returns.disposing import Inspected, disposed


def brought_back(
    scene: Scene, node: str, units: Mapping[str, int] | None, reason: str, at: datetime
) -> Scene:
    """The van gave up what it had for the stop: ``units`` (None: all) were scanned in at the node, the others
    are missing for a ``reason``. Raises Refused: unknown_line, bad_quantity, invalid without that reason.
    """
    stop = scene.stop
    scanned = units_of(stop, units)
    lost = stop.aboard - sum(scanned.values())
    if lost and not reason:
        detail = f"{lost} units are missing: say why in `reason`"
        raise refuse(Code.INVALID, detail, Fault("/reason", Code.INVALID, detail))
    stage, waits = _standing(stop), stop.next_step != NextStep.RETURN
    inspection, missing = places.in_area(node, Area.INSPECTION), places.missing(stop.node)
    for line in stop.lines:
        here = scanned[line.line_id]
        scene = scene.carry(line.line_id, line.sku, here, scene.van, inspection)
        scene = scene.carry(line.line_id, line.sku, line.aboard - here, scene.van, missing)
        gone = line.aboard - here
        free = gone if stage is Stage.IN_TRANSIT else 0
        scene = scene.counted(line.line_id, stage, Stage.LOST, gone, 0 if waits else here, free)
    lines = tuple(
        line.moved("back", scanned[line.line_id]).moved("lost", line.aboard - scanned[line.line_id])
        for line in stop.lines
    )
    scene = scene.having(replace(stop, lines=lines, return_node=node if any(scanned.values()) else None))
    if waits and scene.stop.uninspected:
        return scene
    return _without_next(scene, at).done(at)


def decided(scene: Scene, step: NextStep, at: datetime) -> Scene:
    """A person decided what a failed attempt leads to: a retry or a return. Raises Refused
    illegal_transition once another attempt has begun, or the goods are on their way back for good.
    """
    stop = scene.stop
    begun = scene.next is not None and scene.next.state not in (*WITHOUT_GOODS, StopState.DECLINED)
    out = stop.aboard or stop.uninspected
    undecided = stop.outcome is Outcome.FAILED_ATTEMPT and stop.next_step != NextStep.RETURN
    pointless = step.value == stop.next_step or (step is NextStep.RETURN and not out)
    if not undecided or begun or pointless:
        detail = "There is nothing to decide about this stop"
        raise refuse(Code.ILLEGAL_TRANSITION, detail, state=stop.state.value)
    scene = scene.having(replace(stop, next_step=step.value))
    if step is NextStep.RETRY:
        return scene.having(another(stop, at))
    for line in stop.lines:
        back = line.back - line.inspected
        units = line.aboard + back
        scene = scene.counted(line.line_id, Stage.IN_TRANSIT, Stage.RETURNING, units, back, units)
    return _without_next(scene, at).done(at)


def inspected(scene: Scene, found: Sequence[Inspected]) -> Scene:
    """Units that came back for good found their disposition. Raises Refused: illegal_transition,
    unknown_line, bad_quantity.
    """
    stop = scene.stop
    if stop.return_node is None or stop.next_step != NextStep.RETURN:
        raise refuse(
            Code.ILLEGAL_TRANSITION, "Nothing of this stop is to be inspected", state=stop.state.value
        )
    lines, put = disposed(stop.lines, found, stop.return_node, "stop")
    for one in put:
        scene = scene.carry(one.line_id, one.sku, one.quantity, one.from_place, one.to_place)
    return scene.having(replace(stop, lines=lines))


def _standing(stop: Stop) -> Stage:
    """Where the units stand that the customer did not keep."""
    if stop.outcome is not Outcome.FAILED_ATTEMPT:
        return Stage.REFUSED
    return Stage.RETURNING if stop.next_step == NextStep.RETURN else Stage.IN_TRANSIT


def _without_next(scene: Scene, at: datetime) -> Scene:
    if scene.next is None or scene.next.state is StopState.CANCELLED:
        return scene
    return scene.having(scene.next.after(StopEvent.CANCELLED, at))
