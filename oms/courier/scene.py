"""What stands around a stop while something happens to it: its order, fulfilment order and other attempts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from inventory import places
from oms.courier.stop import Stop
from oms.fulfilment.job import Fulfilment
from oms.fulfilment.lifecycle import FulfilmentEvent, FulfilmentState
from oms.orders.order import Order
from oms.orders.stages import Stage
from oms.refusals import Code, Fault, refuse


@dataclass(frozen=True, slots=True)
class Carried:
    """``quantity`` units of a picked line went between two places."""

    line_id: str
    sku: str
    quantity: int
    from_place: str
    to_place: str


@dataclass(frozen=True, slots=True)
class Scene:
    """``stops`` are all attempts of the fulfilment order by number, ``at`` is the one something happens to.
    ``carried``: what moved so far, to be entered in the ledger. ``paid_minor``: of the order, this far.
    """

    order: Order
    job: Fulfilment
    stops: Mapping[int, Stop]
    at: int
    paid_minor: int = 0
    carried: tuple[Carried, ...] = field(default=())

    @property
    def stop(self) -> Stop:
        return self.stops[self.at]

    @property
    def previous(self) -> Stop | None:
        return self.stops.get(self.at - 1)

    @property
    def next(self) -> Stop | None:
        return self.stops.get(self.at + 1)

    @property
    def van(self) -> str:
        """The place of what was handed over of the fulfilment order and is at no other."""
        return places.in_transit(f"fo:{self.job.id}")

    def having(self, *stops: Stop) -> Scene:
        """The scene with these stops as they are now."""
        return replace(self, stops={**self.stops, **{stop.attempt: stop for stop in stops}})

    def counted(
        self, line_id: str, source: Stage, target: Stage, units: int, returned: int = 0, credited: int = 0
    ) -> Scene:
        """Units of a line moved on to another stage; ``returned`` of the line were scanned in, ``credited``
        need not be paid for.
        """
        line = self.order.line(line_id)
        assert line is not None, "a stop is for lines of its order"
        counts = line.counts.moved(source, target, units)
        counts = replace(counts, returned=counts.returned + returned, credited=counts.credited + credited)
        return replace(self, order=self.order.with_counts({line_id: counts}))

    def carry(self, line_id: str, sku: str, units: int, source: str, target: str) -> Scene:
        """Units went between two places; none is nothing."""
        if not units:
            return self
        return replace(self, carried=(*self.carried, Carried(line_id, sku, units, source, target)))

    def done(self, at: datetime) -> Scene:
        """The fulfilment order is completed once nothing of it is out, nor waits for another attempt."""
        if self.job.state is not FulfilmentState.HANDED_OVER or any(s.aboard for s in self.stops.values()):
            return self
        return replace(self, job=self.job.after(FulfilmentEvent.COMPLETE, at))


def units_of(stop: Stop, units: Mapping[str, int] | None) -> dict[str, int]:
    """Units per line, all aboard where nothing is said. Raises Refused: unknown_line, bad_quantity."""
    if units is None:
        return {line.line_id: line.aboard for line in stop.lines}
    for place, (line_id, quantity) in enumerate(units.items()):
        line = stop.line(line_id)
        if line is None:
            fault = Fault(f"/lines/{place}/id", Code.UNKNOWN_LINE, "The stop has no such line")
            raise refuse(Code.UNKNOWN_LINE, "The stop has no such line", fault)
        if quantity > line.aboard:
            detail = f"{line.aboard} units of the line are in the van"
            raise refuse(
                Code.BAD_QUANTITY, detail, Fault(f"/lines/{place}/quantity", Code.BAD_QUANTITY, detail)
            )
    return {line.line_id: units.get(line.line_id, 0) for line in stop.lines}


def changed(before: Scene, after: Scene) -> Sequence[Stop]:
    """The stops that are new or not as they were."""
    return [stop for no, stop in sorted(after.stops.items()) if stop != before.stops.get(no)]
