"""The door to the compiled promise: from a plain basket to what its customer is shown.

Plain is what most baskets are: few lines of different SKUs, no kit, no flag, nothing on its way in that
could be promised too, an address with a point. Who calls sees to what SKUs are; `offer` answers None for all
else that is not plain, which `routing.promise.offer` then answers, and where a tie or a border needs a closer
look than the compiled way takes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from struct import Struct
from typing import NamedTuple

import numpy as np

from routing.calendar import first_day
from routing.compiled import entry
from routing.express import arrays as at
from routing.express.answer import NOT_PLAIN, answered
from routing.express.arrays import LINE, QUESTION, Answer, Asked, Records, Shelf, World
from routing.express.world import atlas, rows_to, world
from routing.kernel_solve import layout
from routing.network import Network
from routing.network_spec import COURIER, METHODS, PICKUP, SHIP
from routing.policy import Policy
from routing.problem import Floats, Ints
from routing.promise_ask import horizon_at
from routing.rooms import Free

MOST_LINES, MOST_STATES, MOST_CARDS, MOST_ROOMS = 8, 256, 256, 4096
NO_WORTH: Floats = np.zeros((0, 0))


class Line(NamedTuple):
    """A row of ``arrays.LINE``: units wanted of one SKU, what one weighs and measures, room for what it
    counts for a carrier, where in the shelf it stands, and which goods of the network it is.
    """

    quantity: int
    weight_g: int
    volume_mm3: int
    billable_g: int
    begin: int
    end: int
    goods: int


class Place(NamedTuple):
    country: str
    postcode: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True, eq=False)
class Footing:
    """One state of network, policy and capacity, as far as any question to one country needs it.

    ``first`` day of the tables; ``options``: as many as can be found at most; ``room``: of the kernel's
    memory, by the units of each line.
    """

    network: Network
    policy: Policy
    free: Free
    country: str
    day: int
    world: World
    abroad_m: Floats
    first: date
    answered: Callable[[World, Asked, Ints, Answer], int]
    options: int
    room: dict[tuple[int, ...], tuple[int, int] | None]

    def still_holds(self, network: Network, policy: Policy, free: Free, country: str, day: int) -> bool:
        """Whether it is that of the same ones."""
        return (
            self.network is network
            and self.policy is policy
            and self.free is free
            and self.country == country
            and self.day == day
        )


class Found(NamedTuple):
    """What is shown: ``options`` as rows of ``arrays.METHOD`` and so on, in turn; ``parcels`` of all that was
    found: node, leaves, arrives, units of each line; ``reasons`` by method and line. Read it before the
    thread asks again.
    """

    options: list[list[int]]
    parcels: list[list[int]]
    reasons: list[list[int]]
    answer: Answer

    def cost(self, option: Sequence[int]) -> list[float]:
        """The terms of ``CostToServe`` of one of the options."""
        terms: list[float] = self.answer.money[option[at.ROW], 1:].tolist()
        return terms

    def unfilled(self, option: Sequence[int]) -> list[int]:
        """Units missing of each line in one of the options."""
        units: list[int] = self.answer.unfilled[option[at.ROW]].tolist()
        return units


class _Desk(threading.local):
    """What one thread writes into, question after question."""

    def __init__(self) -> None:
        self.footing: Footing | None = None
        self.written = bytearray(MOST_LINES * LINE.itemsize)
        self.lines: list[Records] = [np.frombuffer(self.written, LINE, k) for k in range(MOST_LINES + 1)]
        self.question: Records = np.zeros(1, QUESTION)
        self.answer = _room(0, 0, 0)


def _room(options: int, parcels: int, scratch: int) -> Answer:
    return Answer(
        option=np.empty((options, at.ROW + 1), np.int64),
        shown=np.empty((options, at.ROW + 1), np.int64),
        money=np.empty((options, 9)),
        parcel=np.empty((parcels, 3 + MOST_LINES), np.int64),
        unfilled=np.empty((options, MOST_LINES), np.int64),
        reason=np.empty((len(METHODS), MOST_LINES), np.int64),
        found=np.zeros(2, np.int64),
        scratch=np.empty(scratch, np.int64),
    )


_DESK = _Desk()
_ROWS = [Struct(f"={len(Line._fields) * k}q") for k in range(MOST_LINES + 1)]
_METHODS: dict[tuple[str, ...], Ints] = {}


def footing(network: Network, policy: Policy, free: Free, country: str, now: int) -> Footing | None:
    """What questions at an instant stand on, that of the thread's last one where nothing has changed; None =
    ask the other way.
    """
    known, day = _DESK.footing, first_day(now)
    if known is not None and known.still_holds(network, policy, free, country, day):
        return known
    if not network.node_ids or len(network.carries_g) > MOST_CARDS:
        return None
    if any(rule.up_to_km is not None for rule in policy.price_rules):
        return None
    given = world(network, policy, country, now, free)
    if given is None:
        return None
    places = 1 + max(policy.pickup_stores, policy.fed_stores) + max(policy.courier_slots, 1)
    _DESK.footing = Footing(
        network, policy, free, country, day, given, network.abroad_m(country), network.tables(now).dates[0],
        entry(answered), 3 * places, {},
    )  # fmt: skip
    return _DESK.footing


def offer(
    stand: Footing, place: Place, lines: Sequence[Line], shelf: Shelf, breadth: Floats, now: int,
    methods: tuple[str, ...], worth: Floats = NO_WORTH, day_minor: Floats = NO_WORTH,
) -> Found | None:  # fmt: skip
    """What ``routing.promise.offer`` would say, with bid prices of ``breadth`` [N] and of what units are
    ``worth`` [L, N] to orders to come, and ``day_minor`` [N, D] of days from ``stand.first`` on; None = ask
    that one.

    ``breadth``, ``worth``, ``day_minor`` and the arrays of ``shelf`` are one block each: another layout would
    be another type, and a minute's compiling in a request.
    """
    network, L = stand.network, len(lines)
    answer = _room_for(stand, lines)
    if answer is None or (PICKUP in methods and atlas(network).country not in ("", place.country)):
        return None
    desk = _DESK
    _ROWS[L].pack_into(desk.written, 0, *chain.from_iterable(lines))
    by_lane = COURIER in network.lanes.methods
    horizon = horizon_at(stand.first, now, stand.policy)
    desk.question[0] = (now, horizon, by_lane, place.lat, place.lon)
    shared, own = rows_to(network, SHIP, place.country, place.postcode)
    couriers = rows_to(network, COURIER, place.country, place.postcode) if by_lane else (shared[:0], own[:0])
    asked = Asked(
        desk.question, desk.lines[L], shelf, breadth, worth, day_minor, stand.abroad_m, shared, own, *couriers
    )
    count = stand.answered(stand.world, asked, _order(methods), answer)
    if count == NOT_PLAIN:
        return None
    return Found(
        answer.shown[:count].tolist(),
        answer.parcel[: answer.found.item(1), : 3 + L].tolist(),
        answer.reason[:, :L].tolist(),
        answer,
    )


def _order(methods: tuple[str, ...]) -> Ints:
    known = _METHODS.get(methods)
    if known is None:
        known = _METHODS[methods] = np.array([METHODS.index(method) for method in methods], dtype=np.int64)
    return known


def _room_for(stand: Footing, lines: Sequence[Line]) -> Answer | None:
    """The thread's arrays, as long as anything found can be; None where the kernel does not take it on, or
    the policy's limit of work does not allow it.
    """
    quantities, known = tuple([line.quantity for line in lines]), _DESK.answer
    if quantities not in stand.room:
        if len(stand.room) >= MOST_ROOMS:
            stand.room.clear()
        stand.room[quantities] = _needed(stand, quantities)
    needed = stand.room[quantities]
    if needed is None:
        return None
    units, scratch = needed
    enough = known.option.shape[0] >= stand.options and known.parcel.shape[0] >= stand.options * units
    if not enough or known.scratch.size < scratch:
        known = _DESK.answer = _room(stand.options, stand.options * units, scratch)
    return known


def _needed(stand: Footing, quantities: tuple[int, ...]) -> tuple[int, int] | None:
    """Units, and the kernel's memory, of a basket; None where it is too much work."""
    units, states, pairs = 0, 1, 1.0
    for quantity in quantities:
        units += quantity
        states *= quantity + 1
        pairs *= (quantity + 1) * (quantity + 2) / 2
    lines, nodes = len(quantities), len(stand.network.node_ids)
    work = 4 * pairs + states * nodes / 4
    if lines > MOST_LINES or states > MOST_STATES or work > stand.policy.work_limit:
        return None
    return units, int(layout(lines, nodes, len(stand.network.carries_g), units, states)[-1])
