"""The whole engine made ready to run: compiled, or loaded from the disk of an earlier start."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from routing.breadth import breadth_bids
from routing.calendar import DayTables, start_by
from routing.explain_forced import forced_plans
from routing.express.arrays import Shelf
from routing.express.offer import Line, Place, footing, offer
from routing.geo import great_circle_m, within_m
from routing.network import LaneSpec, NetworkSpec, NodeSpec, TariffSpec, build_network
from routing.network_spec import METHODS
from routing.policy import Policy
from routing.problem import NO_GROUP, UNLIMITED, Problem, RateCards
from routing.reaching import reaching, standing
from routing.route import route
from routing.tariff import cards_used


def warm_up() -> None:
    """Compile (or load from disk) everything a first request would otherwise wait for."""
    _warm_paths()
    few = _small(quantity=1, lines=3, available=1)
    forced_plans(few, route(few), [0])
    route(_small(quantity=2, lines=2, available=1))
    in_pairs = RateCards(("c",), np.array([0, 1]), np.array([800]), np.array([300]))  # leaves a gap to search
    route(replace(_small(quantity=1, lines=9, available=1), cards=in_pairs), work_limit=1)
    _warm_promises()


def _warm_promises() -> None:
    """A plain basket by every method."""
    everything, at = frozenset(METHODS), 1_768_402_800
    nodes = (NodeSpec("a", 0.0, 0.0, "US", "UTC", methods=everything),)
    tariffs, lanes = (TariffSpec("t", ((5_000, 300),)),), (LaneSpec("t", 1),)
    network = build_network(NetworkSpec(1, "USD", nodes, tariffs, lanes))
    shelf = Shelf(np.zeros(1, np.int32), np.ones(1, np.int32), np.zeros(1, np.int64))
    stand = footing(network, Policy(), {}, "US", at)
    assert stand is not None, "nothing about it is out of the ordinary"
    offer(stand, Place("US", "", 0.0, 0.0), [Line(1, 400, 0, 0, 0, 1, 0)], shelf, np.zeros(1), at, METHODS)


def _warm_paths() -> None:
    """What leads to a problem: distances, methods, opening hours, tariffs, prices of breadth."""
    here, one = np.zeros(1), np.zeros((1, 2), np.int64)
    within_m(0.0, 0.0, here, here, great_circle_m(0.0, 0.0, here, here), 1)
    reaching(one, np.zeros((3, 2), np.bool_))
    few, none = np.zeros(2, np.int32), np.zeros(2, np.bool_)
    standing(few, few, none, np.zeros((3, 2), np.bool_))
    start_by(DayTables((), one, one, np.zeros((1, 3), np.int64), one), 0, 1, 0)
    cards_used(np.zeros(1, np.int64), 1)
    breadth_bids(1.0, np.ones(1, np.int64), one, np.zeros(2))


def _small(quantity: int, lines: int, available: int) -> Problem:
    """A problem of two nodes, the second of which would be used beyond its stock."""
    nodes = 2
    return Problem(
        currency="USD",
        cards=RateCards(("c",), np.array([0, 2]), np.array([500, 50_000]), np.array([300, 500])),
        line_ids=tuple(str(i) for i in range(lines)),
        skus=tuple(str(i) for i in range(lines)),
        quantity=np.full(lines, quantity),
        unit_weight_g=np.full(lines, 400),
        unit_volume_mm3=np.zeros(lines, np.int64),
        ship_alone=np.zeros(lines, np.bool_),
        group=np.full(lines, NO_GROUP),
        node_ids=("a", "b"),
        card=np.zeros(nodes, np.int64),
        fixed_minor=np.array([900, 10]),
        parcel_price_minor=np.zeros(nodes),
        capacity_parcels=np.full(nodes, UNLIMITED),
        arrive_day=np.zeros(nodes, np.int64),
        available=np.full((lines, nodes), available),
        unit_cost_minor=np.zeros((lines, nodes), np.int64),
        bid_price_minor=np.zeros((lines, nodes)),
        divisor_mm3_per_g=0.0,
        unfilled_penalty_minor=100_000,
        allow_unfilled=True,
    )
