"""Arrays lent to a compiled function: the same answers, and nothing is freed early, leaked or kept."""

import sys
from importlib import import_module
from typing import Any, NamedTuple

import numba
import numpy as np
import pytest
from numba.core.errors import TypingError

from routing.compiled import lending
from routing.problem import Floats, Ints


class Shelf(NamedTuple):
    units: Ints
    prices: Floats


@numba.njit
def worth(shelf: Shelf, factor: float) -> tuple[float, int]:
    shelf.units[0] += 1
    return factor * (shelf.units * shelf.prices).sum(), shelf.units.size


@numba.njit
def lent(shelf: Shelf, factor: float) -> Any:
    return lending(worth, (shelf, factor))


@numba.njit
def lent_by_its_maker(size: int) -> Any:
    shelf = Shelf(np.ones(size, np.int64), np.full(size, 2.0))
    return lending(worth, (shelf, 1.0))[0]


@numba.njit
def lent_rest(*everything: Any) -> Any:
    return lending(worth, everything)


@numba.njit
def larger(units: Ints) -> Ints:
    return units


@numba.njit
def kept(units: Ints) -> Any:
    return lending(larger, (units,))


def allocated() -> tuple[int, int]:
    """Arrays made and freed by compiled code so far."""
    stats: Any = import_module("numba.core.runtime._nrt_python")  # counts on demand only
    stats.memsys_enable_stats()
    return stats.memsys_get_stats_alloc(), stats.memsys_get_stats_free()


def test_what_is_lent_is_read_and_written_as_if_it_were_given() -> None:
    shelf = Shelf(np.arange(4), np.full(4, 0.5))
    before = sys.getrefcount(shelf.units), sys.getrefcount(shelf.prices)
    assert lent(shelf, 2.0) == (7.0, 4)
    assert lent_rest(shelf, 2.0) == (8.0, 4)
    assert shelf.units.tolist() == [2, 1, 2, 3]
    assert (sys.getrefcount(shelf.units), sys.getrefcount(shelf.prices)) == before


def test_what_the_lender_made_lives_as_long_as_it_is_lent_and_is_freed_then() -> None:
    assert [lent_by_its_maker(1_000) for _ in range(100)] == [2_002.0] * 100
    before = allocated()
    assert lent_by_its_maker(1_000) == 2_002.0
    made, freed = (after - known for after, known in zip(allocated(), before, strict=True))
    assert made == freed > 0


def test_a_function_that_could_keep_what_is_lent_is_refused() -> None:
    with pytest.raises(TypingError, match="what was lent might be kept"):
        kept(np.arange(3))
