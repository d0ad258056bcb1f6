"""Stops of couriers whose work nobody wants any more, and how a stop is told of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from oms.courier.lifecycle import WITHOUT_GOODS, StopEvent, StopState
from oms.courier.stop import Stop
from oms.fulfilment.job import Fulfilment
from oms.fulfilment.lifecycle import FulfilmentState
from oms.steps.recording import ORDER
from oms.store.couriers import attempts_of, save_stops
from oms.work import Work


def tell_stop(work: Work, stop: Stop, type: str = "", **data: Any) -> None:
    """Tell of a stop: as what it has become, unless ``type`` says otherwise."""
    said = {"stop": stop.id, "fulfilment_order": stop.fulfilment_order, "run": stop.run_id, **data}
    work.emit(type or f"stop.{stop.state.value}", ORDER, stop.order_id, said)


def call_off(work: Work, jobs: Iterable[Fulfilment]) -> None:
    """No courier has to come for fulfilment orders that are cancelled. Their order is locked."""
    gone = [job.id for job in jobs if job.state is FulfilmentState.CANCELLED]
    if not gone:
        return
    for attempts in attempts_of(work.conn, gone).values():
        for stop in attempts.values():
            if stop.state in (*WITHOUT_GOODS, StopState.DECLINED):
                off = stop.after(StopEvent.CANCELLED, work.at)
                save_stops(work.conn, [off])
                tell_stop(work, off)
