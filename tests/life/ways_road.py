"""Ways of what is on the road: parcels with a carrier, stops and runs of a courier."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate

from oms.courier.lifecycle import STOP, WAY, RunEvent, RunState, StopEvent, StopState
from oms.shipments.lifecycle import NOT_LEFT, SHIPMENT, ShipmentEvent, ShipmentState
from oms.shipments.tracking import KINDS
from tests.life.ways import Row, Ways
from tests.life.world import World, answer, then

LATE: dict[Row, str] = {
    (state, event): "rejected" if state in (*NOT_LEFT, ShipmentState.CANCELLED) else "superseded"
    for state in ShipmentState
    for event in KINDS
    if (state, event) not in SHIPMENT.transitions
}
"""What a carrier says of a parcel that he never had, or that weighs less than what is known of it."""
REFUSED = {"outcome": "refused", "reason": "refused_other"}
MISSING = {"outcome": "failed_attempt", "reason": "missing_at_pickup"}


def shipments(world: World) -> Ways:
    S, E = ShipmentState, ShipmentEvent

    def created() -> str:
        return f"{world.packed()}-p1"

    def left() -> str:
        return f"{world.handed_over()}-p1"

    def job_of(shipment: str) -> str:
        return shipment.rpartition("-p")[0]

    def label(shipment: str) -> str:
        body = {"tracking_reference": world.fresh("T")}
        return answer(world.asked(f"/v1/shipments/{shipment}/label", body))

    def hand_over(shipment: str) -> str:
        return answer(world.asked(f"/v1/fulfilment-orders/{job_of(shipment)}/hand-over"))

    def cancel(shipment: str) -> str:
        return answer(world.asked(f"/v1/fulfilment-orders/{job_of(shipment)}/cancel", {}))

    def said(event: ShipmentEvent) -> Callable[[str], str]:
        return lambda shipment: str(world.carrier(shipment, event.value)["result"])

    way = {event: then(left, said(event)) for event in KINDS}
    return Ways(
        reach={
            S.CREATED: created,
            S.LABELLED: then(created, label),
            S.HANDED_OVER: left,
            S.IN_TRANSIT: way[E.MOVE],
            S.OUT_FOR_DELIVERY: way[E.BRING],
            S.ATTEMPTED: way[E.ATTEMPT],
            S.RETURNING: way[E.TURN_BACK],
            S.LOST: way[E.LOSE],
            S.DELIVERED: way[E.DELIVER],
            S.RETURNED: way[E.TAKE_BACK],
            S.CANCELLED: then(created, cancel),
        },
        verbs={
            E.LABEL: label,
            E.HAND_OVER: hand_over,
            E.CANCEL: cancel,
            **{event: said(event) for event in KINDS},
        },
        otherwise=LATE,
        rows=frozenset({"shipment_event"}),
    )


def stops(world: World) -> Ways:
    S, E = StopState, StopEvent

    def assigned() -> str:
        job = world.packed("courier")
        world.run(job)
        return f"{job}-a1"

    def said(event: StopEvent) -> Callable[[str], str]:
        more = REFUSED if event is E.COMPLETED else {}
        return lambda stop: world.told(stop, event.value, **more)

    other = world.another_run()

    def take(stop: str) -> str:
        """Another run has it now."""
        return answer(world.asked(f"/v1/courier/runs/{other}/stops", {"take": [stop]}))

    def remove(stop: str) -> str:
        run = world.run_of(stop) or other
        return answer(world.asked(f"/v1/courier/runs/{run}/stops", {"remove": [stop]}))

    def not_wanted(stop: str) -> object:
        return world.cancel(stop)

    def not_there() -> str:
        return then(reach[S.ARRIVED_AT_PICKUP], lambda id: world.tell(id, "completed", **MISSING))()

    onward = accumulate(
        (StopEvent(state.value) for state in WAY[1:]),
        lambda made, event: then(made, said(event)),
        initial=assigned,
    )
    reach: dict[StopState, Callable[[], str]] = dict(zip(WAY, onward, strict=True))
    reach[S.CREATED] = then(assigned, remove)
    reach[S.DECLINED] = then(assigned, said(E.DECLINED))
    reach[S.CANCELLED] = then(assigned, not_wanted)
    return Ways(
        reach=reach,
        verbs={
            E.ASSIGNED: take,
            E.UNASSIGNED: remove,
            E.DECLINED: said(E.DECLINED),
            **{StopEvent(state.value): said(StopEvent(state.value)) for state in WAY[1:]},
        },
        facts={E.CANCELLED: not_wanted},
        own={(S.ARRIVED_AT_PICKUP, E.COMPLETED): not_there},
        otherwise=_reports() | {(S.CREATED, E.UNASSIGNED): "invalid"},  # it is on no run to be taken off
        rows=frozenset({"courier_event"}),
    )


def _reports() -> dict[Row, str]:
    """Reports that come late or from far away: of what is past, and of more than the next step at once."""
    found: dict[Row, str] = {}
    door = WAY.index(StopState.COMPLETED)
    for here, state in enumerate(WAY):
        for there, other in enumerate(WAY[1:], 1):
            if there <= here:
                found[state, StopEvent(other.value)] = "superseded"
            elif there <= door or here >= door:
                found[state, StopEvent(other.value)] = "applied"
    found[StopState.DECLINED, StopEvent.DECLINED] = "superseded"
    return {row: said for row, said in found.items() if row not in STOP.transitions}


def runs(world: World) -> Ways:
    S, E = RunState, RunEvent

    def planned() -> str:
        return world.run(world.packed("courier"))

    def verb(event: RunEvent) -> Callable[[str], str]:
        return lambda run: answer(world.asked(f"/v1/courier/runs/{run}/{event.value}"))

    started = then(planned, verb(E.START))
    return Ways(
        reach={
            S.PLANNED: planned,
            S.STARTED: started,
            S.ENDED: then(started, verb(E.END)),
            S.CANCELLED: then(planned, verb(E.CANCEL)),
        },
        verbs={event: verb(event) for event in E},
    )
