"""What readers of the pool see: one state, and how a channel's numbers are read from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from inventory.catalogue import Catalogue
from inventory.pool_rows import Rows

NEVER = datetime.min.replace(tzinfo=UTC)

Own = Mapping[tuple[str, str], int]  # (SKU, node) → units the caller itself holds there
Slot = tuple[str, date, str]  # node, day, bucket


@dataclass(frozen=True, slots=True)
class Incoming:
    """`quantity` units of an inbound document that nobody was promised yet will be at the node at `at`."""

    inbound: str
    node: str
    at: datetime
    quantity: int


@dataclass(frozen=True, slots=True)
class PoolView:
    """Units a channel may be promised: `available[line, node]`, int64, nodes as in `catalogue.order`.

    `as_of` is the instant up to which everything committed is counted in; `version` is the transaction id up
    to which that is so, the same in every process. Lines of SKUs in `unknown` are 0.
    """

    available: NDArray[np.int64]
    catalogue: Catalogue
    as_of: datetime
    version: int
    unknown: tuple[str, ...] = ()

    @property
    def totals(self) -> NDArray[np.int64]:
        """Units per line over all nodes."""
        totals: NDArray[np.int64] = self.available.sum(axis=1)
        return totals


@dataclass(frozen=True, slots=True)
class Breadth:
    """`share` of the SKUs in stock anywhere that each node has any of, nodes as in `catalogue.order` then;
    `version` as in `PoolView`. Empty until a feed has weighed.
    """

    share: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    version: int = 0

    def of(self, nodes: int) -> NDArray[np.float64]:
        """As [nodes]; nodes younger than this have 0."""
        share = np.zeros(nodes)
        share[: self.share.size] = self.share[:nodes]
        return share


@dataclass(frozen=True, slots=True)
class State:
    """What readers see. `rows` and `incoming` change by whole rows underneath; the rest never."""

    catalogue: Catalogue = field(default_factory=Catalogue)
    rows: Rows = field(default_factory=Rows)
    incoming: dict[int, tuple[Incoming, ...]] = field(default_factory=dict)
    capacity: Mapping[Slot, int] = field(default_factory=lambda: MappingProxyType({}))
    as_of: datetime = NEVER
    version: int = 0


def view(state: State, skus: Sequence[str], channel: str, own: Own | None = None) -> PoolView:
    """See `AvailabilityPool.view`. What is written meanwhile may be in it, a SKU's row at a time."""
    catalogue, rows = state.catalogue, state.rows
    available = np.zeros((len(skus), len(catalogue.order)), np.int64)
    unknown: list[str] = []
    find = catalogue.skus.get
    for line, sku_id in enumerate(skus):
        sku = find(sku_id)
        if sku is None:
            unknown.append(sku_id)
            continue
        if not sku.active:
            continue
        node, free, fences = rows.read(sku.no)
        row = available[line]
        row[node] = free
        for kept in fences:
            if channel not in kept.channels:
                row[kept.node] -= kept.quantity
    if own:
        _give_back(available, catalogue, skus, own)
    if catalogue.closed.size:
        available[:, catalogue.closed] = 0
    np.maximum(available, 0, out=available)
    return PoolView(available, catalogue, state.as_of, state.version, tuple(unknown))


def _give_back(available: NDArray[np.int64], catalogue: Catalogue, skus: Sequence[str], own: Own) -> None:
    for line, sku in enumerate(skus):
        for (held, node), quantity in own.items():
            if held == sku and node in catalogue.index:
                available[line, catalogue.index[node]] += quantity
