"""Parcels of a wave get their days, order after order, of what is left of the nodes' days.

A wave counts what a node may send on all its days together. Which day a parcel leaves on is decided here: the
first with room, those first whose promise ends first. Who finds no day that is soon enough stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from oms import translate
from oms.steps.wave_snapshot import InWave, days_free, held_by, way_at
from routing.problem import UNLIMITED
from routing.promise import Capacity, Option, Way


class DaysLeft:
    """Room on nodes' days once the orders that move have given theirs back; those that stay keep it."""

    def __init__(self, conn: Connection, at: datetime, moving: Sequence[InWave]) -> None:
        held = held_by(conn, [one.open for one in moving])
        self._network, self._free = moving[0].ground.network, days_free(conn, at, held).free

    def way(self, one: InWave) -> Way | None:
        """How its promise can be kept with the room that is left; None where it cannot."""
        if (one.way.problem.capacity_parcels == UNLIMITED).all():
            return one.way
        return way_at(one.open, one.ground, Capacity(self._free))

    def take(self, option: Option) -> None:
        """The room that this option needs is gone."""
        taken = {
            (line.node, line.day, line.bucket): max(
                0, self._free.get((line.node, line.day, line.bucket), line.limit) - line.quantity
            )
            for line in translate.capacity_to_hold(self._network, option.holds)
        }
        if taken:
            self._free = {**self._free, **taken}  # anew: what is laid out of it is known by its identity
