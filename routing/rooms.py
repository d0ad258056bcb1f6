"""How many parcels each node may still send on each day, laid out once for many questions in a row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np

from routing.network import Network
from routing.network_spec import METHODS, SHIP
from routing.problem import Ints

Free = Mapping[tuple[str, date, str], int]


class _Rooms:
    """Remembers the last answer: what is free is the same mapping until somebody holds or gives back some."""

    def __init__(self) -> None:
        self._last: tuple[tuple[Network, Free, date] | None, Ints] = (None, np.zeros((0, 0), np.int64))

    def __call__(self, network: Network, free: Free, first: date, days: int) -> Ints:
        """[N, D] parcels left from the day ``first`` on; the node's limit where nothing was ever held."""
        known, rooms = self._last
        if known is None or known[0] is not network or known[1] is not free or known[2] != first:
            rooms = _lay_out(network, free, first, days)
            self._last = ((network, free, first), rooms)
        return rooms


shipping_rooms = _Rooms()


def _lay_out(network: Network, free: Free, first: date, days: int) -> Ints:
    rooms: Ints = np.repeat(network.limit[METHODS.index(SHIP)][:, None], days, axis=1)
    for (node, day, bucket), units in free.items():
        place, at = network.index.get(node), (day - first).days
        if bucket == SHIP and place is not None and 0 <= at < days:
            rooms[place, at] = units
    return rooms
