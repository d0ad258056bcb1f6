"""Counts by the hundred thousand: staged with COPY, applied set-based in short transactions.

Each chunk is one transaction, because the feed cannot pass a transaction that stays open. A chunk is what
`stock.count` would do, in two statements whatever its size; only counts below what is held, which displace
promises, go through `stock.count` itself. A count that says what the books say anyway writes nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, repeat
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine

from inventory.movements import Count, Note
from inventory.outcomes import Displaced
from inventory.stock import count
from inventory.store import load_sql as sql
from inventory.store.names import Register

CHUNK = 5_000


class LoadLine(NamedTuple):
    """A count of one (node, SKU); `bin` and `safety_stock` None leave these as they are."""

    node: str
    sku: str
    quantity: int
    bin: str | None = None
    safety_stock: int | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a chunk did: `unknown` are the indexes of lines (in the chunk) whose node or SKU does not exist;
    `changed`, of the lines applied, how many said something new.
    """

    applied: int
    unknown: tuple[int, ...]
    displaced: list[Displaced]
    changed: int = 0


def load_counts(
    engine: Engine, at: datetime, lines: Iterable[LoadLine], note: Note, chunk: int = CHUNK
) -> Iterator[Loaded]:
    """Apply the counts chunk by chunk, each committed when it is yielded. A (node, SKU) comes once in a
    chunk.

    A chunk with unknown ids is not applied at all. Raises IntegrityError for a negative count.
    """
    rest, register = iter(lines), Register()
    while part := list(islice(rest, chunk)):
        with engine.begin() as conn:
            loaded = load_chunk(conn, at, part, note, register)
        yield loaded


def load_chunk(
    conn: Connection, at: datetime, lines: Sequence[LoadLine], note: Note, register: Register | None = None
) -> Loaded:
    """One chunk, in the caller's transaction, which plans by index from here on. `register`: what earlier
    chunks have learned. Raises ValueError when a (node, SKU) comes twice.
    """
    if not lines:
        return Loaded(0, (), [])
    nodes, skus, quantities, bins, safety = zip(*lines, strict=True)
    names = (register or Register()).learn(conn, set(nodes), set(skus))
    node_nos, sku_nos = _numbers(names.nodes, nodes), _numbers(names.skus, skus)
    unknown = np.flatnonzero((node_nos < 0) | (sku_nos < 0))
    if unknown.size:
        return Loaded(0, tuple(unknown.tolist()), [])
    if np.unique(node_nos << 32 | sku_nos).size != len(lines):
        raise ValueError("a position is counted twice")
    columns = (range(len(lines)), node_nos.tolist(), sku_nos.tolist(), quantities, bins, safety)
    sql.stage(conn, zip(*columns, strict=True))
    changed, short = sql.apply(conn, at, note.reference, note.actor)
    counts = [Count(lines[i].node, lines[i].sku, lines[i].quantity, note) for i in short]
    report = count(conn, at, counts) if counts else None
    return Loaded(len(lines), (), report.displaced if report else [], changed)


def _numbers(known: Mapping[str, int], ids: Sequence[str]) -> NDArray[np.int64]:
    """The ids' numbers, -1 for those that do not exist."""
    return np.fromiter(map(known.get, ids, repeat(-1)), np.int64, len(ids))
