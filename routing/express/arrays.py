"""What the compiled promise reads, laid out in few arrays: every array more is dearer to compile and to
call with.

N nodes of the network, G kinds of goods, P profiles, D days of the tables, Z time zones, T rate cards, R lane
rows, S slots, L lines. Money in minor units, weights in grams, distances in metres, instants in seconds since
1970.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.problem import Floats, Ints

Records = NDArray[Any]  # of one of the kinds below
Small = NDArray[np.int32]


def _record(ints: str, floats: str = "") -> np.dtype[Any]:
    return np.dtype(
        [(name, np.int64) for name in ints.split()] + [(name, np.float64) for name in floats.split()]
    )


NODE = _record("active profile lead_s zone store fixed_minor pick_minor courier_minor courier_s")
"""``zone`` indexes time zones; ``store`` is the row in ``World.store_lane``, -1 for nodes that hand nothing
out.
"""
LANE = _record("node card transit_days transfer", "reach_m co2_g_per_kg_km")
CARD = _record("carries_g least_minor most_minor")
"""The heaviest parcel of a rate card, and what its cheapest and its dearest step ask."""
DAY = _record("opens closes worked worked_after latest lead_s weekday")
"""As ``routing.calendar.DayTables``: ``worked`` seconds before the day and with it; ``lead_s`` of the
profile.
"""
DELIVERY = _record("midnight opens closes past")
"""A day of ``routing.delivery.DeliveryTable``."""
SLOT = _record("node weekdays cut_s capacity rank")
"""``weekdays`` as bits, ``rank`` in the order of ids."""
WEIGHTS = _record(
    "penalty_minor ship_to_store pickup_stores fed_stores courier_slots grace_s least_parcel_minor "
    "least_pick_minor",
    "late_day_minor parcel_minor co2_minor_per_kg resource_minor breadth_minor ahead_weight "
    "ahead_most_minor divisor_mm3_per_g",
)
"""The policy; ``breadth_minor`` is what a line is felt to cost at a node that has all of the range,
``ahead_most_minor`` the most that a unit is felt to be worth to orders to come, and the
``least`` are what no parcel over a lane and no unit can cost less than.
"""
LINE = _record("quantity weight_g volume_mm3 billable_g begin end goods")
"""A line; what nodes hold of it stands in ``Shelf`` from ``begin`` to ``end``; ``goods`` is its row in
``World.fails``.
"""
QUESTION = _record("at horizon courier_by_lane", "lat lon")
REACH = _record("bits card fixed_minor room ship_at from_at arrive_at order_by day", "co2_g_per_kg day_minor")
"""One node of a ``routing.promise_reach.Reach``."""


class World(NamedTuple):
    """All that an answer depends on beside the basket. The last rate card is free. ``rooms`` are empty where
    nothing was ever held.
    """

    node: Records  # [N]
    fails: Floats  # [G, N]
    offers: Ints  # [3, N] 0 or 1
    limit: Ints  # [3, N]
    points: Floats  # [3, N]
    latlon: Floats  # [2, N]
    radius_m: Ints  # [2, N] of collections, the same for all; of couriers
    store_lane: Ints  # [stores, N]
    store_m: Floats  # [stores, N]
    lane: Records  # [R]
    card: Records  # [T]
    start: Ints  # [T + 1]
    up_to_g: Ints
    minor: Ints
    day: Records  # [P, D]
    delivery: Records  # [Z, D + 1]
    delivers: Ints  # days of delivery
    slot: Records  # [S]
    slot_times: Ints  # [Z, D, S, 2]
    rooms: Ints  # [3, N, D]
    slot_rooms: Ints  # [S, N, D]
    weights: Records  # [1]


class Shelf(NamedTuple):
    """Who holds what: rows of ``place`` and ``units`` side by side, a run of them for each line.

    ``column`` [C] says which node of the network a place is, -1 = none that gives anything.
    """

    place: Small
    units: Small
    column: Ints


class Asked(NamedTuple):
    """A plain basket at an instant. ``*_shared`` and ``*_own``: lane rows that fit the destination, of any
    node and of one. ``worth`` of a unit to orders to come: no rows where nobody looked ahead; ``day_minor``:
    what is felt of room on a node's day, likewise. ``abroad_m`` [N]: 0 in the destination's country.
    """

    question: Records  # [1]
    line: Records  # [L]
    shelf: Shelf
    breadth: Floats  # [N]
    worth: Floats  # [L, N], or [0, 0]
    day_minor: Floats  # [N, D], or [0, 0]
    abroad_m: Floats  # [N]
    ship_shared: Ints
    ship_own: Ints
    courier_shared: Ints
    courier_own: Ints


class Answer(NamedTuple):
    """Room for what is found: O options, Q parcels of all of them, up to K lines.

    ``option`` [O, 12]: see below; ``shown`` [O, 12]: those that are told, in that order; ``money`` [O, 9]:
    what each is felt to cost in all, then the eight terms of ``CostToServe``; ``parcel`` [Q, 3 + K]: node,
    leaves, arrives, units of each line; ``unfilled`` [O, K]; ``reason`` [3, K]: place of the reason in
    ``REASONS`` why a method cannot have a line, -1 where none; ``found`` [2]: options and parcels so far;
    ``scratch``: the kernel's memory.
    """

    option: Ints
    shown: Ints
    money: Floats
    parcel: Ints
    unfilled: Ints
    reason: Ints
    found: Ints
    scratch: Ints


METHOD, STORE, SLOT_AT, MISSING, OPENS, ENDS, ORDER_BY, ARRIVES, FIRST, PARCELS, TAGS, ROW = range(12)
"""Columns of ``Answer.option``. ``STORE`` and ``SLOT_AT`` are -1 where none; ``FIRST`` parcel and how many;
``TAGS`` as bits; ``ROW`` its own row among all that were found.
"""
SHIP_ROW, PICKUP_ROW, COURIER_ROW = range(3)
"""Rows by method, as in ``METHODS``."""
