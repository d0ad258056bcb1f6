"""Counts by the hundred thousand: looked at in large parts, written set-based in short transactions.

A count that says what the books say anyway writes nothing: `find` tells which do not, of as many as are
given. These are written by the chunk, each its own transaction, because the feed cannot pass a transaction
that stays open. A chunk is what `stock.count` would do, in two statements whatever its size; only counts
below what is held, which displace promises, go through `stock.count` itself.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice, repeat
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine

from inventory.movements import Count, Note
from inventory.outcomes import Displaced
from inventory.stock import count
from inventory.store import load_find
from inventory.store import load_sql as sql
from inventory.store.names import Register

CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class Ids:
    """A column of ids: `texts` are those that occur, `of` says of each row which it has."""

    texts: Sequence[str]
    of: NDArray[np.int32]

    @classmethod
    def told_apart(cls, column: Sequence[str]) -> "Ids":
        """Of a column as it stands."""
        at = {text: place for place, text in enumerate(dict.fromkeys(column))}
        return cls(list(at), np.fromiter(map(at.__getitem__, column), np.int32, len(column)))

    def at(self, row: int) -> str:
        """What stands in a row."""
        return self.texts[int(self.of[row])]


class Columns(NamedTuple):
    """Counts column by column, each of one length; what the columns mean says `LoadLine`. Bin and safety
    stock are one value for all rows, or one for each.
    """

    node: Ids
    sku: Ids
    quantity: NDArray[np.int32]
    bin: str | list[str | None] | None
    safety_stock: int | list[int | None] | None


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


@dataclass(frozen=True, slots=True)
class Part:
    """Counts by number; `rows` are their rows among the counts by name; `complete`, whether all their
    positions are known to exist.
    """

    by_number: sql.Counted
    rows: NDArray[np.int64]
    named: Columns
    complete: bool = False

    def __len__(self) -> int:
        return len(self.by_number)

    def at(self, picked: NDArray[np.int64]) -> "Part":
        """Some of them."""
        return replace(self, by_number=self.by_number.at(picked), rows=self.rows[picked])


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
    node, sku, quantity, bins, safety_stocks = zip(*lines, strict=True)
    named = Columns(
        Ids.told_apart(node),
        Ids.told_apart(sku),
        np.array(quantity, np.int32),
        sql.alike(bins),
        sql.alike(safety_stocks),
    )
    part, unknown = numbered(conn, named, register or Register())
    return write(conn, at, part, note) if part else Loaded(0, unknown, [])


def numbered(
    conn: Connection, named: Columns, register: Register
) -> tuple[Part, tuple[()]] | tuple[None, tuple[int, ...]]:
    """The counts by number, or the rows whose node or SKU does not exist. Raises ValueError when a
    (node, SKU) comes twice.
    """
    names = register.learn(conn, named.node.texts, named.sku.texts)
    node_no, sku_no = _numbers(names.nodes, named.node), _numbers(names.skus, named.sku)
    unknown = np.flatnonzero((node_no < 0) | (sku_no < 0))
    if unknown.size:
        return None, tuple(unknown.tolist())
    keys = np.sort(sku_no.astype(np.int64) << 32 | node_no)
    if (keys[1:] == keys[:-1]).any():
        raise ValueError("a position is counted twice")
    counted = sql.Counted(node_no, sku_no, named.quantity, named.bin, named.safety_stock)
    return Part(counted, np.arange(len(counted)), named), ()


def find(conn: Connection, part: Part) -> Part:
    """The counts that say something new, in the order of locks."""
    new, missing = load_find.find(conn, part.by_number)
    return replace(part.at(new), complete=not missing)


def write(conn: Connection, at: datetime, part: Part, note: Note) -> Loaded:
    """Enter and write the counts that say something new, in the caller's transaction, which plans by index
    from here on.
    """
    if not part.complete:
        sql.make(conn, part.by_number)
    changed, short = sql.apply(conn, at, part.by_number, note.reference, note.actor)
    named = part.named
    rows = part.rows[short].tolist()
    counts = [Count(named.node.at(row), named.sku.at(row), int(named.quantity[row]), note) for row in rows]
    report = count(conn, at, counts) if counts else None
    return Loaded(len(part), (), report.displaced if report else [], changed)


def _numbers(known: Mapping[str, int], ids: Ids) -> NDArray[np.int32]:
    """The ids' numbers, -1 for those that do not exist."""
    numbers = np.fromiter(map(known.get, ids.texts, repeat(-1)), np.int32, len(ids.texts))
    return numbers[ids.of]
