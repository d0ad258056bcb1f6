"""By which methods goods reach a customer at all: in the time of one look at the nodes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from routing.compiled import compiled
from routing.geo import great_circles_m, within_m
from routing.network import Network
from routing.network_spec import COURIER, METHODS, PICKUP
from routing.problem import Bools, Ints

Near = tuple[float, float]
Cells = NDArray[np.int32]


def offering(network: Network, pickup_radius_m: int, near: Near | None) -> Bools:
    """[3, N] which nodes offer each method, to the customer there if it is known where."""
    offers: Bools = network.offers & network.active
    if near is None:
        return offers
    distance_m = great_circles_m(*near, network.points)
    for method, radius_m in ((PICKUP, pickup_radius_m), (COURIER, network.courier_radius_m)):
        offers[METHODS.index(method)] &= within_m(*near, network.lat, network.lon, distance_m, radius_m)
    return offers


def reaching(units: Ints, offers: Bools) -> Bools:
    """[I, 3] by which methods some node of ``offers`` [3, C] has any of ``units`` [I, C]."""
    found: Bools = np.zeros((len(units), len(offers)), dtype=np.bool_)
    _reaching(units, offers, found)
    return found


@compiled
def _reaching(units: Ints, offers: Bools, found: Bools) -> None:
    for i in range(units.shape[0]):
        for n in range(units.shape[1]):
            if units[i, n] > 0:
                for m in range(offers.shape[0]):
                    found[i, m] |= offers[m, n]


@compiled
def standing(nodes: Cells, free: Cells, shut: Bools, offers: Bools) -> tuple[int, int]:
    """Units over the ``nodes`` (indices) that are not ``shut`` [C] and have ``free`` ones, and a bit for each
    row of ``offers`` [3, C] by which one of those reaches.
    """
    units = 0
    ways = 0
    for i in range(nodes.shape[0]):
        n = nodes[i]
        if free[i] > 0 and not shut[n]:
            units += free[i]
            for m in range(offers.shape[0]):
                if offers[m, n]:
                    ways |= 1 << m
    return units, ways
