"""The plan most baskets get, found without the kernel: all of it in one parcel.

A node that has everything sends it in one parcel. Any other plan leaves a unit out, or sends two parcels at
least, each of them no cheaper than the cheapest there is, and each unit from wherever it costs least. Where
even that is dearer, the one parcel is the only best plan; in all other cases the kernel decides. Costs are
counted as it counts them.
"""

from __future__ import annotations

import numpy as np

from routing.compiled import compiled
from routing.express.arrays import Asked, Records, World
from routing.express.reach import Reach
from routing.express.solve import TOO_HEAVY, co2_felt, lateness, tariff_minor
from routing.kernel import INFINITE, SHIFT, unit_felt
from routing.problem import Ints

NOT_ONE, UNKNOWN = -1, -2
FOREVER = 1 << 60


@compiled
def one_parcel(world: World, asked: Asked, reach: Reach, limit: int) -> int:
    """The place in the view of the node whose one parcel is the only best plan of what arrives by ``limit``;
    NOT_ONE where that cannot be told so easily.
    """
    weights, line, now = world.weights[0], asked.line, asked.question[0].at
    network, card = world.node, world.card
    at, line_bits = reach.at, reach.line_bits
    nodes, stock, rejection, bid = reach.of
    tariff, everything = np.full(card.size, UNKNOWN), np.empty(line.size, np.int64)
    cheapest_unit = np.full(line.size, INFINITE)
    for k in range(line.size):
        everything[k] = line[k].quantity
    best, cost, cheapest_parcel = NOT_ONE, INFINITE, INFINITE
    for m in range(at.size):
        one = at[m]
        if one.bits or one.arrive_at > limit:
            continue
        node = network[nodes[m]]
        felt = lateness(weights.late_day_minor, now, one.arrive_at) + weights.parcel_minor + one.day_minor
        parcel = unit_felt(one.fixed_minor, felt)
        cheapest_parcel = min(cheapest_parcel, parcel + (card[one.card].least_minor << SHIFT))
        whole, units = one.room != 0, 0
        for k in range(line.size):
            if line_bits[k, m]:
                whole = False
                continue
            co2 = co2_felt(weights.co2_minor_per_kg, line[k].weight_g, one.co2_g_per_kg)
            unit = unit_felt(node.pick_minor, co2 + rejection[k, m] + bid[k, m])
            cheapest_unit[k] = min(cheapest_unit[k], unit)
            whole = whole and stock[k, m] >= line[k].quantity
            units += line[k].quantity * unit
        if whole:
            if tariff[one.card] == UNKNOWN:
                tariff[one.card] = tariff_minor(world, line, one.card, everything)
            asks = tariff[one.card] << SHIFT
            if tariff[one.card] != TOO_HEAVY and parcel + asks + units < cost:
                best, cost = m, parcel + asks + units
    if best == NOT_ONE or cheapest_parcel < 0:
        return NOT_ONE
    other = 2 * cheapest_parcel
    for k in range(line.size):
        if cheapest_unit[k] < 0:
            return NOT_ONE
        other += line[k].quantity * cheapest_unit[k]
    return best if cost < min(other, weights.penalty_minor << SHIFT) else NOT_ONE


@compiled
def all_there_by(line: Records, stock: Ints, at: Records, line_bits: Ints) -> int:
    """The first instant by which all that can be had of every line [L] can have arrived from the nodes [M]
    of a reach.
    """
    bound = np.int64(0)
    for k in range(line.size):
        moment, there = np.int64(-1), 0
        while there < line[k].quantity:
            later = np.int64(FOREVER)
            for m in range(at.size):
                if at[m].bits | line_bits[k, m] == 0 and moment < at[m].arrive_at < later:
                    later = at[m].arrive_at
            for m in range(at.size):
                if at[m].bits | line_bits[k, m] == 0 and at[m].arrive_at == later:
                    there += stock[k, m]
            if later == FOREVER:
                break
            moment = later
        bound = max(bound, moment)
    return int(bound)
