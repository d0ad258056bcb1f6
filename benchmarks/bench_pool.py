"""The availability pool: a view beside its floor, one changed position, a look of the feed, and the memory.

The shop has 200 nodes of which every second holds a SKU, like a grocer's metro area many times over.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from sqlalchemy import Engine, text

from inventory.availability import availability
from inventory.catalogue import Catalogue, Node, Sku
from inventory.feed import Feed
from inventory.pool import AvailabilityPool, State
from inventory.pool_rows import Cells, Rows
from tests.inventory.pool_kit import T0, furnish, set_on_hand

NODES, SKUS, HELD = 200, 4_000, 100
BASKET = ("S5", "S900", "S3000")


def shop(nodes: int, skus: int) -> Catalogue:
    """N1… and S1…"""
    return Catalogue().changed(
        [
            Node(i, f"N{i}", "", "store", None, None, "", "", "", "UTC", "", True, 1)
            for i in range(1, nodes + 1)
        ],
        [
            Sku(i, f"S{i}", "", (), 0, 0, 0, 0, frozenset(), 0, True, 0, 0, None, 1)
            for i in range(1, skus + 1)
        ],
    )


def stocked(skus: int, nodes: int, held: int, seed: int = 1) -> Cells:
    """Every SKU at `held` chance nodes."""
    chance = np.random.default_rng(seed)
    node = np.concatenate([np.sort(chance.choice(nodes, held, replace=False)) for _ in range(skus)])
    free = chance.integers(0, 50, skus * held)
    sku = np.repeat(np.arange(1, skus + 1), held)
    return Cells(sku.astype(np.int32), node.astype(np.int32), free.astype(np.int32), {})


@pytest.fixture(scope="module")
def pool() -> AvailabilityPool:
    """400,000 positions in memory, without a database."""
    filled = AvailabilityPool()
    rows = Rows().write(stocked(SKUS, NODES, HELD))
    filled.state = replace(State(), catalogue=shop(NODES, SKUS), rows=rows, as_of=T0)
    return filled


def test_view_of_three_skus_over_200_nodes(benchmark: BenchmarkFixture, pool: AvailabilityPool) -> None:
    view = benchmark(pool.view, BASKET, "web")
    assert view.available.shape == (3, NODES) and view.totals.min() > 0


def test_floor_copying_a_full_table_of_three_rows(
    benchmark: BenchmarkFixture, pool: AvailabilityPool
) -> None:
    """What a table with a cell for every SKU at every node, 8 bytes each, would cost for the same answer."""
    dense = np.zeros((SKUS + 1, NODES), np.int64)
    lines = np.array([5, 900, 3000])
    dense[lines] = pool.view(BASKET, "web").available
    found = benchmark(lambda: np.maximum(dense[lines], 0))
    assert found.tolist() == pool.view(BASKET, "web").available.tolist()


def test_availability_of_50_skus_over_200_nodes(benchmark: BenchmarkFixture, pool: AvailabilityPool) -> None:
    """The largest call of `POST /v1/availability`: 10,000 cells."""
    wanted = [f"S{i}" for i in range(1, 51)]
    answer = benchmark(availability, pool, wanted, "web", T0.date())
    assert len(answer.items) == 50


def test_write_of_one_position(benchmark: BenchmarkFixture, pool: AvailabilityPool) -> None:
    """Now and then the arrays are full and move, all 400,000 positions of them."""
    five = np.array([5], np.int32)
    rows = pool.state.rows

    def write() -> Rows:
        nonlocal rows
        rows = rows.write(Cells(five, five, five, {}))
        return rows

    node, free, _ = benchmark(write).read(5)
    assert free[node == 5].tolist() == [5]


def test_a_million_positions_take_less_than_16_bytes_each(benchmark: BenchmarkFixture) -> None:
    found = stocked(10_000, 1_000, 100)
    rows = benchmark(lambda: Rows().write(found))
    benchmark.extra_info["bytes_per_position"] = round(rows.nbytes / rows.positions, 1)
    assert rows.positions == 1_000_000 and rows.nbytes < 16_000_000


@pytest.fixture
def fed(engine: Engine) -> Iterator[tuple[Engine, Feed, AvailabilityPool]]:
    """200,000 positions in the database and in a pool."""
    furnish(engine, nodes=200, skus=1_000)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("VACUUM ANALYZE position"))
    filled = AvailabilityPool()
    feed = Feed(engine, filled)
    feed.look()
    yield engine, feed, filled
    feed.close()


def test_look_that_finds_nothing(
    benchmark: BenchmarkFixture, fed: tuple[Engine, Feed, AvailabilityPool]
) -> None:
    assert benchmark(fed[1].look) is False


def test_look_that_finds_one_position(
    benchmark: BenchmarkFixture, fed: tuple[Engine, Feed, AvailabilityPool]
) -> None:
    """With the commit of the change itself, which is not durable here."""
    engine, feed, _ = fed

    def change_and_look() -> bool:
        with engine.begin() as conn:
            set_on_hand(conn, 7, 9, 3)
        return feed.look()

    assert benchmark(change_and_look) is True


def test_first_look_at_200_000_positions(
    benchmark: BenchmarkFixture, fed: tuple[Engine, Feed, AvailabilityPool]
) -> None:
    def fill() -> int:
        filled = AvailabilityPool()
        feed = Feed(fed[0], filled)
        feed.look()
        feed.close()
        return filled.state.rows.positions

    assert benchmark(fill) == 200_000
