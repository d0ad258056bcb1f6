"""Goods that a courier or a carrier brought back lie in a node's inspection, until each has a disposition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar

from inventory import places
from inventory.places import Area
from oms.refusals import Code, Fault, refuse
from oms.returns.inspecting import place_of
from oms.returns.lifecycle import Disposition


@dataclass(frozen=True, slots=True)
class Inspected:
    """``quantity`` units of a line found their disposition, at the node they came back to."""

    line_id: str
    quantity: int
    disposition: Disposition


@dataclass(frozen=True, slots=True)
class PutAway:
    """``quantity`` units of a picked line went from inspection to where they belong."""

    line_id: str
    sku: str
    quantity: int
    from_place: str
    to_place: str


class CameBack(Protocol):
    """Units of one picked line, some of which may wait for inspection."""

    @property
    def line_id(self) -> str: ...
    @property
    def sku(self) -> str: ...
    @property
    def uninspected(self) -> int: ...
    def looked_at(self, units: int) -> Self:
        """The line once so many more of its units have a disposition."""
        ...


L = TypeVar("L", bound=CameBack)


def disposed(
    lines: tuple[L, ...], found: Sequence[Inspected], node: str, thing: str
) -> tuple[tuple[L, ...], tuple[PutAway, ...]]:
    """The lines of a ``thing`` that came back to a node, once units of them have their disposition, and where
    these went; a line may be named once for each disposition. Raises Refused: unknown_line, bad_quantity.
    """
    at = {line.line_id: line for line in lines}
    put = []
    for place, one in enumerate(found):
        line = at.get(one.line_id)
        if line is None:
            fault = Fault(f"/lines/{place}/id", Code.UNKNOWN_LINE, f"The {thing} has no such line")
            raise refuse(Code.UNKNOWN_LINE, f"The {thing} has no such line", fault)
        if one.quantity > line.uninspected:
            detail = f"{line.uninspected} units of the line wait for inspection"
            fault = Fault(f"/lines/{place}/quantity", Code.BAD_QUANTITY, detail)
            raise refuse(Code.BAD_QUANTITY, detail, fault)
        at[one.line_id] = line.looked_at(one.quantity)
        source, target = places.in_area(node, Area.INSPECTION), place_of(node, one.disposition)
        put.append(PutAway(line.line_id, line.sku, one.quantity, source, target))
    return tuple(at.values()), tuple(put)


def told(found: Sequence[Inspected]) -> list[dict[str, object]]:
    """What an event says of it."""
    return [
        {"line": one.line_id, "quantity": one.quantity, "disposition": one.disposition.value} for one in found
    ]
