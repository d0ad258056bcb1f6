"""Which lane a node uses to a destination: the first row that fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from routing.network_spec import ANY_NODE, LaneSpec
from routing.problem import Bools, Floats, Ints

NO_LANE = -1
EVERY = -1


@dataclass(frozen=True, slots=True, eq=False)
class Lanes:
    """R rows in order of precedence. ``rows_of``: (method, country, prefix, store) → ascending rows, with
    None or ``EVERY`` where a row does not ask.
    """

    node: Ints  # [R] index, EVERY = any
    reach_m: Floats  # [R] inf = any; distance unknown (nan) fits only those
    card: Ints  # [R]
    transit_days: Ints  # [R]
    transfer: Bools  # [R] for one store only
    co2_g_per_kg_km: Floats  # [R]
    refuses: Mapping[str, Bools]  # flag → [R]
    rows_of: Mapping[tuple[str, str | None, str, int], Ints]
    prefix_lengths: tuple[int, ...]
    methods: frozenset[str]
    of_one_node: bool  # whether any row is


def plain_postcode(postcode: str) -> str:
    """Capitals without blanks and hyphens: what prefixes are compared with."""
    return postcode.replace(" ", "").replace("-", "").upper()


def compile_lanes(lanes: Sequence[LaneSpec], index: Mapping[str, int], cards: Mapping[str, int]) -> Lanes:
    """Arrays of the rows, and an index by what a destination must be for a row to fit."""
    rows: dict[tuple[str, str | None, str, int], list[int]] = {}
    for r, lane in enumerate(lanes):
        store = EVERY if lane.to_node is None else index[lane.to_node]
        key = (lane.method, lane.country, plain_postcode(lane.postcode_prefix or ""), store)
        rows.setdefault(key, []).append(r)
    flags = sorted({flag for lane in lanes for flag in lane.refuses})
    reach = [np.inf if lane.up_to_km is None else lane.up_to_km * 1000 for lane in lanes]
    return Lanes(
        node=_ints([EVERY if lane.node == ANY_NODE else index[lane.node] for lane in lanes]),
        reach_m=np.array(reach, dtype=np.float64),
        card=_ints([cards[lane.tariff] for lane in lanes]),
        transit_days=_ints([lane.transit_days for lane in lanes]),
        transfer=np.array([lane.to_node is not None for lane in lanes], dtype=np.bool_),
        co2_g_per_kg_km=np.array([lane.co2_g_per_kg_km for lane in lanes], dtype=np.float64),
        refuses={flag: np.array([flag in lane.refuses for lane in lanes]) for flag in flags},
        rows_of={key: _ints(found) for key, found in rows.items()},
        prefix_lengths=tuple(sorted({len(prefix) for _, _, prefix, _ in rows})),
        methods=frozenset(lane.method for lane in lanes),
        of_one_node=any(lane.node != ANY_NODE for lane in lanes),
    )


def fitting_rows(lanes: Lanes, method: str, country: str, postcode: str, store: int) -> Ints:
    """Ascending rows that fit the destination, whatever the node and its distance."""
    plain = plain_postcode(postcode)
    found = [
        lanes.rows_of[key]
        for length in lanes.prefix_lengths
        if length <= len(plain)
        for key in ((method, land, plain[:length], to) for land in (country, None) for to in ({store, EVERY}))
        if key in lanes.rows_of
    ]
    return np.sort(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)


def first_lanes(lanes: Lanes, rows: Ints, distance_m: Floats) -> Ints:
    """[N] the first of ``rows`` that fits each node at its distance, NO_LANE where none does."""
    nodes = len(distance_m)
    none = len(lanes.card)
    first = np.full(nodes, none, dtype=np.int64)
    shared = rows[lanes.node[rows] == EVERY]
    for row in shared[::-1]:
        reach = lanes.reach_m[row]
        if np.isinf(reach):
            first[:] = row
        else:
            first[distance_m <= reach] = row
    own = rows[lanes.node[rows] != EVERY]
    if len(own):
        there = lanes.node[own]
        reach_m = lanes.reach_m[own]
        fits = np.isinf(reach_m) | (distance_m[there] <= reach_m)
        np.minimum.at(first, there[fits], own[fits])
    first[first == none] = NO_LANE
    return first


def _ints(values: Sequence[int]) -> Ints:
    return np.array(values, dtype=np.int64)
