"""What is to be said of a SKU in all, as JSON to be sent: units, the methods by which some node reaches that
has any, more by date, and what may be sold without stock.

Many ask about the same SKU between two changes of it. What was worked out holds as long as all it was made
of stands where it did: the row in the pool, which is written to another place when it changes, the SKU in
the catalogue, its incoming units, the nodes, and the day. Not a moment longer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import orjson

from inventory.availability import backorder_left, future
from inventory.catalogue import Sku
from inventory.pool import Incoming, State, view
from oms.memory.alignment import Alignment, Bools
from routing.network_spec import METHODS
from routing.reaching import reaching, standing

REMEMBERED = 1 << 16
BIT = {method: 1 << place for place, method in enumerate(METHODS)}


@dataclass(slots=True)
class _Told:
    """``text`` holds while the SKU is this one, its row stands at ``place`` and this is ``coming``; it did at
    the last ``turn`` at which that was looked at.
    """

    sku: Sku
    place: int
    coming: tuple[Incoming, ...] | None
    text: bytes
    turn: int

    def still_holds(self, state: State, sku: Sku) -> bool:
        return (
            self.sku is sku
            and self.place == state.rows.place(sku.no)
            and self.coming is state.incoming.get(sku.no)
        )


_Shelf = dict[str, _Told]


class Totals:
    """Remembers by channel, methods and SKU beside one ``Alignment``; forgets all when it is full. For one
    thread.
    """

    def __init__(self, nodes: Alignment) -> None:
        self.nodes = nodes
        self._state = State()
        self._turn = 0  # which state that is: asked twice of the same one, nothing is compared again
        self._today = date.min
        self._begun = b""
        self._shut: Bools = np.zeros(0, np.bool_)
        self._shelves: dict[tuple[str, tuple[str, ...]], _Shelf] = {}
        self._room = REMEMBERED

    def of(
        self, state: State, ids: Sequence[str], channel: str, methods: tuple[str, ...], today: date
    ) -> bytes | None:
        """The whole answer, at least as new as ``state``: a SKU each, in order. None unless all are for sale
        and no kits.
        """
        if state is not self._state or today != self._today:
            self._turn_to(state, today)
        shelf, turn = self._shelves.get((channel, methods)), self._turn
        if shelf is None or self._room <= 0:
            shelf = self._new_shelf(channel, methods)
        texts = []
        for id in ids:
            told = shelf.get(id)
            if told is None or told.turn != turn:
                told = self._renewed(told, id, channel, methods)
                if told is None:
                    return None
                shelf[id] = told
            texts.append(told.text)
        return b"%b%b]}" % (self._begun, b",".join(texts))

    def _turn_to(self, state: State, today: date) -> None:
        """Decide by this state from now on. Places in other rows say nothing. Other nodes have another
        ``Alignment``.
        """
        catalogue = state.catalogue
        if state.rows is not self._state.rows or today != self._today:
            self._shelves, self._room = {}, REMEMBERED
            self._shut = np.zeros(len(catalogue.order), np.bool_)
            self._shut[catalogue.closed] = True
        empty = {"as_of": state.as_of, "version": state.version, "items": []}
        self._begun = orjson.dumps(empty)[: -len(b"]}")]
        self._state, self._today = state, today
        self._turn += 1

    def _new_shelf(self, channel: str, methods: tuple[str, ...]) -> _Shelf:
        if self._room <= 0:
            self._shelves, self._room = {}, REMEMBERED
        self._room -= 1
        found: _Shelf = {}
        self._shelves[channel, methods] = found
        return found

    def _renewed(self, told: _Told | None, id: str, channel: str, methods: tuple[str, ...]) -> _Told | None:
        """What holds at this turn; None where it is no matter of this."""
        sku = self._state.catalogue.skus.get(id)
        if sku is None or sku.kit is not None or not sku.active:
            return None
        if told is None or not told.still_holds(self._state, sku):
            return self._look(sku, channel, methods)
        told.turn = self._turn
        return told

    def _look(self, sku: Sku, channel: str, methods: tuple[str, ...]) -> _Told:
        """Place and incoming units are read before the rest: what changes in between is looked at again at
        the next turn.
        """
        state = self._state
        self._room -= 1
        place, coming = state.rows.place(sku.no), state.incoming.get(sku.no)
        units, ways = self._standing(state, sku, channel)
        item = {
            "sku": sku.id,
            "available": units,
            "methods": {method: bool(ways & BIT[method]) for method in methods},
            "future": [{"date": one.date, "quantity": one.quantity} for one in future(state, sku)],
            "backorder": backorder_left(sku, self._today),
            "nodes": None,
        }
        return _Told(sku, place, coming, orjson.dumps(item), self._turn)

    def _standing(self, state: State, sku: Sku, channel: str) -> tuple[int, int]:
        """Units over all nodes, and a bit for each method that reaches."""
        nodes, free, fences = state.rows.read(sku.no)
        if not fences:
            return standing(nodes, free, self._shut, self.nodes.offers)
        units = view(state, [sku.id], channel).available
        (ways,) = reaching(units, self.nodes.offers).tolist()
        return int(units.sum()), sum(BIT[method] for method, way in zip(METHODS, ways, strict=True) if way)
