"""Goods a courier brings back: scanned in at a node, inspected there; and what a failed attempt leads to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from oms.courier.bringing_back import decided, inspected
from oms.courier.lifecycle import StopEvent
from oms.courier.reporting import Report, heard
from oms.reasons import NextStep
from oms.refusals import Code, refuse
from oms.returns.disposing import Inspected, told
from oms.steps.couriering import scene_of, seen, write_scene
from oms.store.couriers import lock_orders, stop_of
from oms.views.courier import stop_shown
from oms.work import Work


def receive_stop(
    work: Work, stop_id: str, node: str | None, units: Mapping[str, int] | None, reason: str
) -> dict[str, Any]:
    """The node scans in what the courier brought; what is not scanned is lost, for a reason. Raises Refused:
    not_found, forbidden, unknown_node, unknown_line, bad_quantity, invalid, illegal_transition when it was
    scanned in before, or the courier has yet to tell how the stop went.
    """
    stop = seen(work, stop_of(work.conn, stop_id), None, node)
    node = node or stop.node
    work.actor.require_node(node)
    lock_orders(work.conn, [stop.order_id])
    scene = scene_of(work, stop)
    report = Report(StopEvent.RETURNED, work.at, reason=reason, units=units, node=node)
    after, news = heard(scene, report)
    if not news:
        detail = "The goods of this stop were scanned in before"
        raise refuse(Code.ILLEGAL_TRANSITION, detail, state=after.stop.state.value)
    done = write_scene(work, scene, after, "stop.returned", {"node": node}, reason=reason)
    return stop_shown(work.conn, done.stop, done.job)


def inspect_stop(work: Work, stop_id: str, found: Sequence[Inspected], reason: str) -> dict[str, Any]:
    """Units that came back find their disposition; restocked ones are for sale at once. Raises Refused:
    not_found, unknown_line, bad_quantity, illegal_transition.
    """
    stop = stop_of(work.conn, stop_id)
    stop = seen(work, stop, None, stop.return_node if stop else None)
    lock_orders(work.conn, [stop.order_id])
    scene = scene_of(work, stop)
    node = scene.stop.return_node
    if node is not None:
        work.actor.must_see(work.actor.may_node(node), "stop")
    after = inspected(scene, found)
    data = {"node": node, "units": told(found)}
    done = write_scene(work, scene, after, "stop.inspected", data, reason=reason)
    return stop_shown(work.conn, done.stop, done.job)


def decide_stop(work: Work, stop_id: str, step: NextStep, reason: str) -> dict[str, Any]:
    """A person says what a failed attempt leads to. Raises Refused: not_found, illegal_transition."""
    stop = seen(work, stop_of(work.conn, stop_id), None)
    lock_orders(work.conn, [stop.order_id])
    scene = scene_of(work, stop)
    after = decided(scene, step, work.at)
    done = write_scene(work, scene, after, "stop.decided", {"next_step": step.value}, reason=reason)
    return stop_shown(work.conn, done.stop, done.job)
