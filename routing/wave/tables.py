"""From a wave to the tables the kernel prices: pieces, edges, cells, shared rows and tariffs per order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from routing.compiled import compiled
from routing.kernel import INFINITE, SHIFT, weigh
from routing.problem import UNLIMITED, Bools, Ints
from routing.wave.pieces import WavePieces, pieces_of_wave
from routing.wave.problem import Wave

FREE = 1 << 40  # what a node without a limit may still send


@dataclass(frozen=True, slots=True)
class Tables:
    """See ``routing.wave.kernel`` for the columns. Rows: shelves, nodes, then halves of shelves."""

    pieces: WavePieces
    order: Ints  # [O + 1, 3]
    piece: Ints  # [K, 3]
    edge: Ints  # [E + 1, 4]
    cell: Ints  # [C + 1, 4]
    use: Ints  # [U, 4]
    use_order: Ints  # [U]
    use_single: Bools  # [U]: the order can take one unit of that shelf at most
    tariff: Ints
    edge_reach: Ints  # [E] pair of the wave that the edge stands for
    limit: Ints  # [rows]
    pair: Ints  # [P]: the row that may be cut with a half of this one (``routing.wave.master``)
    contended: Bools  # [rows]: all orders together could overdraw it
    touching: Ints  # orders with an edge on a contended row, ascending
    nodes: int
    states: int  # most states of one order
    entries: int  # most parcels one order's nodes can send

    @property
    def kernel(self) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints]:
        return self.order, self.piece, self.edge, self.cell, self.use, self.tariff


def lay_out(wave: Wave, most_unfilled: Ints, largest_states: int) -> Tables:
    """``most_unfilled`` [L]: units of a line that may stay behind. Orders of more than ``largest_states``
    states are left without edges.
    """
    pieces = pieces_of_wave(wave, most_unfilled, largest_states)
    owner = np.repeat(np.arange(wave.shape[0]), np.diff(pieces.start))
    reach, k, shelf, units = _shelves(wave, pieces, owner)
    first = _starts(np.stack([reach, k]))
    cell = _cells(wave, pieces, owner, first, k, shelf, units)
    _feel(wave, pieces, cell, reach[first], owner[k[first]])
    cells = _starts(reach[first][None])
    edge_reach, edge_order = reach[first][cells], owner[k[first]][cells]
    edge, tariff = _edges(wave, pieces, cells, edge_reach, edge_order, first.size)
    pair, limit = _limits(wave, pieces.quantity[k] * units, shelf)
    use = np.stack([shelf, units, pair[shelf], np.zeros_like(shelf)], axis=1)
    contended = _contended(edge, cell, use, limit, cells) | _wanted_by_skipped(wave, pieces, limit)
    order = np.zeros((wave.shape[0] + 1, 3), np.int64)
    order[:, 0] = pieces.start
    order[:, 1] = np.searchsorted(edge_order, np.arange(wave.shape[0] + 1))
    order[:-1, 2] = pieces.tied
    return Tables(
        pieces=pieces,
        order=order,
        piece=np.stack([pieces.quantity, pieces.penalty, pieces.unfilled], axis=1).astype(np.int64),
        edge=edge,
        cell=cell,
        use=use,
        use_order=owner[k],
        use_single=(pieces.quantity[k] * units == 1) & ~pieces.tied[owner[k]],
        tariff=tariff,
        edge_reach=edge_reach,
        limit=limit,
        pair=pair,
        contended=contended,
        touching=np.union1d(edge_order[contended[edge[:-1, 1]]], owner[k][contended[shelf]]),
        nodes=wave.shape[1],
        states=int(pieces.states[~pieces.skipped].max(initial=1)),
        entries=_most_entries(cell, cells, edge_order),
    )


def _limits(wave: Wave, most: Ints, shelf: Ints) -> tuple[Ints, Ints]:
    """[P] the row of each shelf's half, and [rows] limits. ``most`` units a piece can take of ``shelf``."""
    P, N = wave.stock_node.size, wave.shape[1]
    paired = np.unique(shelf[np.minimum(most, wave.available[shelf]) > 1])
    pair = np.full(P, P + N)  # a row without limit, for shelves that no piece takes two units from
    pair[paired] = P + N + 1 + np.arange(paired.size)
    capacity = np.where(wave.capacity_parcels == UNLIMITED, FREE, wave.capacity_parcels)
    return pair, np.concatenate([wave.available, capacity, np.full(1 + paired.size, FREE)])


def _cells(
    wave: Wave, pieces: WavePieces, owner: Ints, first: Ints, k: Ints, shelf: Ints, units: Ints
) -> Ints:
    cell = np.zeros((first.size + 1, 4), np.int64)
    cell[:, 0] = [*first.tolist(), k.size]
    if first.size:
        bid = np.floor(wave.bid_price_minor * (1 << SHIFT) + 0.5).astype(np.int64)
        unit = (wave.unit_cost_minor << SHIFT) + bid
        most = np.minimum.reduceat(wave.available[shelf] // units, first)
        cell[:-1, 1] = k[first] - pieces.start[owner[k[first]]]
        cell[:-1, 2] = np.minimum(pieces.quantity[k[first]], most)
        cell[:-1, 3] = np.add.reduceat(unit[shelf] * units, first)
    return cell


def _feel(wave: Wave, pieces: WavePieces, cell: Ints, reach: Ints, order: Ints) -> None:
    """Add what units of some orders are felt to cost from each of their pairs."""
    for o, felt in wave.felt.items():
        a, b = np.searchsorted(order, [o, o + 1]).tolist()
        first = int(wave.line_start[o])
        per_piece = np.zeros((int(pieces.start[o + 1] - pieces.start[o]), felt.shape[1]))
        for place, k in enumerate(range(int(pieces.start[o]), int(pieces.start[o + 1]))):
            lines = np.array(pieces.members[k])
            per_unit = wave.quantity[lines] if pieces.kit[k] else np.eye(1, lines.size)[0]
            per_piece[place] = per_unit @ felt[lines - first]
        extra = per_piece[cell[a:b, 1], reach[a:b] - wave.reach_start[o]]
        cell[a:b, 3] += np.floor(extra * (1 << SHIFT) + 0.5).astype(np.int64)


def _edges(
    wave: Wave, pieces: WavePieces, cells: Ints, reach: Ints, order: Ints, end: int
) -> tuple[Ints, Ints]:
    edge = np.zeros((cells.size + 1, 4), np.int64)
    edge[:, 0] = [*cells.tolist(), end]
    edge[:-1, 1] = wave.stock_node.size + wave.reach_node[reach]
    edge[:-1, 2], tariff = _tariffs(wave, pieces, order, wave.card[reach])
    felt = np.floor(wave.parcel_price_minor[reach] * (1 << SHIFT) + 0.5).astype(np.int64)
    edge[:-1, 3] = (wave.fixed_minor[reach] << SHIFT) + felt
    return edge, tariff


def _starts(keys: Ints) -> Ints:
    """Where the columns of ``keys`` (sorted) change."""
    if keys.shape[1] == 0:
        return np.zeros(0, np.int64)
    return np.flatnonzero(np.concatenate([[True], (keys[:, 1:] != keys[:, :-1]).any(axis=0)]))


def _shelves(wave: Wave, pieces: WavePieces, owner: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """(pair, piece, shelf, units per piece) of all that an order may draw on, sorted; kits only where all
    their SKUs are.
    """
    N = wave.shape[1]
    count = np.diff(wave.stock_start)[pieces.component_sku]
    component = np.repeat(np.arange(count.size), count)
    within = np.arange(component.size) - np.repeat(np.cumsum(count) - count, count)
    shelf = wave.stock_start[pieces.component_sku[component]] + within
    width = np.diff(pieces.component_start)
    k = np.repeat(np.arange(width.size), width)[component]
    units = pieces.component_units[component]
    pair = np.repeat(np.arange(wave.shape[0]), np.diff(wave.reach_start)) * N + wave.reach_node
    wanted = owner[k] * N + wave.stock_node[shelf]
    reach = np.minimum(np.searchsorted(pair, wanted), max(pair.size - 1, 0))
    there = (pair[reach] == wanted) if pair.size else np.zeros(wanted.size, np.bool_)
    there &= (wave.available[shelf] >= units) & ~pieces.skipped[owner[k]]
    there &= wave.capacity_parcels[wave.stock_node[shelf]] != 0
    found = np.flatnonzero(there)
    found = found[np.lexsort((k[found], reach[found]))]
    reach, k, shelf, units = reach[found], k[found], shelf[found], units[found]
    first = _starts(np.stack([reach, k]))
    whole = np.diff([*first.tolist(), reach.size]) == width[k[first]]
    kept = np.repeat(whole, np.diff([*first.tolist(), reach.size]))
    return reach[kept], k[kept], shelf[kept], units[kept]


def _tariffs(wave: Wave, pieces: WavePieces, order: Ints, card: Ints) -> tuple[Ints, Ints]:
    """Where the tariffs of each edge start, and what each card asks for every bundle of each order."""
    C = len(wave.cards.names)
    pair, which = np.unique(order * C + card, return_inverse=True)
    states = pieces.states[pair // C]
    start = np.cumsum(states) - states
    tariff = np.empty(int(states.sum()), np.int64)
    _rate(
        pair // C, pair % C, start, pieces.start, pieces.quantity, pieces.weight_g, pieces.volume_mm3,
        pieces.alone, wave.divisor_mm3_per_g, wave.cards.start, wave.cards.up_to_g, wave.cards.minor, tariff,
    )  # fmt: skip
    return start[which], tariff


@compiled
def _rate(
    order: Ints, card: Ints, at: Ints, piece_start: Ints, quantity: Ints, weight_g: Ints, volume_mm3: Ints,
    alone: Bools, divisor: float, start: Ints, up_to_g: Ints, minor: Ints, tariff: Ints,
) -> None:  # fmt: skip
    """Fill ``tariff`` for pairs of order and card; those of one order stand together."""
    M = 0
    billable = np.empty(0, np.int64)
    for p in range(order.size):
        if p == 0 or order[p] != order[p - 1]:
            a, b = piece_start[order[p]], piece_start[order[p] + 1]
            stride = np.empty(b - a + 1, np.int64)
            stride[0] = 1
            for k in range(b - a):
                stride[k + 1] = stride[k] * (quantity[a + k] + 1)
            M = stride[b - a]
            billable, volume = np.empty(M, np.int64), np.empty(M, np.int64)
            weigh(
                quantity[a:b], weight_g[a:b], volume_mm3[a:b], alone[a:b], divisor, stride, billable, volume
            )
        first, end = start[card[p]], start[card[p] + 1]
        for t in range(M):
            low, high = first, end
            while low < high:
                middle = (low + high) >> 1
                if up_to_g[middle] < billable[t]:
                    low = middle + 1
                else:
                    high = middle
            carried = low < end and billable[t] >= 0
            tariff[at[p] + t] = minor[low] << SHIFT if carried else INFINITE


def _contended(edge: Ints, cell: Ints, use: Ints, limit: Ints, cells: Ints) -> Bools:
    """Rows that all orders together could overdraw."""
    width = np.diff(cell[:, 0])
    drawn = np.bincount(use[:, 0], np.repeat(cell[:-1, 2], width) * use[:, 1], limit.size)
    if cells.size:
        drawn += np.bincount(edge[:-1, 1], np.add.reduceat(cell[:-1, 2], cells), limit.size)
    return np.asarray(drawn > limit)


def _wanted_by_skipped(wave: Wave, pieces: WavePieces, limit: Ints) -> Bools:
    """Rows that orders without edges may draw on."""
    wanted = np.zeros(limit.size, np.bool_)
    for o in np.flatnonzero(pieces.skipped).tolist():
        for sku in wave.sku[wave.lines_of(o)].tolist():
            wanted[wave.stock_start[sku] : wave.stock_start[sku + 1]] = True
        nodes = wave.reach_node[wave.reach_start[o] : wave.reach_start[o + 1]]
        wanted[wave.stock_node.size + nodes] = True
    return wanted & (limit < FREE)


def _most_entries(cell: Ints, cells: Ints, edge_order: Ints) -> int:
    if cells.size == 0:
        return 1
    bundles = np.multiply.reduceat(cell[:-1, 2] + 1, cells)
    return int(np.bincount(edge_order, bundles).max())
