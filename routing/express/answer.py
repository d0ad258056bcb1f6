"""One plain basket by all methods asked for, compiled: reaches, plans, options, reasons."""

from __future__ import annotations

import numpy as np

from routing.compiled import compiled, lending
from routing.eligibility import REASONS, Reason
from routing.express import arrays as at
from routing.express.arrays import COURIER_ROW, PICKUP_ROW, SHIP_ROW, Answer, Asked, Records, World
from routing.express.choose import again, compared, reach_options, same_but_for_time
from routing.express.courier import (
    Found,
    among,
    courier_base,
    in_slot,
    nothing_open,
    on_demand,
    open_slots,
    without,
)
from routing.express.pickup import own_shelf, pickup_reach, stores
from routing.express.reach import Reach, Sight, View, empty_reach, holding, look, ship_reach
from routing.express.refuse import reasons
from routing.express.solve import UNSETTLED
from routing.geo import within_into
from routing.problem import Bools, Ints

FAR = REASONS.index(Reason.NO_NODE_IN_RADIUS)
NONE = NOT_PLAIN = -1
NOTHING, EMPTY = 1 << 40, 1 << 41
"""More units than can be missing: of a reach that can send nothing, and of none at all."""


@compiled
def answered(world: World, asked: Asked, methods: Ints, answer: Answer) -> int:
    """Fill ``answer``; returns how many options are shown, or NOT_PLAIN where the other way has to look."""
    return int(lending(_answered, (world, asked, methods, answer)))


@compiled
def _answered(world: World, asked: Asked, methods: Ints, answer: Answer) -> int:
    weigh(world.weights[0].divisor_mm3_per_g, asked.line)
    sight, view, line = look(world, asked), holding(world, asked), asked.line
    everything = np.empty(line.size, np.int64)
    for k in range(line.size):
        everything[k] = line[k].quantity
    answer.found[:] = 0
    answer.reason[:] = NONE
    reaches, places, base, open_to, settled = all_reaches(world, asked, sight, view, methods)
    if not settled:
        return NOT_PLAIN
    count = since = last = r = 0
    now = asked.question[0].at
    for method in methods:
        fullest, since, first = EMPTY, answer.found[0], r
        while r < places.shape[0] and places[r, 0] == method:
            before, reach = answer.found[0], reaches[r]
            slots = r > first and places[r, 3] >= 0
            if slots and same_but_for_time(now, reaches[r - 1].at, reach.at):
                again(world, asked, reach, places[r], last, before, answer)
            elif reach_options(world, asked, reach, places[r], answer) == UNSETTLED:
                return NOT_PLAIN
            last = before
            some = answer.found[0] > before
            missing = answer.option[before, at.MISSING] if some else NOTHING
            if missing < fullest:
                lacking = answer.unfilled[before] if some else everything
                if missing and places[r, 3] >= 0:  # what is against those that are not able counts too
                    reach = in_slot(world, base, open_to, places[r, 3])
                reasons(line, reach, lacking, answer.reason[method])
                fullest = missing
            r += 1
        if fullest == EMPTY:  # no store is near; the other methods have a reach at least
            for k in range(line.size):
                answer.reason[method, k] = FAR
        for o in compared(answer, since):
            for i in range(answer.option.shape[1]):
                answer.shown[count, i] = answer.option[o, i]
            count += 1
            for k in range(line.size):
                if answer.option[o, at.MISSING] == 0:
                    answer.reason[method, k] = NONE
    return count


@compiled
def weigh(divisor: float, line: Records) -> None:
    """What a unit of each line counts for a carrier that also looks at its volume."""
    for k in range(line.size):
        line[k].billable_g = line[k].weight_g
        if divisor > 0:
            line[k].billable_g = max(line[k].weight_g, int(np.ceil(line[k].volume_mm3 / divisor)))


@compiled
def all_reaches(
    world: World, asked: Asked, sight: Sight, view: View, methods: Ints
) -> tuple[list[Reach], Ints, Reach, Found, bool]:
    """Every reach of the methods in turn; [R, 4] method, store, slot and place among the open slots of each;
    what these slots stand on; and whether these are all: not where only the geodesic can tell which nodes
    are near.
    """
    weights = world.weights[0]
    most = 3 + weights.pickup_stores + weights.fed_stores + weights.courier_slots
    places = np.full((most, 4), -1)
    near = np.empty(sight.distance_m.size, np.bool_)
    base = empty_reach(view)
    open_to, found, settled = nothing_open(), [base], True
    for method in methods:
        if method == SHIP_ROW:
            found.append(ship_reach(world, asked, sight, view))
            places[len(found) - 2, 0] = method
        elif method == PICKUP_ROW:
            settled = settled and not undecided(world, asked, sight, world.radius_m[0], near)
            for store in stores(world, asked, sight, view, near):
                found.append(pickup_reach(world, asked, sight, own_shelf(world, asked, view, store), store))
                places[len(found) - 2, 0], places[len(found) - 2, 1] = method, store
        else:
            settled = settled and not undecided(world, asked, sight, world.radius_m[1], near)
            base = courier_base(world, asked, sight, view, near)
            if world.slot.size:
                open_to = open_slots(world, asked, sight, base)
                slot_reaches(world, base, open_to, found, places)
            else:
                found.append(on_demand(world, asked, sight, base))
                places[len(found) - 2, 0] = method
    return found[1:], places[: len(found) - 1], base, open_to, settled


@compiled
def slot_reaches(world: World, base: Reach, open_to: Found, found: list[Reach], places: Ints) -> None:
    """The next slots that are open to some node, or one that says why there are none."""
    able = among(base, open_to.able)
    narrow = Found(open_to.when, open_to.day, np.arange(open_to.able.size))
    first, most = len(found), world.weights[0].courier_slots
    for f in range(open_to.when.shape[0]):
        if len(found) - first == most:
            break
        reach = in_slot(world, able, narrow, f)
        if open_to_some(reach.at):
            places[len(found) - 1, 0], places[len(found) - 1, 2] = COURIER_ROW, open_to.when[f, 2]
            places[len(found) - 1, 3] = f
            found.append(reach)
    if len(found) == first:
        places[first - 1, 0] = COURIER_ROW
        found.append(in_slot(world, base, open_to, 0) if open_to.when.shape[0] else without(base))


@compiled
def open_to_some(reach: Records) -> bool:
    """Whether any node [M] may send by a reach."""
    some = False
    for one in reach:
        some = some or one.bits == 0
    return some


@compiled
def undecided(world: World, asked: Asked, sight: Sight, radius_m: Ints, near: Bools) -> int:
    """Fill ``near`` [N]; how many nodes are so close to their radius that only the geodesic can tell."""
    left, question = np.empty(near.size, np.int64), asked.question[0]
    lat, lon = world.latlon[0], world.latlon[1]
    return within_into(question.lat, question.lon, lat, lon, sight.distance_m, radius_m, near, left)
