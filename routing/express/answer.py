"""One plain basket by all methods asked for, compiled: reaches, plans, options, reasons."""

from __future__ import annotations

import numpy as np

from routing.compiled import compiled
from routing.eligibility import REASONS, Reason
from routing.express import arrays as at
from routing.express.arrays import COURIER_ROW, PICKUP_ROW, SHIP_ROW, Answer, Asked, Records, World
from routing.express.choose import compared, reach_options
from routing.express.courier import courier_base, in_slot, on_demand, open_slots, without
from routing.express.pickup import pickup_reach, stores
from routing.express.reach import Reach, View, look, ship_reach
from routing.express.refuse import reasons
from routing.express.solve import UNSETTLED
from routing.geo import within_into
from routing.problem import Bools, Ints

FAR = REASONS.index(Reason.NO_NODE_IN_RADIUS)
NONE = NOT_PLAIN = -1
NOTHING, EMPTY = 1 << 40, 1 << 41
"""More units than can be missing: of a reach that can send nothing, and of none at all."""


@compiled
def answered(world: World, asked: Asked, methods: Ints, answer: Answer, shown: Ints) -> int:
    """Fill ``answer``, and ``shown`` with the options in the order they are told, beaten ones left out.
    Returns how many, or NOT_PLAIN where the other way has to look.
    """
    view = look(world, asked)
    L = asked.line.size
    everything = np.empty(L, np.int64)
    for k in range(L):
        everything[k] = asked.line[k].quantity
    for method in range(answer.reason.shape[0]):
        for k in range(L):
            answer.reason[method, k] = NONE
    reaches, places, settled = all_reaches(world, asked, view, methods)
    if not settled:
        return NOT_PLAIN
    count = since = r = 0
    for method in methods:
        fullest, since = EMPTY, answer.found[0]
        while r < places.shape[0] and places[r, 0] == method:
            before = answer.found[0]
            state = reach_options(world, asked, view, reaches[r], places[r], answer)
            if state == UNSETTLED:
                return NOT_PLAIN
            some = answer.found[0] > before
            missing = answer.option[before, at.MISSING] if some else NOTHING
            if missing < fullest:
                lacking = answer.unfilled[before] if some else everything
                reasons(asked.line, view, reaches[r], lacking, answer.reason[method])
                fullest = missing
            r += 1
        if fullest == EMPTY:  # no store is near; the other methods have a reach at least
            for k in range(L):
                answer.reason[method, k] = FAR
        for o in compared(answer, since):
            shown[count] = o
            count += 1
            for k in range(L):
                if answer.option[o, at.MISSING] == 0:
                    answer.reason[method, k] = NONE
    return count


@compiled
def all_reaches(world: World, asked: Asked, view: View, methods: Ints) -> tuple[list[Reach], Ints, bool]:
    """Every reach of the methods in turn, [R, 3] method, store and slot of each, and whether these are all:
    not where only the geodesic can tell which nodes are near.
    """
    weights = world.weights[0]
    most = 3 + weights.pickup_stores + weights.fed_stores + weights.courier_slots
    places = np.full((most, 3), -1)
    near = np.empty(view.distance_m.size, np.bool_)
    found = [ship_reach(world, asked, view)]
    R, settled = 0, True
    for method in methods:
        if method == SHIP_ROW:
            places[R, 0] = method
            found.append(found[0])
            R += 1
        elif method == PICKUP_ROW:
            settled = settled and not undecided(world, asked, view, world.radius_m[0], near)
            for store in stores(world, asked, view, near):
                places[R, 0], places[R, 1] = method, store
                found.append(pickup_reach(world, asked, view, store))
                R += 1
        else:
            settled = settled and not undecided(world, asked, view, world.radius_m[1], near)
            R = courier_reaches(world, asked, view, courier_base(world, asked, view, near), found, places, R)
    return found[1:], places[:R], settled


@compiled
def courier_reaches(
    world: World, asked: Asked, view: View, base: Reach, found: list[Reach], places: Ints, R: int
) -> int:
    """The next slots that are open to some node, or one that says why there are none; or on demand."""
    places[R, 0] = COURIER_ROW
    if not world.slot.size:
        found.append(on_demand(world, asked, view, base))
        return R + 1
    open_to = open_slots(world, asked, view, base)
    first = R
    for f in range(open_to.when.shape[0]):
        if R - first == world.weights[0].courier_slots:
            break
        reach = in_slot(world, view, base, open_to, f)
        if open_to_some(reach.at):
            found.append(reach)
            places[R, 0], places[R, 2] = COURIER_ROW, open_to.when[f, 2]
            R += 1
    if first == R:
        found.append(in_slot(world, view, base, open_to, 0) if open_to.when.shape[0] else without(base))
        R += 1
    return R


@compiled
def open_to_some(reach: Records) -> bool:
    """Whether any node [M] may send by a reach."""
    some = False
    for one in reach:
        some = some or one.bits == 0
    return some


@compiled
def undecided(world: World, asked: Asked, view: View, radius_m: Ints, near: Bools) -> int:
    """Fill ``near`` [N]; how many nodes are so close to their radius that only the geodesic can tell."""
    left, question = np.empty(near.size, np.int64), asked.question[0]
    lat, lon = world.latlon[0], world.latlon[1]
    return within_into(question.lat, question.lon, lat, lon, view.distance_m, radius_m, near, left)
