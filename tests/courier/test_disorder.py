"""Reports late, twice and in any order end where they end in order; the books are closed all along."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from oms.courier.lifecycle import WAY, Outcome, StopEvent, StopState
from oms.courier.reporting import Report, heard
from oms.courier.scene import Scene
from oms.courier.stop import Stop
from oms.fulfilment.job import Fulfilment, FulfilmentLine
from oms.fulfilment.lifecycle import FulfilmentState
from oms.orders.order import Line, Order, Promise
from oms.orders.stages import Counts, Stage
from oms.refusals import Refused
from tests.support import T0

UNITS = {"1": 3, "2": 2}
TO_PICKUP = ("accepted", "en_route_to_pickup", "arrived_at_pickup")
TO_DOOR = ("picked_up", "en_route_to_dropoff", "arrived_at_dropoff")
TO_RETURN = ("returning", "arrived_at_return")


def scene() -> Scene:
    """Five units of two lines, ready for a courier who has them on his run."""
    lines = tuple(Line(id, f"S{id}", Counts(packed=n), unit_price_minor=100) for id, n in UNITS.items())
    promise = Promise("courier", T0, T0, 0)
    order = Order("o", 1, "web", "USD", T0, promise, "g", "", "k", lines)
    parts = tuple(FulfilmentLine(id, 1, f"S{id}", n, picked=n) for id, n in UNITS.items())
    ready = FulfilmentState.READY_FOR_COURIER
    job = Fulfilment("o", 1, "ST-1", "courier", ready, "g", T0, T0, T0, 0, parts)
    stop = Stop("o", "o-1", "ST-1", 1, StopState.ASSIGNED, T0, run_id="run_1")
    return Scene(order, job, {1: stop}, 1)


@st.composite
def stories(draw: st.DrawFn) -> list[Report]:
    """What one courier lived through with one stop, in order."""
    how = draw(st.sampled_from(("delivered", "part", "refused", "failed", "missing", "declined")))
    if how == "declined":
        return timed([Report(StopEvent(one), T0) for one in (*TO_PICKUP[: draw(st.integers(0, 3))], how)])
    told = [Report(StopEvent(one), T0) for one in TO_PICKUP]
    done = Report(StopEvent.COMPLETED, T0)
    if how == "missing":
        failed = replace(done, outcome=Outcome.FAILED_ATTEMPT, reason="missing_at_pickup")
        return timed([*told, failed])
    told += [Report(StopEvent(one), T0) for one in TO_DOOR]
    if how == "delivered":
        return timed([*told, replace(done, outcome=Outcome.DELIVERED)])
    if how == "part":
        kept = {"1": draw(st.integers(0, 3)), "2": draw(st.integers(0, 1))}
        kept["1"] = max(kept["1"], 1 - kept["2"])
        done = replace(done, outcome=Outcome.PARTIALLY_ACCEPTED, reason="refused_wrong", units=kept)
        aboard = {line: units - kept[line] for line, units in UNITS.items()}
    else:
        reason = draw(st.sampled_from(("absent", "payment_failed", "wrong_address")))
        outcome, why = (Outcome.REFUSED, "refused_other") if how == "refused" else (None, reason)
        done = replace(done, outcome=outcome or Outcome.FAILED_ATTEMPT, reason=why)
        aboard = dict(UNITS)
    back = {line: draw(st.integers(0, units)) for line, units in aboard.items()}
    returned = Report(StopEvent.RETURNED, T0, units=back, reason="lost_on_the_way", node="ST-2")
    way = [Report(StopEvent(one), T0) for one in TO_RETURN]
    return timed([*told, done, *draw(st.sampled_from(([], way[:1], [*way, returned])))])


def timed(told: list[Report]) -> list[Report]:
    return [replace(one, occurred_at=T0 + timedelta(minutes=n)) for n, one in enumerate(told, 1)]


def deliver(start: Scene, queue: list[Report]) -> Scene:
    """Hear the queue as a phone sends it: what is refused is sent again until nothing changes."""
    now, left = start, list(queue)
    while True:
        refused = []
        for report in left:
            try:
                now, _ = heard(now, report)
            except Refused:
                refused.append(report)
            closed(now)
        if len(refused) == len(left):
            return now
        left = refused


def closed(now: Scene) -> None:
    """Every unit is at one place: in the ledger, on the stops and in the order alike."""
    balance = Counter[str]()
    for one in now.carried:
        balance[one.from_place] -= one.quantity
        balance[one.to_place] += one.quantity
    lines = [line for stop in now.stops.values() for line in stop.lines]
    assert balance[now.van] == sum(line.aboard for line in lines)
    assert balance["customer"] == sum(line.kept for line in lines)
    assert balance["ST-1:missing"] == sum(line.lost for line in lines)
    assert sum(balance.values()) == 0 and all(n >= 0 for p, n in balance.items() if p != "ST-1:shelf")
    assert sum(line.counts.at(Stage.DELIVERED) for line in now.order.lines) == balance["customer"]
    assert sum(line.counts.at(Stage.LOST) for line in now.order.lines) == balance["ST-1:missing"]
    assert sum(line.counts.total for line in now.order.lines) == sum(UNITS.values())
    for line in now.order.lines:
        assert line.counts.credited == line.counts.at(Stage.REFUSED, Stage.RETURNING, Stage.LOST)
    if now.job.state is FulfilmentState.COMPLETED:
        assert balance[now.van] == 0 and not any(stop.aboard for stop in now.stops.values())


def end(now: Scene) -> object:
    """What must not depend on the order: when a state was reached that nobody told of does."""
    job = replace(now.job, instants={})
    return now.order, job, now.stops, sorted(map(str, now.carried))


@given(stories(), st.data())
def test_any_order_and_repetition_ends_like_the_right_order(told: list[Report], data: st.DataObject) -> None:
    in_order = deliver(scene(), told)
    again = data.draw(st.lists(st.sampled_from(told), max_size=4))
    queue = data.draw(st.permutations([*told, *again]))
    assert end(deliver(scene(), queue)) == end(in_order)


@given(stories(), st.data())
def test_what_a_phone_could_not_send_is_taken_as_passed(told: list[Report], data: st.DataObject) -> None:
    """Any of the reports may be missing but the one that says how it went and the last."""
    needed = [one for one in told if one.type is StopEvent.COMPLETED or one is told[-1]]
    some = [one for one in told if one in needed or data.draw(st.booleans())]
    complete, patchy = deliver(scene(), told), deliver(scene(), some)
    assert patchy.order == complete.order and sorted(map(str, patchy.carried)) == sorted(
        map(str, complete.carried)
    )
    assert patchy.stop.state is complete.stop.state and patchy.stop.lines == complete.stop.lines


def test_how_it_went_is_never_guessed() -> None:
    start = scene()
    for state in WAY[8:]:
        early = Report(StopEvent(state.value), T0)
        assert deliver(start, [early]) == start
