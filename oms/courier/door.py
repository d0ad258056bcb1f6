"""At the customer's door: what is kept, what goes back, what is to be paid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from inventory import places
from oms.courier.lifecycle import Outcome, StopState
from oms.courier.scene import Scene, units_of
from oms.courier.stop import Stop
from oms.orders.order import Order
from oms.orders.stages import Stage
from oms.reasons import NextStep
from oms.refusals import Code, Fault, refuse


@dataclass(frozen=True, slots=True)
class Ending:
    """How it went. ``kept``: units per line, None where the outcome says it all. ``next_step``: what a failed
    attempt leads to. ``collected_minor``: paid at the door.
    """

    outcome: Outcome
    reason: str = ""
    kept: Mapping[str, int] | None = None
    next_step: NextStep = NextStep.RETURN
    collected_minor: int = 0


def ended(scene: Scene, ending: Ending, at: datetime) -> Scene:
    """The stop is completed. Raises Refused: unknown_line, bad_quantity, invalid for an outcome that its
    units or its payment gainsay.
    """
    kept = _kept(scene.stop, ending)
    _whole_kits(scene, kept)
    onward = _onward(ending)
    for line in scene.stop.lines:
        units = kept[line.line_id]
        scene = scene.carry(line.line_id, line.sku, units, scene.van, places.CUSTOMER)
        scene = scene.counted(line.line_id, Stage.IN_TRANSIT, Stage.DELIVERED, units)
        rest = line.aboard - units
        free = 0 if onward is Stage.IN_TRANSIT else rest
        scene = scene.counted(line.line_id, Stage.IN_TRANSIT, onward, rest, credited=free)
    stop = replace(
        scene.stop,
        lines=tuple(line.moved("kept", kept[line.line_id]) for line in scene.stop.lines),
        outcome=ending.outcome,
        reason=ending.reason,
        next_step=_next_step(ending),
        due_minor=due_minor(scene.order, scene.paid_minor) if any(kept.values()) else 0,
        collected_minor=ending.collected_minor,
    )
    scene = scene.having(stop)
    if stop.next_step == NextStep.RETRY:
        return scene.having(another(stop, at))
    return scene.done(at)


def another(stop: Stop, at: datetime) -> Stop:
    """The attempt after a failed one, waiting for a run."""
    return Stop(
        stop.order_id, stop.fulfilment_order, stop.node, stop.attempt + 1, StopState.CREATED, at,
        instants={StopState.CREATED.value: at},
    )  # fmt: skip


def due_minor(order: Order, paid_minor: int) -> int:
    """What is to be paid for the units delivered so far: their lines, shipping, less their share of the
    order's discount and what was paid. Nothing delivered costs nothing.
    """
    had = [(line, min(line.counts.delivered, line.counts.owed)) for line in order.sold_lines]
    if not any(units for _, units in had):
        return 0
    goods = sum(line.amount_of(units) for line, units in had)
    return max(0, goods + order.shipping_owed_minor - order.discount_on(goods) - paid_minor)


def due_if_kept(order: Order, stop_units: Mapping[str, int], paid_minor: int) -> int:
    """What would be due at the door if all of these units on their way were kept."""
    counts = {}
    for line_id, units in stop_units.items():
        line = order.line(line_id)
        assert line is not None, "a stop is for lines of its order"
        on_the_way = line.counts
        for stage in (Stage.IN_TRANSIT, Stage.PACKED, Stage.PICKED, Stage.PICKING, Stage.ROUTED):
            part = min(units, on_the_way.at(stage))
            on_the_way, units = on_the_way.moved(stage, Stage.DELIVERED, part), units - part
        counts[line_id] = on_the_way
    return due_minor(order.with_counts(counts), paid_minor)


def _onward(ending: Ending) -> Stage:
    """Where the units stand that the customer did not keep."""
    if ending.outcome is not Outcome.FAILED_ATTEMPT:
        return Stage.REFUSED
    return Stage.RETURNING if _next_step(ending) == NextStep.RETURN else Stage.IN_TRANSIT


def _next_step(ending: Ending) -> str:
    if ending.outcome is Outcome.DELIVERED:
        return ""
    return ending.next_step.value


def _kept(stop: Stop, ending: Ending) -> dict[str, int]:
    if ending.outcome in (Outcome.REFUSED, Outcome.FAILED_ATTEMPT):
        kept = units_of(stop, ending.kept or {})
    elif ending.outcome is Outcome.PARTIALLY_ACCEPTED:
        kept = units_of(stop, ending.kept or {})
        if not 0 < sum(kept.values()) < stop.aboard:
            raise _gainsaid("/lines", "Some units are kept and some are not: name those kept in `lines`")
    else:
        kept = units_of(stop, ending.kept)
        if sum(kept.values()) < stop.aboard:
            raise _gainsaid("/lines", "Not every unit is kept: the outcome is partially_accepted")
    if any(kept.values()) and ending.outcome in (Outcome.REFUSED, Outcome.FAILED_ATTEMPT):
        raise _gainsaid("/lines", "With this outcome nothing is kept")
    if ending.collected_minor and not any(kept.values()):
        raise _gainsaid("/payment", "Nothing was kept, so nothing is paid")
    return kept


def _whole_kits(scene: Scene, kept: Mapping[str, int]) -> None:
    """A kit is sold, so kept, as one: raises Refused invalid where its components part."""
    first: dict[str, tuple[int, int]] = {}
    for stopped in scene.stop.lines:
        line = scene.order.line(stopped.line_id)
        if line is None or line.kit_line is None:
            continue
        units, aboard = first.setdefault(line.kit_line, (kept[line.id], stopped.aboard))
        if kept[line.id] * aboard != units * stopped.aboard:
            raise _gainsaid("/lines", "A kit is kept whole: the same share of each of its components")


def _gainsaid(pointer: str, detail: str) -> Exception:
    return refuse(Code.INVALID, detail, Fault(pointer, Code.INVALID, detail))
