"""The numbers of the pool: one row per SKU in two shared arrays, read without locks while one thread writes.

A row is the run `[at, at + count)` of two parallel arrays: node indices ascending, and free units before
fences. `starts[sku_no]` packs `at` and `count` into one integer. A changed row is written anew behind the
last one and then that one integer is replaced: a reader finds the old row or the new, never half of each.
Fences are kept by where their row starts, so they change in the same instant. What is overwritten is left to
old readers and dropped when the arrays are full and move. 8 bytes per position, and a quarter to spare.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SHIFT = 24  # a row has fewer than 2^24 nodes, the arrays fewer than 2^39 entries
MASK = (1 << SHIFT) - 1
BLOCKED = -(
    10**9
)  # free units of a blocked position: no fence given back or reservation of one's own lifts it

_SPARE = 1 << 16
_COPIED_AT_ONCE = 1 << 14  # rows; bounds the memory a move needs on top


@dataclass(frozen=True, slots=True)
class KeptFor:
    """`quantity` units at the node (by index) that only `channels` may have."""

    node: int
    channels: frozenset[str]
    quantity: int


@dataclass(frozen=True, slots=True)
class Cells:
    """Some positions: parallel arrays of SKU number, node index and free units (before fences); int32.

    `fences` holds, for every SKU that has any, all of its fences. SKUs in `touched` or in a cell and not in
    `fences` have none.
    """

    sku: NDArray[np.int32]
    node: NDArray[np.int32]
    free: NDArray[np.int32]
    fences: Mapping[int, tuple[KeptFor, ...]]
    touched: Collection[int] = ()


class Rows:
    """The arrays. `write` is for one thread at a time; all else for any number of them."""

    __slots__ = ("_fences", "_free", "_live", "_node", "_starts", "_used")

    def __init__(self, positions: int = 0, sku_max: int = 0) -> None:
        capacity = positions + positions // 4 + _SPARE
        self._node = np.zeros(capacity, np.int32)
        self._free = np.zeros(capacity, np.int32)
        self._starts = np.zeros(sku_max + 1024, np.int64)
        self._fences: dict[int, tuple[KeptFor, ...]] = {}
        self._used = 0
        self._live = 0

    @property
    def positions(self) -> int:
        """How many positions there are."""
        return self._live

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays."""
        return self._node.nbytes + self._free.nbytes + self._starts.nbytes

    def place(self, sku_no: int) -> int:
        """Where the SKU's row stands: another number after every change of it."""
        return int(self._starts.item(sku_no)) if sku_no < self._starts.size else 0

    def read(self, sku_no: int) -> tuple[NDArray[np.int32], NDArray[np.int32], tuple[KeptFor, ...]]:
        """The row of one SKU as it is in one instant: node indices, free units before fences, fences."""
        packed = self.place(sku_no)
        at = packed >> SHIFT
        end = at + (packed & MASK)
        fences = self._fences.get(at, ()) if self._fences and end > at else ()
        return self._node[at:end], self._free[at:end], fences

    @property
    def columns(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Node indices and free units before fences, all rows one behind the other."""
        return self._node, self._free

    def run(self, sku_no: int) -> tuple[int, int] | None:
        """Where in the columns the row of one SKU begins and ends; None where fences take some of it."""
        packed = self.place(sku_no)
        at = packed >> SHIFT
        return None if self._fences and at in self._fences else (at, at + (packed & MASK))

    def write(self, cells: Cells) -> "Rows":
        """Put these cells in; answers the rows to read from now on, which are other ones after a move."""
        skus = np.unique(np.concatenate([cells.sku, np.fromiter(cells.touched, np.int32)]))
        if not skus.size:
            return self
        if skus[-1] >= self._starts.size:
            return self.moved(sku_max=int(skus[-1]) * 5 // 4).write(cells)
        sku, node, free = self._merged(skus, cells)
        if self._used + sku.size > self._node.size:
            return self.moved(room=sku.size)._put(skus, sku, node, free, cells.fences)
        return self._put(skus, sku, node, free, cells.fences)

    def moved(self, room: int = 0, sku_max: int = 0) -> "Rows":
        """A copy without what was overwritten, with room for more positions and these SKU numbers."""
        to = Rows(self._live + room, max(sku_max, self._starts.size))
        for skus in self._present():
            at, count = self._starts[skus] >> SHIFT, self._starts[skus] & MASK
            ends = to._used + np.cumsum(count)
            begin, end, starts = to._used, int(ends[-1]), ends - count
            where = np.repeat(at - starts, count)
            where += np.arange(begin, end)
            for old, new in ((self._node, to._node), (self._free, to._free)):
                old.take(where, out=new[begin:end], mode="clip")  # other modes copy twice
            if self._fences:
                to._fences |= self._fences_of(at[count > 0], starts[count > 0])
            to._starts[skus] = starts << SHIFT | count
            to._used = end
        to._live = to._used
        return to

    def _fences_of(self, at: NDArray[np.int64], to: NDArray[np.int64]) -> dict[int, tuple[KeptFor, ...]]:
        """The fences of rows that stand `at` these places, by where they move `to`."""
        places = zip(at.tolist(), to.tolist(), strict=True)
        return {new: kept for old, new in places if (kept := self._fences.get(old))}

    def breadth(self, nodes: int) -> NDArray[np.float64]:
        """Per node index the share of the SKUs in stock anywhere of which the node has any; fences aside."""
        has, anywhere = np.zeros(nodes, np.int64), 0
        for skus in self._present():
            sku, node, free = self._gather(skus)
            has += np.bincount(node[free > 0], minlength=nodes)
            anywhere += np.unique(sku[free > 0]).size
        return has / max(1, anywhere)

    def _present(self) -> Iterator[NDArray[np.int64]]:
        present = np.flatnonzero(self._starts)
        for i in range(0, present.size, _COPIED_AT_ONCE):
            yield present[i : i + _COPIED_AT_ONCE]

    def _gather(
        self, skus: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
        """The rows of these SKUs one after the other, with the SKU number beside each position."""
        at, count = self._starts[skus] >> SHIFT, self._starts[skus] & MASK
        skipped = np.repeat(at - (np.cumsum(count) - count), count)
        where = skipped + np.arange(skipped.size)
        return np.repeat(skus, count), self._node[where], self._free[where]

    def _merged(
        self, skus: NDArray[np.int64], cells: Cells
    ) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
        """The rows of these SKUs with the cells written over them, by SKU and node."""
        old_sku, old_node, old_free = self._gather(skus.astype(np.int64))
        key = np.concatenate([old_sku << 32 | old_node, cells.sku.astype(np.int64) << 32 | cells.node])
        order = np.argsort(key, kind="stable")  # of equal keys the cell comes after the old position
        key = key[order]
        last = np.append(key[1:] != key[:-1], True) if key.size else np.empty(0, bool)
        free = np.concatenate([old_free, cells.free])[order][last]
        key = key[last]
        return key >> 32, (key & 0xFFFFFFFF).astype(np.int32), free

    def _put(
        self,
        skus: NDArray[np.int64],
        sku: NDArray[np.int64],
        node: NDArray[np.int32],
        free: NDArray[np.int32],
        fences: Mapping[int, tuple[KeptFor, ...]],
    ) -> "Rows":
        """Append the rows of `skus` (ascending; positions sorted by SKU and node) and point to them."""
        first = np.searchsorted(sku, skus)
        count = np.searchsorted(sku, skus, side="right") - first
        assert count.max(initial=0) <= MASK
        begin, end = self._used, self._used + sku.size
        self._node[begin:end] = node
        self._free[begin:end] = free
        for no, kept in fences.items():
            i = int(np.searchsorted(skus, no))
            if kept and i < skus.size and skus[i] == no:
                self._fences[begin + int(first[i])] = kept
        self._live += sku.size - int((self._starts[skus] & MASK).sum())
        self._used = end
        self._starts[skus] = ((begin + first) << SHIFT) | count
        return self
