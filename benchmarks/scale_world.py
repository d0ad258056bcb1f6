"""A retailer of any size in a database of its own: a million SKUs at a thousand nodes, loaded by `COPY`.

Every SKU lies at as many chance nodes; the first `BROAD` SKUs at half of all nodes. What is loaded is stock
and what it needs, not the ledger that it came from.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import psycopg
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from benchmarks.checkout_world import SEED, node_spec, write_network
from oms.actors import SYSTEM, Role
from oms.adapters.postgres import Embedded
from oms.bootstrap import start
from oms.settings import Settings
from oms.store.database import connect, migrate
from oms.usecases.keys import create_key
from oms.work import transact

BROAD = 16
AT_ONCE = 20_000
LOADED = "loaded"
RATE_PER_MINUTE = 10_000_000

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
_ROW = np.dtype(
    [("fields", ">i2")]
    + [(name, ">i4") for column in ("node", "sku", "units") for name in (f"{column}_bytes", column)]
)

_SKUS = text(
    """
    INSERT INTO sku (id, name, weight_g, unit_price_minor)
    SELECT 'S' || i, 'Article ' || i, 100 + i * CAST(7919 AS bigint) % 2400,
        300 + i * CAST(104729 AS bigint) % 5700
    FROM generate_series(0, :last) i
    """
)
# In the transaction that empties a table, nothing of it goes through the log; rows of the right numbers need
# no foreign key checked; and indexes are made once all rows are there.
_BEFORE = (
    "SET LOCAL synchronous_commit = off",
    "SET LOCAL session_replication_role = replica",
    "SET LOCAL maintenance_work_mem = '512MB'",
    "TRUNCATE position, fence",
)
_INDEXES = text(
    """
    SELECT CAST(CAST(indexrelid AS regclass) AS text), pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indrelid = CAST('position' AS regclass) AND NOT indisprimary
    """
)


@dataclass(frozen=True, slots=True)
class Size:
    """`held`: nodes at which each SKU lies."""

    nodes: int
    skus: int
    held: int

    def nodes_of(self, sku: int) -> int:
        """At how many nodes this SKU lies."""
        return max(self.held, self.nodes // 2) if sku < BROAD else self.held


@dataclass(frozen=True, slots=True)
class World:
    """A server with a retailer in it, a storefront's key, and how many positions there are."""

    server: Embedded
    key: str
    positions: int


@contextmanager
def world(size: Size, folder: Path) -> Iterator[World]:
    """The retailer, loaded into the folder unless it is there."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
    loaded = folder / LOADED
    if not loaded.exists():
        told = {"size": asdict(size), **_load_into(folder / "server", size)}
        loaded.write_text(json.dumps(told))
    told = json.loads(loaded.read_text())
    assert told["size"] == asdict(size), f"{folder} holds another world"
    with Embedded(folder / "server") as server:
        yield World(server, told["key"], told["positions"])


def _load_into(data: Path, size: Size) -> dict[str, Any]:
    with Embedded(data) as server:
        migrate(server.url())
        _settings(server.url(), {"wal_level": "minimal", "max_wal_senders": "0"})
    with Embedded(data) as server:  # starts anew, with these settings
        key = _write_network(server, data.parent, size)
        engine = connect(server.url())
        with engine.begin() as conn:
            _fill(conn, size)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.execute(text("VACUUM ANALYZE"))
            conn.execute(text("CHECKPOINT"))
            positions = conn.scalar(text("SELECT count(*) FROM position"))
        engine.dispose()
        _settings(server.url(), {"wal_level": None, "max_wal_senders": None})
    return {"key": key, "positions": positions}


def _write_network(server: Embedded, data: Path, size: Size) -> str:
    """Nodes and how goods leave them; the key."""
    chance = np.random.default_rng([SEED, size.nodes])
    specs = [node_spec(chance, number) for number in range(size.nodes)]
    runtime = start(Settings(database_url=server.url(), data_dir=data))
    try:
        transact(runtime, SYSTEM, lambda work: write_network(work, specs))
        made = transact(
            runtime,
            SYSTEM,
            lambda work: create_key(
                work,
                name="scale",
                role=Role.STOREFRONT,
                channels=["web"],
                grants=["node_stock"],
                rate_per_minute=RATE_PER_MINUTE,
            ),
        )
    finally:
        runtime.close()
    return made.secret


def _settings(url: str, settings: dict[str, str | None]) -> None:
    """For the next start of the server; None: as it was."""
    engine = connect(url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        for name, value in settings.items():
            change = f"RESET {name}" if value is None else f"SET {name} = '{value}'"
            conn.execute(text(f"ALTER SYSTEM {change}"))
    engine.dispose()


def _fill(conn: Connection, size: Size) -> None:
    for statement in _BEFORE:
        conn.execute(text(statement))
    conn.execute(_SKUS, {"last": size.skus - 1})
    conn.execute(text("INSERT INTO sku_code (code, sku_no) SELECT id, no FROM sku"))
    indexes = conn.execute(_INDEXES).all()
    for name, _ in indexes:
        conn.execute(text(f"DROP INDEX {name}"))
    nodes = np.array(list(conn.scalars(text("SELECT no FROM node ORDER BY no"))), np.int32)
    first = conn.scalar(text("SELECT min(no) FROM sku")) or 0
    driver = cast("psycopg.Connection[object]", conn.connection.driver_connection)
    command = "COPY position (node_no, sku_no, on_hand) FROM STDIN (FORMAT binary)"
    with driver.cursor() as cursor, cursor.copy(command) as copy:
        copy.write(_HEADER)
        for begin in range(0, size.skus, AT_ONCE):
            copy.write(_rows(size, nodes, first, begin).tobytes())
        copy.write(_TRAILER)
    for _, definition in indexes:
        conn.execute(text(definition))


def _rows(size: Size, nodes: NDArray[np.int32], first: int, begin: int) -> NDArray[np.void]:
    """The positions of some SKUs from `begin` on, by SKU and node."""
    chance = np.random.default_rng([SEED, begin])
    skus = np.arange(begin, min(begin + AT_ONCE, size.skus))
    held = [np.sort(chance.choice(size.nodes, size.nodes_of(sku), replace=False)) for sku in skus.tolist()]
    node = nodes[np.concatenate(held)]
    rows = np.zeros(node.size, _ROW)
    rows["fields"] = 3
    for column in ("node", "sku", "units"):
        rows[f"{column}_bytes"] = 4
    rows["node"] = node
    rows["sku"] = first + np.repeat(skus, [len(some) for some in held])
    rows["units"] = chance.integers(1, 60, node.size)
    return rows
