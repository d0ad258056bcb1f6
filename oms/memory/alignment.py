"""The nodes of the catalogue beside those of the network: which column of the one is which of the other.

Stock counts in the catalogue's order, routing in the network's. Both are seldom new, so this is worked out
once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.network import Network

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """C nodes of the catalogue, N of the network. -1 where the other side does not know the node.

    ``same``: both orders are one, so nothing has to be moved. ``offers`` [3, C]: active nodes by method.
    """

    network: Network
    order: tuple[str, ...]
    to_network: Ints  # [C]
    to_catalogue: Ints  # [N]
    same: bool
    offers: Bools

    def spread(self, by_network: NDArray[Any], otherwise: Any) -> NDArray[Any]:
        """[..., N] as [..., C], with ``otherwise`` where the network does not know the node."""
        if self.same:
            return by_network
        found = np.full((*by_network.shape[:-1], len(self.to_network)), otherwise, by_network.dtype)
        known = self.to_network >= 0
        found[..., known] = by_network[..., self.to_network[known]]
        return found

    def gathered(self, by_catalogue: NDArray[Any]) -> NDArray[Any]:
        """[..., C] as [..., N], with 0 where the catalogue does not know the node."""
        if self.same:
            return by_catalogue[..., : len(self.order)]  # a node may have come since
        found = np.zeros((*by_catalogue.shape[:-1], len(self.to_catalogue)), by_catalogue.dtype)
        known = self.to_catalogue >= 0
        found[..., known] = by_catalogue[..., self.to_catalogue[known]]
        return found


def align(network: Network, order: tuple[str, ...]) -> Alignment:
    """Put the two orders side by side."""
    index = {node: place for place, node in enumerate(order)}
    to_network = np.array([network.index.get(node, -1) for node in order], dtype=np.int64)
    to_catalogue = np.array([index.get(node, -1) for node in network.node_ids], dtype=np.int64)
    same = order == network.node_ids
    bare = Alignment(network, order, to_network, to_catalogue, same, np.zeros((0, 0), dtype=np.bool_))
    return replace(bare, offers=bare.spread(network.offers & network.active, False))
