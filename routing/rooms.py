"""What is left of every capacity on each day, laid out once for many questions in a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from routing.calendar import DAYS
from routing.network import Network
from routing.network_spec import COURIER, METHODS
from routing.problem import UNLIMITED, Ints

Free = Mapping[tuple[str, date, str], int]
MOST_SLOT_ROOMS = 10_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Rooms:
    """Units left from one day on, the limit where nothing was ever held; ``by_slot`` None: too much to lay
    out.
    """

    by_method: Ints  # [3, N, D], methods as in METHODS
    by_slot: Ints | None  # [S, N, D]


class _LastRooms:
    """Remembers the last answer: what is free is the same mapping until somebody holds or gives back some."""

    def __init__(self) -> None:
        self._last: tuple[Network, Free, date, Rooms] | None = None

    def __call__(self, network: Network, free: Free, first: date) -> Rooms:
        """From the day ``first`` on."""
        last = self._last
        if last is None or last[0] is not network or last[1] is not free or last[2] != first:
            last = self._last = (network, free, first, _lay_out(network, free, first))
        return last[3]


rooms_left = _LastRooms()


def slot_capacity(network: Network) -> list[int]:
    """[S] what each slot takes a day where nobody holds any of it, UNLIMITED where nobody counts."""
    return [UNLIMITED if slot.capacity is None else slot.capacity for slot in network.spec.slots]


def _lay_out(network: Network, free: Free, first: date) -> Rooms:
    slots, nodes = network.spec.slots, len(network.node_ids)
    by_method = np.repeat(network.limit[:, :, None], DAYS, axis=2)
    by_slot: Ints | None = None
    places: dict[str, list[int]] = {}
    if len(slots) * nodes * DAYS <= MOST_SLOT_ROOMS:
        by_slot = np.empty((len(slots), nodes, DAYS), dtype=np.int64)
        by_slot[:] = np.array(slot_capacity(network), dtype=np.int64)[:, None, None]
        for s, slot in enumerate(slots):
            places.setdefault(f"{COURIER}:{slot.id}", []).append(s)
    for (node, day, bucket), units in free.items():
        n, d = network.index.get(node), (day - first).days
        if n is None or not 0 <= d < DAYS:
            continue
        if bucket in METHODS:
            by_method[METHODS.index(bucket), n, d] = units
        elif by_slot is not None:
            by_slot[places.get(bucket, []), n, d] = units
    return Rooms(by_method, by_slot)
