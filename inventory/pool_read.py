"""From the database into the pool: everything written since a mark, or some SKUs at once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType

import numpy as np
from sqlalchemy import Connection

from inventory.catalogue import Catalogue
from inventory.pool_rows import Cells, KeptFor, Rows
from inventory.pool_state import Incoming, State
from inventory.store import pool_sql as sql
from inventory.store.catalogue_sql import read_all_skus, read_nodes, read_skus

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Mark:
    """Where to read on: transactions from `xid` on, as long as the tables are those of `origin`."""

    xid: int = 0
    origin: str = ""


def caught_up(conn: Connection, state: State, mark: Mark) -> tuple[State, Mark, bool]:
    """The state as of now, the next mark, and whether anything was found. `conn`: one snapshot, read only.

    A failure half way leaves a state whose rows are partly newer, which is harmless: they are read again.
    When the tables were replaced (a restore, another server), everything is read anew.
    """
    seen = sql.look(conn, mark.xid)
    if seen.origin != mark.origin or seen.xmin < mark.xid:
        state, mark = State(), Mark()
        seen = replace(seen, catalogue=True, positions=True, incoming=True, capacity=True)
    catalogue, rows, incoming = state.catalogue, state.rows, state.incoming
    if mark == Mark():
        catalogue, rows = _all(conn)
    elif seen.catalogue:
        catalogue = catalogue.changed(read_nodes(conn, mark.xid), read_skus(conn, mark.xid))
        if len(catalogue.order) != len(state.catalogue.order):
            rows = rows.moved()  # readers of the old state must not meet nodes it does not have
    if seen.positions and mark != Mark():
        fences = _kept(catalogue, sql.fences_since(conn, mark.xid))
        rows = _written(catalogue, rows, sql.read_since(conn, mark.xid), fences)
    if seen.incoming:
        _put_incoming(conn, incoming, sql.arriving_skus(conn, mark.xid))
    later = replace(
        _with_capacity(conn, replace(state, as_of=seen.as_of), mark.xid, seen.capacity),
        catalogue=catalogue,
        rows=rows,
        version=seen.xmin,
    )
    found = seen.catalogue or seen.positions or seen.incoming or seen.capacity
    return later, Mark(seen.xmin, seen.origin), found


def _all(conn: Connection) -> tuple[Catalogue, Rows]:
    """Everything, by way of little else in memory."""
    catalogue = Catalogue.of(read_nodes(conn, 0), read_all_skus(conn))
    numbers = catalogue.skus.numbers()
    fences = _kept(catalogue, sql.fences_since(conn, 0))
    rows = Rows(sql.about(conn), int(numbers.max(initial=0)))
    return catalogue, _written(catalogue, rows, sql.read_all(conn, numbers), fences)


def refreshed(conn: Connection, state: State, skus: Sequence[str]) -> State:
    """The state with these SKUs, and all capacity, as they are now; `as_of` stays what it was."""
    known = (state.catalogue.skus.get(sku) for sku in skus)
    numbers = sorted({sku.no for sku in known if sku is not None})
    if not numbers:
        return state
    fences = _kept(state.catalogue, sql.fences_of(conn, numbers))
    rows = _written(state.catalogue, state.rows, sql.read_of_skus(conn, numbers), fences)
    _put_incoming(conn, state.incoming, numbers)
    return replace(_with_capacity(conn, state, state.version, True), rows=rows)


def _written(
    catalogue: Catalogue, rows: Rows, blocks: Iterable[sql.Block], fences: dict[int, tuple[KeptFor, ...]]
) -> Rows:
    """The rows with the blocks written in, and the fences of whatever is in a block or in `fences`."""
    rest = set(fences)
    for block in blocks:
        # A node or SKU younger than the catalogue comes with the next look.
        inside = block.node < catalogue.index_by_no.size
        node = catalogue.index_by_no[block.node[inside]]
        sku, free = block.sku[inside][node >= 0], block.free[inside][node >= 0]
        here = fences.keys() & set(np.unique(sku).tolist()) if fences else ()
        rows = rows.write(Cells(sku, node[node >= 0], free, {no: fences[no] for no in here}))
        rest.difference_update(here)
    none = np.empty(0, np.int32)
    return rows.write(Cells(none, none, none, {no: fences[no] for no in rest}, touched=rest))


def _kept(catalogue: Catalogue, found: Iterable[sql.FenceRow]) -> dict[int, tuple[KeptFor, ...]]:
    """Fences by SKU; a SKU whose fences are all used up has an entry without any."""
    kept: dict[int, tuple[KeptFor, ...]] = defaultdict(tuple)
    numbers = catalogue.index_by_no
    for row in found:
        node = int(numbers[row.node_no]) if row.node_no < numbers.size else -1
        stands = row.quantity > 0 and node >= 0
        kept[row.sku_no] += (KeptFor(node, frozenset(row.channels), row.quantity),) if stands else ()
    return dict(kept)


def _put_incoming(conn: Connection, incoming: dict[int, tuple[Incoming, ...]], skus: Iterable[int]) -> None:
    found: dict[int, tuple[Incoming, ...]] = dict.fromkeys(skus, ())
    for row in sql.read_arriving(conn, found.keys()):
        found[row.sku_no] += (Incoming(row.inbound, row.node, row.at, row.quantity),)
    for no, rows in found.items():
        if rows:
            incoming[no] = rows
        else:
            incoming.pop(no, None)


def _with_capacity(conn: Connection, state: State, mark: int, written: bool) -> State:
    """Capacity of past days is dropped, but for yesterday: in some time zone it still is."""
    first = state.as_of.date() - _DAY
    if not written:
        return state
    capacity = {slot: free for slot, free in state.capacity.items() if slot[1] >= first}
    capacity.update(((row[0], row[1], row[2]), row[3]) for row in sql.read_capacity(conn, mark, first))
    return replace(state, capacity=MappingProxyType(capacity))
