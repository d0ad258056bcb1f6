"""What promises of plain baskets are answered from: the pool, the network and their names, side by side.

Laid out anew when one of them is another; the numbers themselves stay where they are.
"""

from __future__ import annotations

import numpy as np
import orjson
from numpy.typing import NDArray

from inventory.pool import Breadth, State
from oms.memory.alignment import Alignment
from oms.memory.network_load import Loaded
from routing.express.arrays import Shelf
from routing.price import PriceLists


class Plain:
    """Beside one ``Alignment`` of a network. For one thread."""

    def __init__(self, loaded: Loaded, nodes: Alignment) -> None:
        self.loaded, self.nodes = loaded, nodes
        network, rules = loaded.network, loaded.policy.price_rules
        # the last is of place -1, which is none
        self.names = [as_json(node) for node in (*network.node_ids, None)]
        self.slots = [as_json(id) for id in (*(slot.id for slot in network.spec.slots), None)]
        self.prices = PriceLists([rule for rule in rules if rule.up_to_km is None])
        self._state: State | None = None
        self._breadth: Breadth | None = None
        self._column: NDArray[np.int64] = nodes.to_network
        self.breadth: NDArray[np.float64] = np.zeros(0)
        self.as_of = ""
        self.shelf = Shelf(*State().rows.columns, self._column)

    def turn_to(self, state: State, breadth: Breadth) -> None:
        """Answer from this state from now on."""
        known = self._state
        if breadth is not self._breadth:
            self._breadth = breadth
            share = self.nodes.gathered(breadth.of(len(self.nodes.order)))
            self.breadth = np.ascontiguousarray(share)
        if known is None or known.catalogue is not state.catalogue:
            self._column = self.nodes.to_network.copy()
            self._column[state.catalogue.closed] = -1
        if state is not known:
            self._state = state
            self.shelf = Shelf(*state.rows.columns, self._column)
            self.as_of = state.as_of.isoformat()


def as_json(value: object) -> str:
    """The value as JSON text."""
    return orjson.dumps(value).decode()
