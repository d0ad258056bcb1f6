"""What a phone reports about a stop, late, twice or out of order, and what it makes of the stop.

A report of a state already passed is superseded: it only tells when that state was reached. A report further
ahead is taken together with the states between, which the phone was too far away to tell of; only how the
stop went cannot be guessed, so nothing beyond ``completed`` is taken before ``completed`` is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from oms.courier.bringing_back import brought_back
from oms.courier.door import Ending, ended
from oms.courier.lifecycle import BEFORE_PICKUP, WAY, Outcome, StopEvent, StopState
from oms.courier.pickup import taken
from oms.courier.scene import Scene
from oms.courier.stop import Stop
from oms.reasons import NextStep, Occasion, Reasons
from oms.refusals import Code, Fault, refuse

REPORTED: tuple[StopEvent, ...] = (*(StopEvent(state.value) for state in WAY[1:]), StopEvent.DECLINED)
"""What a courier can tell; the others are decided at the desk."""


MISSING_AT_PICKUP = "missing_at_pickup"
"""The one reason of a failed attempt with which the courier never had the goods."""


@dataclass(frozen=True, slots=True)
class DoorRules:
    """``attempts``: after so many a failed one is not tried again. ``proof``: kinds without which nothing is
    handed over.
    """

    reasons: Reasons = field(default_factory=Reasons)
    attempts: int = 3
    proof: frozenset[str] = frozenset()


USUAL = DoorRules()


@dataclass(frozen=True, slots=True)
class Payment:
    """Money taken at the door, in minor units of the order's currency."""

    method: str
    amount_minor: int
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """``units`` per line: kept, with ``completed``; scanned in, with ``returned``, at ``node``. ``proof``:
    the kinds there are.
    """

    type: StopEvent
    occurred_at: datetime
    outcome: Outcome | None = None
    reason: str = ""
    units: Mapping[str, int] | None = None
    payment: Payment | None = None
    node: str | None = None
    note: str = ""
    proof: frozenset[str] = frozenset()


def heard(scene: Scene, report: Report, rules: DoorRules = USUAL) -> tuple[Scene, bool]:
    """(the scene afterwards, whether the report was news and not superseded). Raises Refused."""
    if _passed(scene.stop, report):
        return scene.having(_reached(scene.stop, report)), False
    ending = _ending(report, scene.stop, rules) if report.type is StopEvent.COMPLETED else None
    for event in _way(scene.stop, report, ending):
        scene = scene.having(scene.stop.after(event, report.occurred_at))
        if event is StopEvent.PICKED_UP:
            scene = taken(scene, report.occurred_at)
        elif event is StopEvent.COMPLETED:
            assert ending is not None, "the way leads over completed only when it is told"
            scene = ended(scene, ending, report.occurred_at)
        elif event is StopEvent.RETURNED:
            node = report.node or scene.stop.node
            scene = brought_back(scene, node, report.units, report.reason, report.occurred_at)
    return scene, True


def _passed(stop: Stop, report: Report) -> bool:
    if report.type.value == stop.state.value:
        return True
    if stop.state is StopState.DECLINED:
        before = report.type.value in BEFORE_PICKUP
        return before and report.occurred_at <= stop.instants[stop.state.value]
    if stop.state not in WAY or report.type is StopEvent.DECLINED:
        return False
    return WAY.index(StopState(report.type.value)) < WAY.index(stop.state)


def _reached(stop: Stop, report: Report) -> Stop:
    """The stop knowing when it reached a state that it passed."""
    known = stop.instants.get(report.type.value)
    if (known is None and stop.state is not StopState.DECLINED) or (known and known <= report.occurred_at):
        return stop
    return replace(stop, instants={**stop.instants, report.type.value: report.occurred_at})


def _way(stop: Stop, report: Report, ending: Ending | None) -> list[StopEvent]:
    """The events that lead to the one reported. Raises Refused illegal_transition if told too early."""
    if stop.state not in WAY or report.type is StopEvent.DECLINED:
        return [report.type]
    here, there = WAY.index(stop.state), WAY.index(StopState(report.type.value))
    way = [StopEvent(state.value) for state in WAY[here + 1 : there + 1]]
    if ending is not None and ending.reason == MISSING_AT_PICKUP:
        if stop.state not in BEFORE_PICKUP:
            raise _invalid("/reason", "The goods were picked up, so they were not missing there")
        return [event for event in way if event.value in BEFORE_PICKUP] + [StopEvent.COMPLETED]
    if ending is None and StopEvent.COMPLETED in way:
        detail = "Tell first how the stop went: `completed` with its outcome"
        raise refuse(Code.ILLEGAL_TRANSITION, detail, state=stop.state.value)
    if there > WAY.index(StopState.COMPLETED) and not stop.aboard:
        raise refuse(Code.ILLEGAL_TRANSITION, "There is nothing to bring back", state=stop.state.value)
    return way


def _ending(report: Report, stop: Stop, rules: DoorRules) -> Ending:
    outcome, next_step = report.outcome, NextStep.RETURN
    if outcome is None:
        raise _invalid("/outcome", "Say how it went")
    if outcome is Outcome.FAILED_ATTEMPT:
        reason = rules.reasons.require(Occasion.FAILURE, report.reason, report.note)
        next_step = reason.next or NextStep.CALL
        if next_step is NextStep.RETRY and stop.attempt >= rules.attempts:
            next_step = NextStep.RETURN
    elif outcome is not Outcome.DELIVERED:
        rules.reasons.require(Occasion.REFUSAL, report.reason, report.note)
    if outcome in (Outcome.DELIVERED, Outcome.PARTIALLY_ACCEPTED):
        _proven(report, rules)
    collected = report.payment.amount_minor if report.payment else 0
    return Ending(outcome, report.reason, report.units, next_step, collected)


def _proven(report: Report, rules: DoorRules) -> None:
    lacking = sorted(rules.proof - report.proof)
    if lacking:
        code, wanted = Code.PROOF_MISSING, "Wanted by the rules of work"
        faults = [Fault(f"/proof/{kind}", code, wanted) for kind in lacking]
        raise refuse(code, f"Nothing is handed over without proof: {', '.join(lacking)}", *faults)


def _invalid(pointer: str, detail: str) -> Exception:
    return refuse(Code.INVALID, detail, Fault(pointer, Code.INVALID, detail))
