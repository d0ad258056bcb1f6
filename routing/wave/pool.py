"""The columns of the master: every plan met so far, each once, with its cost and the rows it draws on."""

from __future__ import annotations

import numpy as np

from routing.compiled import compiled
from routing.problem import Ints
from routing.wave.columns import (
    CELL_PIECE,
    CELL_UNIT,
    CELL_USES,
    COL_COST,
    COL_HASH,
    COL_ORDER,
    COL_PARCELS,
    COL_USES,
    EDGE_CELLS,
    EDGE_FIXED,
    EDGE_ROW,
    EDGE_TARIFF,
    ORDER_PIECES,
    OUT_HEAD,
    OUT_ORDER,
    OUT_PARCELS,
    PIECE_PENALTY,
    PIECE_QUANTITY,
    USE_PAIR,
    USE_PHASE,
    USE_ROW,
    USE_UNITS,
)
from routing.wave.tables import Tables


class Pool:
    """``col`` [C + 1, 5] with starts in ``uses`` [·, 3] (row, units, entry of ``Tables.use`` or −1) and
    ``parcels`` [·, 2] (edge, bundle).
    """

    def __init__(self, tables: Tables, move: Ints) -> None:
        self.tables, self.move = tables, move
        self.size = 0
        self.col: Ints = np.zeros((1 << 12, 5), np.int64)
        self.uses: Ints = np.zeros((1 << 14, 3), np.int64)
        self.parcels: Ints = np.zeros((1 << 13, 2), np.int64)
        self.known: Ints = np.zeros(1 << 14, np.int64)
        self.standing: Ints = np.full(len(tables.order) - 1, -1, np.int64)
        self.widest = _widest(tables)

    def add(self, out: Ints, end: int, chosen: Ints) -> None:
        """Take in the plans written to ``out[:end]``; ``chosen`` [O] becomes the column of each."""
        at = 0
        while True:
            at, self.size = absorb(
                out, at, end, *self.tables.kernel, self.move, self.standing, self.widest, self.col,
                self.uses, self.parcels, self.known, self.size, chosen,
            )  # fmt: skip
            if at == end:
                return
            self._grow()

    def stand(self, out: Ints, end: int) -> None:
        """The same for plans that stand: leaving one of them costs its order's ``move``."""
        chosen = np.full_like(self.standing, -1)
        self.add(out, end, chosen)
        self.standing = np.where(chosen >= 0, chosen, self.standing)

    def felt(self, columns: Ints, price: Ints) -> Ints:
        """Felt cost of these columns at these prices."""
        felt = np.empty(columns.size, np.int64)
        felt_costs(self.col, self.uses, self.tables.use, columns, price, felt)
        return felt

    def usage(self, chosen: Ints) -> Ints:
        """What these columns (−1: none) draw from every row."""
        drawn = np.zeros_like(self.tables.limit)
        draw(self.col, self.uses, chosen, drawn)
        return drawn

    def cost(self, chosen: Ints) -> int:
        return int(self.col[chosen, COL_COST].sum())

    def written(self, chosen: Ints) -> tuple[Ints, Ints]:
        """These columns as the kernel writes plans, one behind the other, and where each starts."""
        first = self.col[chosen, COL_PARCELS]
        width = 2 + 2 * (self.col[chosen + 1, COL_PARCELS] - first)
        at = np.cumsum(width) - width
        held = np.empty(int(width.sum()), np.int64)
        write_down(self.col, self.parcels, chosen, at, held)
        return held, at

    def _grow(self) -> None:
        self.col = _twice(self.col)
        self.uses = _twice(self.uses)
        self.parcels = _twice(self.parcels)
        self.known = np.zeros(2 * self.known.size, np.int64)
        rehash(self.col, self.size, self.known)


def _twice(array: Ints) -> Ints:
    return np.concatenate([array, np.zeros_like(array)])


def _widest(tables: Tables) -> int:
    """Most rows that one parcel can draw on."""
    by_cell = np.diff(tables.cell[:, 0])
    edges = tables.edge[:-1, 0]
    return 1 + (int(np.add.reduceat(by_cell, edges).max()) if edges.size else 0)


@compiled
def place_of(o: int, h: int, col: Ints, known: Ints) -> int:
    """Where column (order, hash) stands in the open-addressed table, or the free place for it."""
    mask = known.size - 1
    at = h & mask
    while known[at] > 0:
        c = known[at] - 1
        if col[c, COL_HASH] == h and col[c, COL_ORDER] == o:
            break
        at = (at + 1) & mask
    return at


@compiled
def rehash(col: Ints, size: int, known: Ints) -> None:
    for c in range(size):
        known[place_of(col[c, COL_ORDER], col[c, COL_HASH], col, known)] = c + 1


@compiled
def _hash(o: int, at: int, out: Ints) -> int:
    """The same for the same parcels in any order."""
    h = o * 7046029254386353131
    for p in range(out[at + OUT_PARCELS]):
        x = (
            out[at + OUT_HEAD + 2 * p] * 1181783497276652981
            + out[at + OUT_HEAD + 2 * p + 1] * 2685821657736338717
        )
        x ^= x >> 29
        x *= 1442695040888963407
        h += x ^ (x >> 32)
    return h & 0x3FFFFFFFFFFFFFFF


@compiled
def absorb(
    out: Ints, at: int, end: int, order: Ints, piece: Ints, edge: Ints, cell: Ints, use: Ints, tariff: Ints,
    move: Ints, standing: Ints, widest: int, col: Ints, uses: Ints, parcels: Ints, known: Ints, size: int,
    chosen: Ints,
) -> tuple[int, int]:  # fmt: skip
    """See ``Pool.add``; stops where an array is full. Returns how far it came, and the columns there are."""
    while at < end:
        o, count = out[at + OUT_ORDER], out[at + OUT_PARCELS]
        h = _hash(o, at, out)
        place = place_of(o, h, col, known)
        if known[place] == 0:
            first_use, first_parcel = col[size, COL_USES], col[size, COL_PARCELS]
            if (
                size + 2 > len(col)
                or 2 * size > known.size
                or first_use + count * widest > len(uses)
                or first_parcel + count > len(parcels)
            ):
                return at, size
            cost, end_use = _lay_down(
                o, at, out, order, piece, edge, cell, use, tariff, first_use, first_parcel, uses, parcels
            )
            cost += move[o] if standing[o] >= 0 else 0
            col[size, COL_ORDER], col[size, COL_COST], col[size, COL_HASH] = o, cost, h
            size += 1
            col[size, COL_USES], col[size, COL_PARCELS] = end_use, first_parcel + count
            known[place] = size
        chosen[o] = known[place] - 1
        at += OUT_HEAD + 2 * count
    return at, size


@compiled
def _lay_down(
    o: int, at: int, out: Ints, order: Ints, piece: Ints, edge: Ints, cell: Ints, use: Ints, tariff: Ints,
    first_use: int, first_parcel: int, uses: Ints, parcels: Ints,
) -> tuple[int, int]:  # fmt: skip
    """Write the parcels of one plan and what they draw; returns its cost and where the drawing ends."""
    cost, count = 0, out[at + OUT_PARCELS]
    end_use = first_use
    first, stop = order[o, ORDER_PIECES], order[o + 1, ORDER_PIECES]
    for k in range(first, stop):
        cost += _missing(k, first, at, piece, edge, cell, out) * piece[k, PIECE_PENALTY]
    for p in range(count):
        e, t = out[at + OUT_HEAD + 2 * p], out[at + OUT_HEAD + 2 * p + 1]
        parcels[first_parcel + p, 0] = e
        parcels[first_parcel + p, 1] = t
        cost += edge[e, EDGE_FIXED] + tariff[edge[e, EDGE_TARIFF] + t]
        end_use = _use(edge[e, EDGE_ROW], 1, -1, first_use, end_use, uses)
        for c in range(edge[e, EDGE_CELLS], edge[e + 1, EDGE_CELLS]):
            digit = _digit(t, first, first + cell[c, CELL_PIECE], piece)
            if digit > 0:
                cost += digit * cell[c, CELL_UNIT]
                for u in range(cell[c, CELL_USES], cell[c + 1, CELL_USES]):
                    units = digit * use[u, USE_UNITS]
                    end_use = _use(use[u, USE_ROW], units, u, first_use, end_use, uses)
    return cost, end_use


@compiled
def _digit(t: int, first: int, k: int, piece: Ints) -> int:
    """Units of piece k in bundle t of the order whose pieces start at ``first``."""
    for j in range(first, k):
        t //= piece[j, PIECE_QUANTITY] + 1
    return int(t % (piece[k, PIECE_QUANTITY] + 1))


@compiled
def _missing(k: int, first: int, at: int, piece: Ints, edge: Ints, cell: Ints, out: Ints) -> int:
    count = piece[k, PIECE_QUANTITY]
    for p in range(out[at + OUT_PARCELS]):
        count -= _digit(out[at + OUT_HEAD + 2 * p + 1], first, k, piece)
    return int(count)


@compiled
def _use(row: int, units: int, u: int, first: int, end: int, uses: Ints) -> int:
    for i in range(first, end):
        if uses[i, 0] == row:
            uses[i, 1] += units
            return end
    uses[end, 0] = row
    uses[end, 1] = units
    uses[end, 2] = u
    return end + 1


@compiled
def felt_costs(col: Ints, uses: Ints, use: Ints, columns: Ints, price: Ints, felt: Ints) -> None:
    for i in range(columns.size):
        c = columns[i]
        total = col[c, COL_COST]
        for u in range(col[c, COL_USES], col[c + 1, COL_USES]):
            total += uses[u, 1] * price[uses[u, 0]]
            if uses[u, 2] >= 0:
                entry = uses[u, 2]
                total += (uses[u, 1] + use[entry, USE_PHASE]) // 2 * price[use[entry, USE_PAIR]]
        felt[i] = total


@compiled
def draw(col: Ints, uses: Ints, chosen: Ints, drawn: Ints) -> None:
    for i in range(chosen.size):
        c = chosen[i]
        if c >= 0:
            for u in range(col[c, COL_USES], col[c + 1, COL_USES]):
                drawn[uses[u, 0]] += uses[u, 1]


@compiled
def write_down(col: Ints, parcels: Ints, chosen: Ints, at: Ints, held: Ints) -> None:
    for i in range(chosen.size):
        c, end = chosen[i], at[i] + OUT_HEAD
        for p in range(col[c, COL_PARCELS], col[c + 1, COL_PARCELS]):
            held[end], held[end + 1] = parcels[p, 0], parcels[p, 1]
            end += 2
        held[at[i] + OUT_ORDER] = col[c, COL_ORDER]
        held[at[i] + OUT_PARCELS] = (end - at[i] - OUT_HEAD) // 2
