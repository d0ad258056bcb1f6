"""The best plan out of a shortlist, and a better bound: every combination within the budget is tried.

The piece that fewest parcels hold is settled first: by each parcel that holds it, cheapest first, or by
leaving its units unfilled; then the next. Every parcel uses up its reduced cost of the budget, and so does
every unit that stays unfilled what its penalty is above its price, which leaves few combinations. When all
are tried, no other plan costs less than the bound plus the budget. Steps are counted, not timed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from routing.compiled import compiled
from routing.kernel import SHIFT
from routing.kernel_pieces import Pieces
from routing.large_blocks import Parcels, plan_cost
from routing.large_bound import Certificate
from routing.large_shortlist import Shortlist, shortlist
from routing.problem import Floats, Ints, Problem

STEPS = 4_000_000
FRACTIONS = (0.125, 0.25, 0.5, 1.0)
CLOSE = 1e-6
GRAIN = 2.0**-SHIFT


class Columns(NamedTuple):
    """M parcels by the first piece they hold, those of one piece by reduced cost; the units of parcel j
    stand in ``begin[j]:begin[j + 1]``.
    """

    start: Ints  # [K + 1] parcels whose first piece is k
    begin: Ints  # [M + 1]
    piece: Ints
    units: Ints
    mask: Ints  # [M] bit k mod 63 for every piece k in it
    node: Ints
    reduced: Floats
    cost: Floats


class Wanted(NamedTuple):
    """The order and what the nodes have, pieces in the order of the search."""

    quantity: Ints  # [K]
    slack: Floats  # [K] penalty less price of a unit
    penalty: Floats  # [K]
    available: Ints  # [K, N]
    capacity: Ints  # [N]
    use: Ints  # [G, K]
    shared: Ints  # [G, N]


class Path(NamedTuple):
    """What has been decided, by depth, and what is left."""

    piece: Ints
    next: Ints  # parcel to try next
    chosen: Ints  # parcel, or −1
    unfilled: Ints
    spent: Floats  # of the budget, before this depth
    paid: Floats
    left: Ints  # [K]
    used: Ints  # [N, K]
    parcels: Ints  # [N]


@compiled
def place(columns: Columns, path: Path, j: int, sign: int) -> None:
    """Take parcel j into the plan, or out of it (−1)."""
    n = columns.node[j]
    path.parcels[n] += sign
    for e in range(columns.begin[j], columns.begin[j + 1]):
        units = sign * columns.units[e]
        path.left[columns.piece[e]] -= units
        path.used[n, columns.piece[e]] += units


@compiled
def holds_too(columns: Columns, wanted: Wanted, path: Path, j: int) -> bool:
    """Whether its node can send parcel j on top of what it sends already."""
    n = columns.node[j]
    if path.parcels[n] == 0:
        return True
    if 0 <= wanted.capacity[n] <= path.parcels[n]:
        return False
    for e in range(columns.begin[j], columns.begin[j + 1]):
        k = columns.piece[e]
        if path.used[n, k] + columns.units[e] > wanted.available[k, n]:
            return False
    for s in range(wanted.use.shape[0]):
        drawn = 0
        for k in range(wanted.quantity.size):
            drawn += wanted.use[s, k] * path.used[n, k]
        for e in range(columns.begin[j], columns.begin[j + 1]):
            drawn += wanted.use[s, columns.piece[e]] * columns.units[e]
        if drawn > wanted.shared[s, n]:
            return False
    return True


@compiled
def next_column(columns: Columns, wanted: Wanted, path: Path, depth: int, room: float) -> tuple[int, int]:
    """The next parcel for the piece at this depth that fits, or −1; and the steps it took to find."""
    gone = 0
    for k in range(path.left.size):
        gone |= 1 << (k % 63)
    for k in range(path.left.size):
        if path.left[k] > 0:
            gone &= ~(1 << (k % 63))
    first = path.next[depth]
    for j in range(first, columns.start[path.piece[depth] + 1]):
        if columns.reduced[j] > room:
            return -1, j - first + 1
        if columns.mask[j] & gone:
            continue
        fitting = True
        for e in range(columns.begin[j], columns.begin[j + 1]):
            if columns.units[e] > path.left[columns.piece[e]]:
                fitting = False
                break
        if fitting and holds_too(columns, wanted, path, j):
            return j, j - first + 1
    return -1, columns.start[path.piece[depth] + 1] - first + 1


@compiled
def search(
    columns: Columns, wanted: Wanted, path: Path, budget: float, most: float, grain: float, limit: int,
    bound: float, out: Ints,
) -> tuple[float, int, int]:  # fmt: skip
    """Cost of the best plan below ``most`` within the budget, how many parcels of it stand in ``out`` (−1:
    none was found) and the steps taken, more than ``limit`` where the search did not end.
    """
    K = wanted.quantity.size
    best, found, depth, steps = most, -1, 0, 0
    path.piece[0], path.next[0], path.chosen[0], path.unfilled[0] = 0, 0, -1, 0
    path.spent[0] = path.paid[0] = 0.0
    while depth >= 0 and steps <= limit:
        p = path.piece[depth]
        if path.chosen[depth] >= 0:
            place(columns, path, path.chosen[depth], -1)
            path.chosen[depth] = -1
        if path.unfilled[depth] > 0:
            path.left[p] += path.unfilled[depth]
            depth -= 1
            continue
        allowed = min(budget, best - grain - bound) + CLOSE
        j, tried = next_column(columns, wanted, path, depth, allowed - path.spent[depth])
        steps += tried
        if j >= 0:
            spent, paid = path.spent[depth] + columns.reduced[j], path.paid[depth] + columns.cost[j]
            place(columns, path, j, 1)
            path.chosen[depth], path.next[depth] = j, j + 1
        else:
            units = path.left[p]
            spent = path.spent[depth] + units * wanted.slack[p]
            paid = path.paid[depth] + units * wanted.penalty[p]
            path.unfilled[depth], path.left[p] = units, 0
        q = p
        while q < K and path.left[q] == 0:
            q += 1
        if spent > allowed:
            continue
        if q == K and paid < best - grain + CLOSE:
            best, found = paid, recorded(path, depth, out)
        elif q < K:
            depth += 1
            path.piece[depth], path.chosen[depth], path.unfilled[depth] = q, -1, 0
            path.next[depth] = j if j >= 0 and q == p else columns.start[q]
            path.spent[depth], path.paid[depth] = spent, paid
    return best, found, steps


@compiled
def recorded(path: Path, depth: int, out: Ints) -> int:
    """Write the parcels decided up to this depth to ``out``; returns how many."""
    count = 0
    for d in range(depth + 1):
        if path.chosen[d] >= 0:
            out[count] = path.chosen[d]
            count += 1
    return count


def grain_of(problem: Problem) -> float:
    """No two plans differ by less, unless they cost the same."""
    felt = (problem.parcel_price_minor, problem.bid_price_minor)
    return 1.0 if all(bool((prices == np.floor(prices)).all()) for prices in felt) else GRAIN


def search_gap(
    problem: Problem, pieces: Pieces, certificate: Certificate, parcels: Parcels
) -> tuple[Parcels, float | None]:
    """The best plan found between the certificate's bound and ``parcels``, and the bound that follows; None
    where the plan is proven to be the best.
    """
    cost = plan_cost(problem, pieces, parcels)
    gap = cost - certificate.bound
    if gap < grain_of(problem) - CLOSE:
        return parcels, None
    listed = shortlist(problem, pieces, certificate, gap)
    if listed is None:
        return parcels, certificate.bound
    return _search_listed(problem, pieces, certificate, listed, parcels, cost)


def _search_listed(
    problem: Problem,
    pieces: Pieces,
    certificate: Certificate,
    listed: Shortlist,
    parcels: Parcels,
    cost: float,
) -> tuple[Parcels, float | None]:
    """``search_gap`` with budgets that grow until one takes too many steps."""
    order = np.argsort((listed.content > 0).sum(axis=0), kind="stable")
    rows = np.lexsort((listed.reduced, (listed.content[:, order] > 0).argmax(axis=1)))
    columns = _columns(listed, order, rows)
    wanted = _wanted(problem, pieces, certificate, order)
    path = _path(pieces)
    out = np.empty(path.piece.size, np.int64)
    grain = grain_of(problem)
    bound, steps = certificate.bound, STEPS
    for fraction in FRACTIONS:
        budget = fraction * listed.budget
        path.left[:], path.used[:], path.parcels[:] = wanted.quantity, 0, 0
        cost, found, taken = search(columns, wanted, path, budget, cost, grain, steps, certificate.bound, out)
        steps -= taken
        if found >= 0:
            chosen = rows[out[:found]]
            parcels = [(int(listed.node[j]), listed.content[j]) for j in chosen]
        if steps < 0:
            break
        bound = certificate.bound + budget
        if cost - bound < grain - CLOSE:
            return parcels, None
    return parcels, bound


def _columns(listed: Shortlist, order: Ints, rows: Ints) -> Columns:
    content = listed.content[np.ix_(rows, order)]
    row, piece = np.nonzero(content)
    mask = np.zeros(rows.size, np.int64)
    np.bitwise_or.at(mask, row, np.int64(1) << (piece % 63))
    return Columns(
        start=np.searchsorted((content > 0).argmax(axis=1), np.arange(order.size + 1)),
        begin=np.searchsorted(row, np.arange(rows.size + 1)),
        piece=piece,
        units=content[row, piece],
        mask=mask,
        node=listed.node[rows],
        reduced=listed.reduced[rows],
        cost=listed.cost[rows],
    )


def _wanted(problem: Problem, pieces: Pieces, certificate: Certificate, order: Ints) -> Wanted:
    penalty = (pieces.penalty >> SHIFT).astype(np.float64)
    return Wanted(
        quantity=pieces.quantity[order],
        slack=np.maximum(0.0, penalty - certificate.price)[order],
        penalty=penalty[order],
        available=np.ascontiguousarray(pieces.available[order]),
        capacity=problem.capacity_parcels,
        use=np.ascontiguousarray(pieces.use[:, order]),
        shared=pieces.shared,
    )


def _path(pieces: Pieces) -> Path:
    K, N = pieces.available.shape
    depth = int(pieces.quantity.sum()) + K + 2
    a, b, c, d = (np.empty(depth, np.int64) for _ in range(4))
    spent, paid = np.empty(depth), np.empty(depth)
    return Path(
        a, b, c, d, spent, paid, np.empty(K, np.int64), np.empty((N, K), np.int64), np.empty(N, np.int64)
    )
