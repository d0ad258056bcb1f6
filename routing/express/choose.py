"""The options of one reach written down, and those of one method compared: `routing.promise_methods`,
compiled.
"""

from __future__ import annotations

import numpy as np

from routing.calendar import DAY_S
from routing.compiled import compiled
from routing.express import arrays as at
from routing.express.arrays import Answer, Asked, Records, World
from routing.express.reach import Reach, day_of
from routing.express.solve import (
    NOBODY,
    SOLVED,
    UNSETTLED,
    Plan,
    chosen,
    co2_felt,
    columns_of,
    dearest,
    lateness,
    moments_of,
    one_could_send_all,
    plan_of,
    tariff_minor,
)
from routing.express.whole import FOREVER, NOT_ONE, all_there_by, one_parcel
from routing.problem import Floats, Ints

CHEAPEST, FASTEST, FEWEST = 1, 2, 4
"""Tags as bits."""
MISSING, COST, ARRIVES, PARCELS = range(4)
BY = (
    (CHEAPEST, (MISSING, COST, ARRIVES, PARCELS)),
    (FASTEST, (MISSING, ARRIVES, COST, PARCELS)),
    (FEWEST, (MISSING, PARCELS, COST, ARRIVES)),
)


@compiled
def reach_options(world: World, asked: Asked, reach: Reach, place: Ints, answer: Answer) -> int:
    """Write down the plans of a reach; returns UNSETTLED where the kernel has to look closer."""
    options, parcels = answer.found[0], answer.found[1]
    if in_one_parcel(world, asked, reach, place, answer):
        return SOLVED
    answer.found[0], answer.found[1] = options, parcels
    return in_parcels(world, asked, reach, place, answer)


@compiled
def again(
    world: World, asked: Asked, reach: Reach, place: Ints, first: int, last: int, answer: Answer
) -> None:
    """Write down the options from ``first`` to ``last`` once more, of another slot between which and theirs
    nothing differs but the time.
    """
    L = asked.line.size
    for o in range(first, last):
        begin, Q = answer.option[o, at.FIRST], answer.option[o, at.PARCELS]
        column, take = np.empty(Q, np.int64), np.empty((Q, L), np.int64)
        for q in range(Q):
            column[q] = np.searchsorted(reach.of.nodes, answer.parcel[begin + q, 0])
            for k in range(L):
                take[q, k] = answer.parcel[begin + q, 3 + k]
        plan = Plan(SOLVED, np.arange(Q), take, answer.option[o, at.MISSING])
        write(world, asked, reach, column, plan, place, answer)


@compiled
def same_but_for_time(now: int, one: Records, other: Records) -> bool:
    """Whether two slots have the same nodes [A] that may send, as much, in as many days."""
    same = True
    for a in range(one.size):
        open_ = one[a].bits == 0
        same = same and open_ == (other[a].bits == 0) and one[a].room == other[a].room
        same = same and -(-(one[a].arrive_at - now) // DAY_S) == -(-(other[a].arrive_at - now) // DAY_S)
    return same


@compiled
def in_one_parcel(world: World, asked: Asked, reach: Reach, place: Ints, answer: Answer) -> bool:
    """Whether cheapest and fastest are one parcel each, so easily told that the kernel is not asked."""
    m = one_parcel(world, asked, reach, FOREVER)
    if m == NOT_ONE:
        return False
    take = np.empty((1, asked.line.size), np.int64)
    for k in range(asked.line.size):
        take[0, k] = asked.line[k].quantity
    column, plan = np.full(1, m), Plan(SOLVED, np.zeros(1, np.int64), take, 0)
    write(world, asked, reach, column, plan, place, answer)
    bound = all_there_by(asked.line, reach.of.stock, reach.at, reach.line_bits)
    if bound < reach.at[m].arrive_at:
        column[0] = one_parcel(world, asked, reach, bound)
        if column[0] == NOT_ONE:
            return False
        write(world, asked, reach, column, plan, place, answer)
    return True


@compiled
def in_parcels(world: World, asked: Asked, reach: Reach, place: Ints, answer: Answer) -> int:
    """Write down the plans of a reach: cheapest, fastest and fewest parcels where these may be others.

    ``place``: method, store, slot. Returns UNSETTLED where the kernel has to look closer. The kernel is
    called in one place only, as each place it is called from costs seconds of compiling.
    """
    line, columns = asked.line, columns_of(world, asked, reach)
    if not columns.column.size:
        return NOBODY
    moments = moments_of(columns.arrive_at)
    bound = latest = moments[0]
    best_missing, best_parcels, sooner = 0, 0, False
    for turn in range(moments.size + 2):
        some, extra, penalty = columns, 0, world.weights[0].penalty_minor
        if 1 <= turn <= moments.size:
            limit = moments[turn - 1]
            if sooner or not bound <= limit < latest:
                continue
            some = chosen(columns, columns.arrive_at <= limit)
        elif turn:
            if best_parcels <= 1 or (best_parcels == 2 and not one_could_send_all(line, columns)):
                continue
            extra = dearest(world, line, columns, best_parcels)
            penalty += 2 * best_parcels * extra
        plan = plan_of(world, line, some, extra, penalty, answer.scratch)
        if plan.state == UNSETTLED or (plan.state == NOBODY and turn == 0):
            return plan.state
        if turn == 0:
            best_missing, best_parcels = plan.missing, plan.column.size
            for c in plan.column:
                latest = max(latest, columns.arrive_at[c])
            bound = max(bound, all_there_by(line, reach.of.stock, reach.at, reach.line_bits))
        elif turn <= moments.size:
            if plan.state == NOBODY or plan.missing > best_missing:
                continue
            sooner = True
        write(world, asked, reach, some.column, plan, place, answer)
    return SOLVED


@compiled
def write(
    world: World, asked: Asked, reach: Reach, column: Ints, plan: Plan, place: Ints, answer: Answer
) -> None:
    """One more option, without tags."""
    o, first = answer.found[0], answer.found[1]
    L, Q, ways, nodes = asked.line.size, plan.column.size, reach.at, reach.of.nodes
    option, unfilled = answer.option[o], answer.unfilled[o]
    for k in range(L):
        unfilled[k] = asked.line[k].quantity
    opens, ends, order_by = np.int64(FOREVER), np.int64(0), np.int64(FOREVER)
    for q in range(Q):
        m = column[plan.column[q]]
        one, parcel = ways[m], answer.parcel[first + q]
        opens, ends = min(opens, one.from_at), max(ends, one.arrive_at)
        order_by = min(order_by, one.order_by)
        parcel[0], parcel[1], parcel[2] = nodes[m], one.ship_at, one.arrive_at
        for k in range(L):
            parcel[3 + k] = plan.take[q, k]
            unfilled[k] -= plan.take[q, k]
    option[at.METHOD], option[at.STORE], option[at.SLOT_AT] = place[0], place[1], place[2]
    option[at.MISSING], option[at.ARRIVES], option[at.ORDER_BY] = plan.missing, ends, order_by
    option[at.FIRST], option[at.PARCELS], option[at.TAGS], option[at.ROW] = first, Q, 0, o
    option[at.OPENS], option[at.ENDS] = opens, ends
    if place[1] >= 0:
        day = world.day[world.node[place[1]].profile]
        option[at.OPENS], option[at.ENDS] = ends, day[day_of(day, int(ends))].closes
    price(world, asked, reach, column, plan, answer.money[o])
    answer.found[0], answer.found[1] = o + 1, first + Q


@compiled
def price(world: World, asked: Asked, reach: Reach, column: Ints, plan: Plan, money: Floats) -> None:
    """Each term summed over parcels and units, in the order ``routing.promise_option`` sums them."""
    paid, fixed, pick = 0, 0, 0
    late, day, co2, rejection, bid = 0.0, 0.0, 0.0, 0.0, 0.0
    weights, now, line = world.weights[0], asked.question[0].at, asked.line
    rejections, bids = reach.of.rejection, reach.of.bid
    for q in range(plan.column.size):
        m = column[plan.column[q]]
        one, node = reach.at[m], world.node[reach.of.nodes[m]]
        paid += tariff_minor(world, line, one.card, plan.take[q])
        fixed += one.fixed_minor
        late += lateness(weights.late_day_minor, now, one.arrive_at)
        day += one.day_minor
        for k in range(line.size):
            units = plan.take[q, k]
            if units:
                pick += node.pick_minor * units
                co2 += co2_felt(weights.co2_minor_per_kg, line[k].weight_g, one.co2_g_per_kg) * units
                rejection += rejections[k, m] * units
                bid += bids[k, m] * units
    parcel = weights.parcel_minor * plan.column.size
    money[1], money[2], money[3] = paid, fixed, pick
    ahead = bid + day
    money[4], money[5], money[6], money[7], money[8] = late, parcel, co2, rejection, ahead
    money[0] = (paid + fixed + pick) + (late + parcel + co2 + rejection + ahead)


@compiled
def ranks(answer: Answer, since: int) -> Floats:
    """[options, 4] what those from ``since`` on are compared by; small ones a call has to carry, unlike all
    of the answer.
    """
    rank = np.empty((answer.found[0], 4))
    for o in range(since, rank.shape[0]):
        rank[o, MISSING], rank[o, COST] = answer.option[o, at.MISSING], answer.money[o, 0]
        rank[o, ARRIVES], rank[o, PARCELS] = answer.option[o, at.ARRIVES], answer.option[o, at.PARCELS]
    return rank


@compiled
def less(rank: Floats, one: int, other: int, by: tuple[int, int, int, int]) -> bool:
    """Whether an option comes before another by these, in this order."""
    for what in by:
        if rank[one, what] != rank[other, what]:
            return bool(rank[one, what] < rank[other, what])
    return False


@compiled
def beats(option: Ints, rank: Floats, one: int, other: int) -> bool:
    """Whether an option of the same place and slot is as good or better in everything."""
    mine, theirs = option[one], option[other]
    if mine[at.STORE] != theirs[at.STORE]:
        return False
    if mine[at.SLOT_AT] != theirs[at.SLOT_AT] or (mine[at.SLOT_AT] >= 0 and mine[at.ENDS] != theirs[at.ENDS]):
        return False
    better = True
    for i in range(4):
        better = better and rank[one, i] <= rank[other, i]
    return better


@compiled
def insert(rank: Floats, order: Ints, count: int, o: int, by: tuple[int, int, int, int]) -> None:
    """Put an option into ``order[:count]``, behind its equals."""
    place = count
    while place > 0 and less(rank, o, order[place - 1], by):
        order[place] = order[place - 1]
        place -= 1
    order[place] = o


@compiled
def compared(answer: Answer, since: int) -> Ints:
    """The options of one method, those from ``since`` on, in the order they are shown: without the beaten
    ones and those that fill less, tagged.
    """
    total, option, rank = answer.found[0], answer.option, ranks(answer, since)
    order, kept = np.empty(total, np.int64), np.empty(total, np.int64)
    count = 0
    least = option[since:total, at.MISSING].min() if total > since else 0
    for o in range(since, total):
        if option[o, at.MISSING] == least:
            insert(rank, order, count, o, BY[0][1])
            count += 1
    K = 0
    for i in range(count):
        beaten = False
        for j in range(K):
            beaten = beaten or beats(option, rank, kept[j], order[i])
        if not beaten:
            kept[K] = order[i]
            K += 1
    for tag, by in BY:
        if K:
            winner = kept[0]
            for i in range(1, K):
                if less(rank, kept[i], winner, by):
                    winner = kept[i]
            option[winner, at.TAGS] |= tag
    shown = np.empty(K, np.int64)
    for i in range(K):
        insert(rank, shown, i, kept[i], (ARRIVES, COST, PARCELS, MISSING))
    return shown
