"""What a SKU's row in the pool says in all: units, and the methods by which some node reaches that has any.

Many ask about the same SKU between two changes of its stock. A row that changes is written to another
place, so what was worked out holds for as long as the row stays where it is, and not a moment longer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from inventory.catalogue import Sku
from inventory.pool import State, view
from oms.memory.alignment import Alignment
from routing.reaching import reaching

REMEMBERED = 1 << 16


@dataclass(frozen=True, slots=True)
class Total:
    """``units`` over all nodes; ``ways``: whether each of METHODS reaches. True while the row is at
    ``place``.
    """

    units: int
    ways: tuple[bool, ...]
    place: int


class Totals:
    """Remembers totals by SKU and channel beside one ``Alignment``; forgets all when it is full."""

    def __init__(self, nodes: Alignment) -> None:
        self.nodes = nodes
        self._kept: tuple[Any, Any, dict[tuple[int, str], Total]] = (None, None, {})

    def of(self, state: State, skus: Sequence[Sku], channel: str) -> list[Total]:
        """The totals of SKUs that are for sale and no kits, in order; at least as new as ``state``."""
        known = self._of(state)
        found: list[Total] = []
        for sku in skus:
            place = state.rows.place(sku.no)
            total = known.get((sku.no, channel))
            if total is None or total.place != place:
                total = known[sku.no, channel] = self._look(state, sku, place, channel)
            found.append(total)
        return found

    def _of(self, state: State) -> dict[tuple[int, str], Total]:
        """What is known of these rows, with these nodes in use: places in other rows say nothing."""
        rows, closed, known = self._kept
        if rows is not state.rows or closed is not state.catalogue.closed or len(known) >= REMEMBERED:
            known = {}
            self._kept = (state.rows, state.catalogue.closed, known)
        return known

    def _look(self, state: State, sku: Sku, place: int, channel: str) -> Total:
        """``place`` was read before the row: what changes in between is looked at again the next time."""
        units = view(state, [sku.id], channel).available
        (ways,) = reaching(units, self.nodes.offers).tolist()
        return Total(int(units.sum()), tuple(ways), place)
