"""Bring a folder of files in. Everything is judged before anything is written.

Then the network is written at once, SKUs and counts in short transactions, because a long one would hold
back what other processes may see (`inventory/feed.py`). An import that was cut short is finished by running
it again: every step puts absolute values.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from inventory.catalogue_edit import SkuRow, put_nodes, put_skus
from inventory.movements import Count, Note, SafetyStock
from inventory.stock import count
from inventory.stock_settings import set_bins, set_safety_stock
from oms import import_rows
from oms.actors import Actor
from oms.adapters.folder import Folder
from oms.network_load import Kind
from oms.store import network_documents as documents
from oms.store.places import put_places
from oms.store.versions import bump
from oms.usecases.catalogue import CATALOGUE
from oms.usecases.network import NETWORK, require_whole
from oms.usecases.stock import report_displaced
from oms.work import Resources, Work, transact

T = TypeVar("T")

CHUNK = 2_000
TABLES = ("network", "nodes", "tariffs", "lanes", "skus", "stock", "orders")
"""What can be asked for. Of orders, only where their postcodes are is kept."""

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
) -> Imported:
    """Put the named tables of a folder that has been read and checked. Raises Refused `invalid`, with
    nothing written, when the network it would make is not whole."""
    nodes, edited = transact(resources, actor, lambda work: _put_network(work, folder, tables))
    progress("network", nodes + edited, nodes + edited)
    skus = list(import_rows.sku_rows(folder)) if "skus" in tables else []
    _in_chunks(skus, "skus", progress, lambda part: transact(resources, actor, lambda w: _put_skus(w, part)))
    rows = list(_stock_rows(folder)) if "stock" in tables else []
    _in_chunks(rows, "stock", progress, lambda part: transact(resources, actor, lambda w: _count(w, part)))
    known = list(import_rows.places(folder)) if "orders" in tables else []
    if known:
        transact(resources, actor, lambda work: put_places(work.conn, known))
        progress("places", len(known), len(known))
    return Imported(nodes, edited, len(skus), len(rows), len(known))


def _put_network(work: Work, folder: Folder, tables: Collection[str]) -> tuple[int, int]:
    number = bump(work.conn, NETWORK)
    edited = 0
    for kind, id, body in import_rows.documents(folder):
        if _TABLE_OF[kind] in tables:
            documents.write(work.conn, kind, id, body, work.at)
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


def _put_skus(work: Work, rows: Sequence[SkuRow]) -> None:
    bump(work.conn, CATALOGUE)
    put_skus(work.conn, rows)
    work.emit("import.skus", "catalogue", rows[0].id, {"skus": len(rows)})


@dataclass(frozen=True, slots=True)
class _StockRow:
    node: str
    sku: str
    on_hand: int
    safety_stock: int
    bin: str


def _stock_rows(folder: Folder) -> Iterator[_StockRow]:
    stock = folder.stock
    columns = (stock.node, stock.sku, stock.on_hand.tolist(), stock.safety_stock.tolist(), stock.bin)
    return (_StockRow(*row) for row in zip(*columns, strict=True))


def _count(work: Work, rows: Sequence[_StockRow]) -> None:
    note = Note(reference="import", actor=work.actor.key_id)
    report = count(work.conn, work.at, [Count(row.node, row.sku, row.on_hand, note) for row in rows])
    kept = [SafetyStock(row.node, row.sku, row.safety_stock) for row in rows]
    set_safety_stock(work.conn, work.at, kept)
    set_bins(work.conn, [(row.node, row.sku, row.bin) for row in rows])
    report_displaced(work, report.displaced)
    work.emit("import.stock", "stock", rows[0].node, {"positions": len(rows)})


def _in_chunks(rows: Sequence[T], what: str, progress: Progress, put: Callable[[Sequence[T]], None]) -> None:
    done = 0
    for part in _chunks(rows):
        put(part)
        done += len(part)
        progress(what, done, len(rows))


def _chunks(rows: Iterable[T]) -> Iterator[list[T]]:
    source = iter(rows)
    while part := list(islice(source, CHUNK)):
        yield part
