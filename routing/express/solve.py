"""From a reach to plans: `routing.promise_solve`, compiled around the same kernel."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from routing.calendar import DAY_S
from routing.compiled import compiled
from routing.express.arrays import Asked, Records, World
from routing.express.reach import Reach
from routing.kernel import INFINITE, SHIFT
from routing.kernel_solve import SETTLED, solve
from routing.problem import Bools, Floats, Ints

NOBODY, SOLVED, UNSETTLED = range(3)
FEW_MOMENTS = 32
TOO_HEAVY = -1


class Columns(NamedTuple):
    """The C nodes of a view that may send anything by a reach, ready for the kernel.

    ``column`` [C] places in the view. ``unit_felt`` is what a unit is felt to cost beside ``unit_cost``,
    ``parcel_felt`` what a parcel is.
    """

    column: Ints
    available: Ints  # [L, C]
    unit_cost: Ints  # [L, C]
    unit_felt: Floats  # [L, C]
    parcel_felt: Floats
    card: Ints
    fixed_minor: Ints
    room: Ints
    arrive_at: Ints


class Plan(NamedTuple):
    """Q parcels in the order they are told: ``column`` [Q] into ``Columns``, units ``take`` [Q, L]."""

    state: int
    column: Ints
    take: Ints
    missing: int


@compiled
def lateness(late_day_minor: float, now: int, arrive_at: int) -> float:
    """What a parcel is felt to cost for its days on the way."""
    return late_day_minor * max(-(-(arrive_at - now) // DAY_S), 0)


@compiled
def co2_felt(minor_per_kg: float, weight_g: int, co2_g_per_kg: float) -> float:
    """What a unit is felt to cost for its emissions."""
    if minor_per_kg == 0.0 or co2_g_per_kg == 0.0:  # two divisions less where nobody feels any
        return 0.0
    return minor_per_kg * (weight_g / 1000) * (co2_g_per_kg / 1000)


@compiled
def columns_of(world: World, asked: Asked, reach: Reach) -> Columns:
    """What the kernel reads of a reach."""
    at, line_bits = reach.at, reach.line_bits
    nodes, stock, rejection, bid = reach.of
    weights, now, line, network = world.weights[0], asked.question[0].at, asked.line, world.node
    L, M = stock.shape
    column = np.empty(M, np.int64)
    C = 0
    for m in range(M):
        if at[m].bits == 0:
            for k in range(L):
                if line_bits[k, m] == 0:
                    column[C] = m
                    C += 1
                    break
    available, unit_cost, unit_felt = np.zeros((L, C), np.int64), np.empty((L, C), np.int64), np.empty((L, C))
    parcel_felt, rest = np.empty(C), np.empty((4, C), np.int64)
    for c in range(C):
        m = column[c]
        one, node = at[m], network[nodes[m]]
        rest[0, c], rest[1, c], rest[2, c], rest[3, c] = one.card, one.fixed_minor, one.room, one.arrive_at
        late = lateness(weights.late_day_minor, now, one.arrive_at)
        parcel_felt[c] = late + weights.parcel_minor + one.day_minor
        for k in range(L):
            co2 = co2_felt(weights.co2_minor_per_kg, line[k].weight_g, one.co2_g_per_kg)
            unit_felt[k, c] = co2 + rejection[k, m] + bid[k, m]
            unit_cost[k, c] = node.pick_minor
            if line_bits[k, m] == 0:
                available[k, c] = stock[k, m]
    return Columns(
        column[:C].copy(), available, unit_cost, unit_felt, parcel_felt,
        rest[0].copy(), rest[1].copy(), rest[2].copy(), rest[3].copy(),
    )  # fmt: skip


@compiled
def chosen(columns: Columns, keep: Bools) -> Columns:
    """Only some of the columns."""
    at = np.flatnonzero(keep)
    L = columns.available.shape[0]
    available, unit_cost = np.empty((L, at.size), np.int64), np.empty((L, at.size), np.int64)
    unit_felt = np.empty((L, at.size))
    for c in range(at.size):
        for k in range(L):
            available[k, c], unit_cost[k, c] = columns.available[k, at[c]], columns.unit_cost[k, at[c]]
            unit_felt[k, c] = columns.unit_felt[k, at[c]]
    return Columns(
        columns.column[at], available, unit_cost, unit_felt, columns.parcel_felt[at], columns.card[at],
        columns.fixed_minor[at], columns.room[at], columns.arrive_at[at],
    )  # fmt: skip


@compiled
def pieces_of(line: Records, columns: Columns) -> tuple[Ints, Ints]:
    """(lines, units of each): what can be sent at all, single units first, as ``routing.kernel_pieces``
    sorts.
    """
    L, C = columns.available.shape
    pieces, units, can = np.empty(L, np.int64), np.empty(L, np.int64), np.zeros(L, np.int64)
    for k in range(L):
        wanted = line[k].quantity
        for c in range(C):
            if columns.room[c] != 0:
                can[k] += min(columns.available[k, c], wanted)
        can[k] = min(can[k], wanted)
    K = 0
    for several in range(3):
        for k in range(L):
            kind = 2 if can[k] > 1 else 1 if line[k].quantity > 1 else 0
            if can[k] > 0 and kind == several:
                pieces[K], units[K] = k, can[k]
                K += 1
    return pieces[:K].copy(), units[:K].copy()


@compiled
def units_of(line: Records) -> int:
    """Units of the whole basket."""
    units = 0
    for k in range(line.size):
        units += line[k].quantity
    return units


@compiled
def plan_of(
    world: World, line: Records, columns: Columns, extra_minor: int, penalty_minor: int, scratch: Ints
) -> Plan:
    """The cheapest plan where each parcel is felt to cost ``extra_minor`` more."""
    L = line.size
    pieces, units = pieces_of(line, columns)
    K, C, wanted = pieces.size, columns.column.size, units_of(line)
    out = np.empty(2 * wanted + 2, np.int64)
    if not K:
        return Plan(NOBODY, out[:0], np.empty((0, L), np.int64), wanted)
    weight_g, volume_mm3 = np.empty(K, np.int64), np.empty(K, np.int64)
    available, unit_cost, unit_felt = columns.available, columns.unit_cost, columns.unit_felt
    in_turn = K == L
    for i in range(K):
        k = pieces[i]
        weight_g[i], volume_mm3[i] = line[k].weight_g, line[k].volume_mm3
        in_turn = in_turn and k == i
    if not in_turn:
        available, unit_cost = np.empty((K, C), np.int64), np.empty((K, C), np.int64)
        unit_felt = np.empty((K, C))
        for i in range(K):
            for c in range(C):
                available[i, c], unit_cost[i, c] = (
                    columns.available[pieces[i], c],
                    columns.unit_cost[pieces[i], c],
                )
                unit_felt[i, c] = columns.unit_felt[pieces[i], c]
    felt = solve(
        units, weight_g, volume_mm3, np.zeros(K, np.bool_), np.full(K, penalty_minor << SHIFT),
        available, unit_cost, unit_felt, columns.card, columns.fixed_minor,
        columns.parcel_felt + extra_minor, columns.room, world.start, world.up_to_g, world.minor,
        world.weights[0].divisor_mm3_per_g, np.zeros((0, K), np.int64), np.zeros((0, C), np.int64),
        scratch, out,
    )  # fmt: skip
    if out[1] != SETTLED:
        return Plan(UNSETTLED, out[:0], np.empty((0, L), np.int64), wanted)
    if out[0] == 0 or felt >= INFINITE:
        return Plan(NOBODY, out[:0], np.empty((0, L), np.int64), wanted)
    return told(L, wanted, pieces, units, out)


@compiled
def told(L: int, wanted: int, pieces: Ints, units: Ints, out: Ints) -> Plan:
    """The kernel's bundles as parcels, by node and then by what is in them."""
    count = out[0]
    column, take, one = np.empty(count, np.int64), np.zeros((count, L), np.int64), np.zeros(L, np.int64)
    for q in range(count):
        place, n, state = q, out[2 + 2 * q], out[3 + 2 * q]
        for i in range(pieces.size):
            one[pieces[i]] = state % (units[i] + 1)
            state //= units[i] + 1
            wanted -= one[pieces[i]]
        while place > 0 and before(n, one, column[place - 1], take[place - 1]):
            column[place] = column[place - 1]
            for k in range(L):
                take[place, k] = take[place - 1, k]
            place -= 1
        column[place] = n
        for k in range(L):
            take[place, k] = one[k]
    return Plan(SOLVED, column, take, wanted)


@compiled
def before(n: int, one: Ints, other_n: int, other: Ints) -> bool:
    """Whether one parcel is told before another: nodes in order, then lines in theirs, more units first."""
    if n != other_n:
        return n < other_n
    for k in range(one.size):
        if one[k] == other[k]:
            continue
        if one[k] and other[k]:
            return bool(one[k] > other[k])
        more = False
        for rest in range(k + 1, one.size):
            more = more or (other[rest] > 0 if one[k] else one[rest] > 0)
        return more if one[k] else not more
    return False


@compiled
def moments_of(arrive_at: Ints) -> Ints:
    """The different instants, ascending. Mostly few, which are found faster than by sorting all."""
    found, count = np.empty(arrive_at.size, np.int64), 0
    for moment in arrive_at:
        place = count
        while place > 0 and found[place - 1] > moment:
            place -= 1
        if place > 0 and found[place - 1] == moment:
            continue
        if count == FEW_MOMENTS:
            return np.unique(arrive_at)
        for i in range(count, place, -1):
            found[i] = found[i - 1]
        found[place] = moment
        count += 1
    return found[:count].copy()


@compiled
def one_could_send_all(line: Records, columns: Columns) -> bool:
    """Whether one node has all that all nodes together can send."""
    L, C = columns.available.shape
    reachable = np.zeros(L, np.int64)
    for k in range(L):
        for c in range(C):
            reachable[k] += columns.available[k, c]
        reachable[k] = min(reachable[k], line[k].quantity)
    for c in range(C):
        whole = True
        for k in range(L):
            whole = whole and columns.available[k, c] >= reachable[k]
        if whole:
            return True
    return False


@compiled
def dearest(world: World, line: Records, columns: Columns, parcels: int) -> int:
    """More than any plan of at most so many parcels can cost, in whole minor units."""
    L, C = columns.available.shape
    parcel, minor, units = -np.inf, 0, 0.0
    for c in range(C):
        parcel = max(parcel, columns.fixed_minor[c] + max(columns.parcel_felt[c], 0.0))
        minor = max(minor, world.card[columns.card[c]].most_minor)
    for k in range(L):
        most = -np.inf
        for c in range(C):
            most = max(most, columns.unit_cost[k, c] + max(columns.unit_felt[k, c], 0.0))
        units += most * line[k].quantity
    return int(parcels * (parcel + minor) + units) + 1


@compiled
def tariff_minor(world: World, line: Records, card: int, take: Ints) -> int:
    """What the card asks for a parcel of ``take`` units [L], TOO_HEAVY where it carries no such parcel."""
    weight, volume, divisor = 0, 0, world.weights[0].divisor_mm3_per_g
    for k in range(line.size):
        weight += take[k] * line[k].weight_g
        volume += take[k] * line[k].volume_mm3
    if divisor > 0:
        weight = max(weight, int(np.ceil(volume / divisor)))
    for step in range(world.start[card], world.start[card + 1]):
        if weight <= world.up_to_g[step]:
            return int(world.minor[step])
    return TOO_HEAVY
