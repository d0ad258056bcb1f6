"""Which counts of many say something new: one statement over columns of numbers, which locks nothing."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from inventory.store.load_sql import PLAN, Counted, Int32s, columns
from inventory.store.pool_sql import about

Int64s = NDArray[np.int64]

# To look a few rows up is cheap, to hash all positions for them is not; of two large sets the hash wins.
_LOOKS_PER_SCAN = 4  # how many positions are scanned and hashed in the time one is looked up
_LOOKS_PER_GLANCE = 12  # how many are compared with a cell of a grid in that time
_CELLS_PER_ROW = 4  # how large a grid may be that has a cell for each of these SKUs at each of these nodes

_FIND = text(
    """
    SELECT coalesce(array_agg(s.line - 1 ORDER BY s.node_no, s.sku_no), '{}'),
        coalesce(bool_or(p.sku_no IS NULL), false)
    FROM unnest(CAST(:node_no AS int[]), CAST(:sku_no AS int[]), CAST(:units AS int[]), CAST(:bins AS text[]),
        CAST(:safeties AS int[])) WITH ORDINALITY AS s (node_no, sku_no, counted, bin, safety, line)
    LEFT JOIN position p ON p.sku_no = s.sku_no AND p.node_no = s.node_no
    WHERE p.sku_no IS NULL OR s.counted <> p.on_hand OR p.blocked
        OR coalesce(s.bin, CAST(:bin AS text)) <> p.bin
        OR coalesce(s.safety, CAST(:safety AS int)) <> p.safety_stock
    """
)
# Positions that no cell is for find NULL there and are left out, for their place is before the first one or
# past the last. OFFSET 0 has each step done once a row: the planner would write it wherever it is named.
_COMPARE = text(
    """
    SELECT count(*), coalesce(
        array_agg(CASE WHEN new THEN key ELSE -key END) FILTER (WHERE new OR CAST(:all AS bool)), '{}')
    FROM (
        SELECT CAST(node_no AS bigint) << 32 | sku_no AS key, (counted <> on_hand OR blocked
            OR CAST(:bin AS text) <> bin OR CAST(:safety AS int) <> safety_stock) IS TRUE AS new
        FROM (
            SELECT p.*, (CAST(:grid AS int[]))[
                (CAST(:sku_places AS int[]))[p.sku_no - CAST(:before_skus AS int)]
                + (CAST(:node_places AS int[]))[p.node_no - CAST(:before_nodes AS int)]] AS counted
            FROM position p OFFSET 0
        ) met WHERE counted >= 0 OFFSET 0
    ) compared
    """
)
_NOWHERE = -(1 << 30)  # the sum of two is an integer yet


class Axis(NamedTuple):
    """Numbers of SKUs or nodes; from the lowest on, where their cells are, _NOWHERE for those without any."""

    first: int
    places: Int32s
    size: int

    def of(self, numbers: Int32s) -> Int32s:
        return self.places[numbers - self.first]


def find(conn: Connection, counted: Counted) -> tuple[Int64s, bool]:
    """Which rows say something new, in the order of locks, and whether some are of positions that do not
    exist. Nothing is locked: what is left out was so in one snapshot taken meanwhile.
    """
    positions = about(conn)
    if positions < _LOOKS_PER_GLANCE * len(counted) and counted.uniform and (found := axes(counted)):
        return _compare(conn, counted, *found)
    scan = positions < _LOOKS_PER_SCAN * len(counted)
    conn.execute(PLAN, {"hash": "on" if scan else "off"})
    rows, missing = conn.execute(_FIND, columns(counted)).one()
    return np.array(rows, np.int64), missing


def _compare(conn: Connection, counted: Counted, skus: Axis, nodes: Axis) -> tuple[Int64s, bool]:
    """The counts as a grid of SKUs by nodes, in which each position finds its own by two look-ups of a place.
    Joining rows with positions takes PostgreSQL four times as long.
    """
    cells = skus.of(counted.sku_no) + nodes.of(counted.node_no) - 1
    grid = np.full(skus.size * nodes.size, -1, np.int32)
    grid[cells] = counted.units
    asked = {
        "grid": grid,
        "before_skus": skus.first - 1,
        "sku_places": skus.places,
        "before_nodes": nodes.first - 1,
        "node_places": nodes.places,
        "bin": counted.bin,
        "safety": counted.safety,
    }
    met, keys = conn.execute(_COMPARE, asked | {"all": False}).one()
    missing = met < len(counted)
    if missing:  # which, only the snapshot can say that said the rest too
        _, keys = conn.execute(_COMPARE, asked | {"all": True}).one()
    found = np.array(keys, np.int64)
    at = np.abs(found)
    there = skus.of((at & 0xFFFFFFFF).astype(np.int32)) + nodes.of((at >> 32).astype(np.int32)) - 1
    new = np.zeros(grid.size, np.bool_)
    if missing:
        new[cells] = True
        new[there] = False
    new[there[found > 0]] = True
    rows = np.flatnonzero(new[cells])
    return rows[np.lexsort((counted.sku_no[rows], counted.node_no[rows]))], missing


def axes(counted: Counted) -> tuple[Axis, Axis] | None:
    """SKUs and nodes, unless the grid would be much larger than what is in it."""
    most = _CELLS_PER_ROW * len(counted)
    nodes = _axis(counted.node_no, 1, 1, most)
    skus = _axis(counted.sku_no, 0, nodes.size, most) if nodes else None
    return (skus, nodes) if skus and nodes and skus.size * nodes.size <= most else None


def _axis(numbers: Int32s, begin: int, step: int, most: int) -> Axis | None:
    """The first that occurs is at `begin`, the next a `step` further; None if they are spread too far."""
    first, last = int(numbers.min()), int(numbers.max())
    if last - first >= most:
        return None
    occurs = np.zeros(last - first + 1, np.bool_)
    occurs[numbers - first] = True
    size = int(np.count_nonzero(occurs))
    places = np.full(occurs.size, _NOWHERE, np.int32)
    places[occurs] = begin + step * np.arange(size)
    return Axis(first, places, size)
