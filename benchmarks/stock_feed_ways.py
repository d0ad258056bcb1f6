"""The ways a stock feed can come in, and the floors beside them, each as a round ready to be timed."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx
import numpy as np
import orjson
import psycopg
from numpy.typing import NDArray
from sqlalchemy import text

from benchmarks.machine import throwaway_database
from benchmarks.serving import serving
from benchmarks.stock_feed_floors import MAKE, keep_bare_books, send
from inventory.catalogue_edit import SkuRow, put_nodes, put_skus
from inventory.movements import Note
from inventory.stock_load import LoadLine, load_counts
from oms.actors import SYSTEM, Role
from oms.adapters.folder import read_folder
from oms.audit import audit
from oms.bootstrap import Runtime, start
from oms.export_rows import read_known
from oms.settings import Settings
from oms.store.database import conninfo
from oms.usecases.imports import import_folder
from oms.usecases.keys import create_key
from oms.work import transact
from routing.network_spec import NodeSpec
from routing.warm import warm_up
from tests.support import node_row

SEED = 4
BATCH, BATCHES = 1_000, 10
UNITS = 100
RATE_PER_MINUTE = 10_000_000

_BARE = (
    "CREATE TABLE bare_feed (node text, sku text, on_hand int)",
    "CREATE TABLE bare_movement (LIKE movement)",
    "CREATE TABLE bare_position (LIKE position)",
    *MAKE,
)

Run = Callable[[], int]


@dataclass
class Bench:
    """A runtime of our own, which imports; a server process and a key, for requests; what the shelves hold
    as units [node, SKU].
    """

    runtime: Runtime
    port: int
    key: str
    units: NDArray[np.int64]
    chance: np.random.Generator = field(default_factory=lambda: np.random.default_rng(SEED))
    numbers: Iterator[int] = field(default_factory=count)

    def import_file(self, new: float) -> Run:
        """Counts of everything, of which so large a share differs from the books, as a job of
        `POST /v1/imports` takes them; without the queue, from which the server might take it.
        """
        self._recount(new)
        content = "node,sku,on_hand\n" + "".join(
            f"node-{node},sku-{sku},{units}\n" for (node, sku), units in np.ndenumerate(self.units)
        )

        def run() -> int:
            with tempfile.TemporaryDirectory() as folder:
                (Path(folder) / "stock.csv").write_text(content)
                with self.runtime.engine.connect() as conn:
                    found = read_folder(Path(folder), read_known(conn))
            return import_folder(self.runtime, SYSTEM, found, lambda *_: None, {"stock"}).stock

        return run

    def put_counts(self) -> Run:
        """Ten requests of new counts."""
        self._recount(1.0, BATCH * BATCHES)
        return self._requests("PUT", "/v1/stock/counts", "counts", {})

    def post_movements(self) -> Run:
        """Ten requests of receipts."""
        run = self._requests("POST", "/v1/stock/movements", "movements", {"cause": "receive"})
        sent = self.units.ravel()[: BATCH * BATCHES]
        sent += sent
        return run

    def copy_file(self) -> Run:
        """The rows of a file."""
        rows = "".join(
            f"node-{node}\tsku-{sku}\t{units}\n" for (node, sku), units in np.ndenumerate(self.units)
        )
        return self._copies({"bare_feed": rows})

    def copy_twice(self) -> Run:
        """What has to be kept of them."""
        at = self.runtime.clock.now().isoformat()
        ledger = "".join(
            f"{next(self.numbers)}\t{at}\t{at}\t{sku}\t{units}\tnode-{node}:missing\tnode-{node}:shelf"
            "\tcount\timport\tsystem\n"
            for (node, sku), units in np.ndenumerate(self.units)
        )
        positions = "".join(
            f"{node}\t{sku}\t{units}\t0\t0\t\tf\t800\n" for (node, sku), units in np.ndenumerate(self.units)
        )
        return self._copies({"bare_movement": ledger, "bare_position": positions})

    def keep_bare(self, new: float) -> Run:
        """A file, of which so large a share differs, into books that are no more than that."""
        return keep_bare_books(conninfo(self.runtime.url), self.units, self.chance, new)

    def check_books(self) -> None:
        """The shelves hold what was sent, and the ledger says so too."""
        with self.runtime.engine.begin() as conn:
            report = audit(conn)
            held = conn.scalar(text("SELECT sum(on_hand) FROM position"))
        assert report.agrees, report.differences[:3]
        assert held == self.units.sum(), (held, self.units.sum())

    def _recount(self, new: float, first: int | None = None) -> None:
        """At this share of the shelves, or of the first of them, another number than before. What earlier
        rounds wrote over is cleared away, as it is for the barest books and as the server does by night.
        """
        with self.runtime.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.execute(text("VACUUM position"))
        units = self.units.ravel()[:first]
        differs = self.chance.random(units.size) < new
        units[differs] = (
            1 + (units[differs] + self.chance.integers(1, UNITS - 1, units.size)[differs]) % UNITS
        )

    def _requests(self, method: str, path: str, member: str, more: dict[str, str]) -> Run:
        lines = [
            {"node": f"node-{node}", "sku": f"sku-{sku}", "quantity": int(self.units[node, sku]), **more}
            for node, sku in list(np.ndindex(self.units.shape))[: BATCH * BATCHES]
        ]
        bodies = [orjson.dumps({member: lines[at : at + BATCH]}) for at in range(0, len(lines), BATCH)]
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}

        def run() -> int:
            base = f"http://127.0.0.1:{self.port}"
            with httpx.Client(base_url=base, headers=headers, timeout=60) as client:
                for body in bodies:
                    key = {"Idempotency-Key": f"feed-{next(self.numbers)}"}
                    client.request(method, path, content=body, headers=key).raise_for_status()
            return len(lines)

        return run

    def _copies(self, contents: dict[str, str]) -> Run:
        """One transaction, the tables emptied before."""
        sent = {table: content.encode() for table, content in contents.items()}
        with self.runtime.engine.begin() as conn:
            conn.execute(text(f"TRUNCATE {', '.join(sent)}"))

        def run() -> int:
            with psycopg.connect(conninfo(self.runtime.url)) as conn:
                for table, content in sent.items():
                    send(conn, table, content)
            return self.units.size

        return run


@contextmanager
def benched(nodes: int, skus: int) -> Iterator[Bench]:
    """Everything at its place, a unit on every shelf."""
    with throwaway_database() as url, tempfile.TemporaryDirectory() as data:
        runtime = start(Settings(database_url=url, data_dir=Path(data)))
        try:
            _furnish(runtime, nodes, skus)
            made = transact(
                runtime,
                SYSTEM,
                lambda work: create_key(work, name="wms", role=Role.ADMIN, rate_per_minute=RATE_PER_MINUTE),
            )
            warm_up()
            gc.collect()
            gc.freeze()  # as every server process does, and imports run in those
            with serving(url, Path(data), 1) as ports:
                yield Bench(runtime, ports[0], made.secret, np.ones((nodes, skus), np.int64))
        finally:
            runtime.close()


def _furnish(runtime: Runtime, nodes: int, skus: int) -> None:
    specs = [NodeSpec(f"node-{no}", 40.7, -74.0, "US", "America/New_York") for no in range(nodes)]
    rows = [SkuRow(f"sku-{no}", f"Article {no}") for no in range(skus)]
    with runtime.engine.begin() as conn:
        put_nodes(conn, [node_row(spec) for spec in specs])
        put_skus(conn, rows)
        for statement in _BARE:
            conn.execute(text(statement))
    ones = (LoadLine(spec.id, row.id, 1) for spec in specs for row in rows)
    for chunk in load_counts(runtime.engine, runtime.clock.now(), ones, Note()):
        assert not chunk.unknown, "all nodes and SKUs were written before"
    with runtime.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("VACUUM ANALYZE"))
