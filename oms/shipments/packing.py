"""Into which parcels the units of a fulfilment order go: every wanted unit into exactly one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from oms.fulfilment.job import Fulfilment
from oms.refusals import Code, Fault, refuse
from oms.shipments.shipment import Parcel, ShipmentLine


def planned_parcels(job: Fulfilment) -> tuple[Parcel, ...]:
    """The parcels the plan meant, of what is still wanted."""
    lines: dict[int, list[ShipmentLine]] = defaultdict(list)
    for line in job.lines:
        if line.wanted:
            lines[line.parcel].append(ShipmentLine(line.line_id, line.sku, line.wanted))
    return tuple(Parcel(tuple(lines[number])) for number in sorted(lines))


def packed(job: Fulfilment, wish: Sequence[Parcel]) -> tuple[Parcel, ...]:
    """The parcels as the packer made them; lines are named by id. Raises Refused: unknown_line,
    duplicate_line, bad_quantity unless they hold exactly what is wanted.
    """
    skus = {line.line_id: line.sku for line in job.lines}
    wanted = Counter(dict.fromkeys(skus, 0))
    for line in job.lines:
        wanted[line.line_id] += line.wanted
    inside = Counter(dict.fromkeys(skus, 0))
    for place, parcel in enumerate(wish):
        seen = set()
        for number, part in enumerate(parcel.lines):
            pointer = f"/parcels/{place}/lines/{number}/id"
            if part.line_id not in skus:
                fault = Fault(pointer, Code.UNKNOWN_LINE, "The fulfilment order has no such line")
                raise refuse(Code.UNKNOWN_LINE, "A parcel names a line that is not packed here", fault)
            if part.line_id in seen:
                fault = Fault(pointer, Code.DUPLICATE_LINE, "The parcel names this line before")
                raise refuse(Code.DUPLICATE_LINE, "A parcel names a line twice", fault)
            seen.add(part.line_id)
            inside[part.line_id] += part.quantity
    faults = [
        Fault("/parcels", Code.BAD_QUANTITY, f"Line {line}: {inside[line]} units packed, {units} wanted")
        for line, units in wanted.items()
        if inside[line] != units
    ]
    if faults:
        raise refuse(Code.BAD_QUANTITY, "Every wanted unit goes into exactly one parcel", *faults)
    return tuple(_with_skus(parcel, skus) for parcel in wish)


def weighed(parcel: Parcel, weights_g: Mapping[str, int]) -> Parcel:
    """The parcel with the weight its SKUs say, unless somebody weighed it."""
    if parcel.weight_g is not None:
        return parcel
    return replace(parcel, weight_g=sum(weights_g[line.sku] * line.quantity for line in parcel.lines))


def _with_skus(parcel: Parcel, skus: Mapping[str, str]) -> Parcel:
    lines = tuple(replace(line, sku=skus[line.line_id]) for line in parcel.lines)
    return replace(parcel, lines=lines)
