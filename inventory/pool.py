"""The pool of availability in memory: what every SKU has left at every node for a channel, in microseconds.

Readers take no lock and never wait. One writer at a time (`inventory/feed.py`, or a request that lost a race)
holds `writing`, changes rows, and then shows a new `State`. What a reader sees is at least as new as `as_of`.
"""

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from inventory.catalogue import Catalogue
from inventory.pool_read import refreshed
from inventory.pool_state import NEVER, Breadth, Incoming, Own, PoolView, Slot, State, view
from inventory.store.pool_sql import has_written

__all__ = ["NEVER", "AvailabilityPool", "Breadth", "Incoming", "Own", "PoolView", "Slot", "State", "view"]


class AvailabilityPool:
    """Empty until a feed has filled it. `writing` is held by whoever replaces `state`."""

    def __init__(self) -> None:
        self.state = State()
        self.breadth = Breadth()
        self.writing = threading.Lock()

    @property
    def catalogue(self) -> Catalogue:
        """The nodes and SKUs the next view will know."""
        return self.state.catalogue

    @property
    def as_of(self) -> datetime:
        """Everything committed before this instant is counted in."""
        return self.state.as_of

    def weigh(self) -> None:
        """Measure the breadth of every node anew; milliseconds for 100,000 positions, so not in a request."""
        state = self.state
        self.breadth = Breadth(state.rows.breadth(len(state.catalogue.order)), state.version)

    def view(self, skus: Sequence[str], channel: str, own: Own | None = None) -> PoolView:
        """What the channel may be promised of these SKUs (kits exploded by the caller) at every node.

        `own` gives the caller's own reservations back, so that they do not hide stock from their owner.
        """
        return view(self.state, skus, channel, own)

    def incoming(self, skus: Sequence[str]) -> tuple[tuple[Incoming, ...], ...]:
        """Per SKU what will arrive and is not promised yet, earliest first; empty for unknown SKUs."""
        state = self.state
        if not state.incoming:
            return ((),) * len(skus)
        known = (state.catalogue.skus.get(sku) for sku in skus)
        return tuple(() if sku is None else state.incoming.get(sku.no, ()) for sku in known)

    def capacity_free(self) -> Mapping[Slot, int]:
        """What is left per node, day and bucket where something was ever held; the node's limit elsewhere."""
        return self.state.capacity

    def refresh(self, conn: Connection, skus: Sequence[str]) -> None:
        """Read these SKUs, and all capacity, from the database at once: a request lost a race for them.

        `conn` begins a transaction of its own (read committed). Raises AssertionError when it has locked or
        written anything: should that be rolled back, the pool would go on believing it.
        """
        with self.writing:
            assert not has_written(conn), "refresh before the transaction writes, or after it has ended"
            self.state = refreshed(conn, self.state, skus)
