"""Bring a folder of files in. Everything is judged before anything is written.

Then the network is written at once, SKUs and counts in short transactions, because a long one would hold
back what other processes may see (`inventory/feed.py`). An import that was cut short is finished by running
it again: every step puts absolute values.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from inventory.barcodes import clashes, codes_of, give_up, holders
from inventory.catalogue_edit import CodesTaken, SkuRow, put_nodes, put_skus
from inventory.movements import Note
from inventory.stock_load import CHUNK, Columns, Ids, Part, find, numbered
from inventory.stock_load import write as write_counts
from inventory.store.names import Register
from oms import import_rows
from oms.actors import Actor
from oms.adapters.folder import Folder, told_apart
from oms.adapters.folder_faults import HEADER_ROWS, Faults
from oms.memory.network_load import Kind
from oms.refusals import Code, refuse
from oms.store import network_documents as documents
from oms.store.places import put_places
from oms.store.versions import bump
from oms.usecases.catalogue import CATALOGUE
from oms.usecases.network import NETWORK, foreign_orders, require_whole
from oms.usecases.stock import report_displaced
from oms.work import Resources, Work, transact

T = TypeVar("T")

PART = 100_000
"""Counts looked at together; of what they say anew a transaction writes `CHUNK`."""
TABLES = ("network", "nodes", "calendars", "tariffs", "lanes", "skus", "stock", "orders")
"""What can be asked for. Of orders, only where their postcodes are is kept."""
NETWORK_TABLES = frozenset(TABLES[:5])

Progress = Callable[[str, int, int], None]
"""Told after every step: what, how much is done, of how much."""


@dataclass(frozen=True, slots=True)
class Imported:
    """How many rows of each kind were put."""

    nodes: int = 0
    documents: int = 0
    skus: int = 0
    stock: int = 0
    places: int = 0


def import_folder(
    resources: Resources,
    actor: Actor,
    folder: Folder,
    progress: Progress,
    tables: Collection[str] = TABLES,
    first: Callable[[Work], None] = lambda _: None,
) -> Imported:
    """Put the named tables of a folder that has been read and checked, without limits of time. ``first`` is
    done at the beginning of every transaction; what it raises ends the import there. Raises, with nothing
    written, Refused `invalid` when the network it would make is not whole, and FolderRefused when a barcode
    is another SKU's or there are orders in another currency.
    """

    def write(fn: Callable[[Work], T]) -> T:
        def work_on(work: Work) -> T:
            first(work)
            return fn(work)

        return transact(resources, actor, work_on, hurried=False)

    skus = list(import_rows.sku_rows(folder)) if "skus" in tables else []

    def put_first(work: Work) -> tuple[int, int]:
        counts = _put_network(work, folder, tables)
        _free_barcodes(work, skus)
        return counts

    nodes, edited = write(put_first)
    progress("network", nodes + edited, nodes + edited)
    _in_chunks(skus, "skus", progress, lambda part: write(lambda work: _put_skus(work, part)))
    counted = len(folder.stock.node) if "stock" in tables else 0
    counts = write(partial(_numbered, named=_stock_columns(folder))) if counted else None
    for done in range(0, counted, PART):
        assert counts is not None
        part = write(partial(_new_counts, part=counts.at(np.arange(done, min(done + PART, counted)))))
        for rows in _even(len(part)):
            write(partial(_load, part=part.at(rows)))
        progress("stock", min(done + PART, counted), counted)
    known = list(import_rows.places(folder)) if "orders" in tables else []
    if known:
        write(lambda work: put_places(work.conn, known))
        progress("places", len(known), len(known))
    return Imported(nodes, edited, len(skus), counted, len(known))


def _put_network(work: Work, folder: Folder, tables: Collection[str]) -> tuple[int, int]:
    if not NETWORK_TABLES.intersection(tables):
        return 0, 0  # nobody need read it again
    number = bump(work.conn, NETWORK)
    edited = 0
    for kind, id, body in import_rows.documents(folder):
        if _TABLE_OF[kind] in tables:
            if kind is Kind.SETTINGS and (told := foreign_orders(work.conn, body)):
                faults = Faults()
                faults.add("network.json", 0, "currency", Code.IN_USE, told)
                faults.raise_if_any()
            documents.write(work.conn, kind, id, body, work.at)
            edited += 1
    if "calendars" in tables:
        for name, body in import_rows.calendars(folder).items():
            documents.write(work.conn, Kind.CALENDAR, name, body, work.at)
            edited += 1
    nodes = list(import_rows.node_rows(folder)) if "nodes" in tables else []
    if nodes:
        bump(work.conn, CATALOGUE)
        put_nodes(work.conn, nodes)
    require_whole(work.conn)
    work.emit("import.network", "network", str(number), {"nodes": len(nodes), "documents": edited})
    return len(nodes), edited


_TABLE_OF = {
    Kind.SETTINGS: "network",
    Kind.POLICY: "network",
    Kind.DELIVERY: "nodes",
    Kind.CALENDAR: "nodes",
    Kind.SLOTS: "nodes",
    Kind.TARIFF: "tariffs",
    Kind.LANES: "lanes",
}


def _free_barcodes(work: Work, rows: Sequence[SkuRow]) -> None:
    """Judge the barcodes of all rows together, and take those that move from one of them to another: chunk
    by chunk, the one that gets a barcode may come before the one that gives it.
    """
    if not rows:
        return
    bump(work.conn, CATALOGUE)
    held = holders(work.conn, codes_of(rows))
    row_of = {row.id: number for number, row in enumerate(rows, HEADER_ROWS + 1)}
    faults = Faults()
    for clash in clashes(rows, held):
        column = "id" if clash.code == clash.id else "barcode"
        detail = f"{clash.code} is the id or a barcode of SKU {clash.holder} in the database"
        faults.add("skus.csv", row_of[clash.id], column, Code.BARCODE_TAKEN, detail)
    faults.raise_if_any()
    give_up(work.conn, rows, held)


def _put_skus(work: Work, rows: list[SkuRow]) -> None:
    bump(work.conn, CATALOGUE)
    if any(isinstance(outcome, CodesTaken) for outcome in put_skus(work.conn, rows)):
        raise refuse(
            Code.BARCODE_TAKEN,
            "Another SKU got a barcode of the file meanwhile; import it again to see which",
        )
    work.emit("import.skus", "catalogue", rows[0].id, {"skus": len(rows)})


def _stock_columns(folder: Folder) -> Columns:
    stock = folder.stock
    (nodes, node_of), (skus, sku_of), (bins, bin_of) = map(told_apart, (stock.node, stock.sku, stock.bin))
    safety = stock.safety_stock
    return Columns(
        Ids(nodes.tolist(), node_of),
        Ids(skus.tolist(), sku_of),
        stock.on_hand.astype(np.int32),
        bins[0] if len(bins) == 1 else bins[bin_of].tolist(),
        int(safety[0]) if (safety == safety[0]).all() else safety.tolist(),
    )


def _numbered(work: Work, named: Columns) -> Part:
    part, _ = numbered(work.conn, named, Register())
    if part is None:
        raise refuse(Code.INVALID, "Stock names nodes or SKUs that are neither in the folder nor known")
    return part


def _new_counts(work: Work, part: Part) -> Part:
    """Those that say something new, in the order of locks."""
    return find(work.conn, part)


def _even(count: int) -> Iterator[NDArray[np.int64]]:
    """Rows in pieces of one size, about a chunk: each is a commit, and one of a few rows costs as much."""
    pieces = max(1, round(count / CHUNK)) if count else 0
    yield from np.array_split(np.arange(count), pieces) if pieces else ()


def _load(work: Work, part: Part) -> None:
    note = Note(reference="import", actor=work.actor.key_id)
    loaded = write_counts(work.conn, work.at, part, note)
    report_displaced(work, loaded.displaced)
    first = part.named.node.at(part.rows[0])
    work.emit("import.stock", "stock", first, {"positions": loaded.applied})


def _in_chunks(rows: Sequence[T], what: str, progress: Progress, put: Callable[[list[T]], None]) -> None:
    done = 0
    for part in _chunks(rows):
        put(part)
        done += len(part)
        progress(what, done, len(rows))


def _chunks(rows: Iterable[T]) -> Iterator[list[T]]:
    source = iter(rows)
    while part := list(islice(source, CHUNK)):
        yield part
