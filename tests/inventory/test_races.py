"""Many at once: nothing oversold, nobody refused while units remain, nobody dead-locked."""

import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

from sqlalchemy import Engine

from benchmarks.race_stock import deadlocks, play
from benchmarks.race_stock import furnish as furnish_race
from inventory import stock, stock_settings
from inventory.movements import Change, FenceLine, SafetyStock
from inventory.outcomes import Insufficient, Reserved
from inventory.requests import ReserveLine, ReserveRequest, Shelf
from inventory.stock_reserve import reserve
from oms.store.database import connect
from tests.inventory.ledger_check import faults
from tests.inventory.shop import T0, furnish, minutes, position


def _cart(engine: Engine, name: str, sku: str, channel: str = "web", quantity: int = 1) -> str:
    line = ReserveLine("1", sku, quantity, Shelf("N0"))
    with engine.begin() as conn:
        [outcome] = reserve(conn, T0, [ReserveRequest(name, channel, name, "", (line,), minutes(15))])
    return type(outcome).__name__


def _carts(url: str, process: int, rounds: int) -> list[list[str]]:
    """Ten carts of one process in each round, all at once."""
    engine = connect(url)
    found = []
    with ThreadPoolExecutor(10) as pool:
        for turn in range(rounds):
            names = [f"{turn}-{process}-{i}" for i in range(10)]
            found.append(list(pool.map(lambda name, sku=f"S{turn}": _cart(engine, name, sku), names)))
    engine.dispose()
    return found


def test_of_twenty_carts_in_two_processes_five_get_the_five_units(fresh_database: Callable[[], str]) -> None:
    url, rounds = fresh_database(), 20
    engine = connect(url)
    with engine.begin() as conn:
        furnish(conn, nodes=1, skus=rounds)
        stock.receive(conn, T0, [Change("N0", f"S{turn}", 5) for turn in range(rounds)])
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        one, other = (pool.submit(_carts, url, process, rounds) for process in range(2))
        answers = [a + b for a, b in zip(one.result(), other.result(), strict=True)]
    assert [turn.count("Reserved") for turn in answers] == [5] * rounds
    assert [turn.count("Insufficient") for turn in answers] == [15] * rounds
    with engine.connect() as conn:
        assert [position(conn, "N0", f"S{turn}") for turn in range(rounds)] == [(5, 5)] * rounds
        assert faults(conn) == {}
    engine.dispose()


def test_all_verbs_at_once_keep_the_books_and_never_dead_lock(fresh_database: Callable[[], str]) -> None:
    engine = connect(fresh_database(), pool_size=64)
    with engine.begin() as conn:
        scene = furnish_race(conn, nodes=3, skus=6, cap=30)
    play(engine, scene, clients=64, steps=15, seed=1)
    time.sleep(1.2)  # the server publishes its statistics about once a second
    with engine.connect() as conn:
        assert deadlocks(conn) == 0
        assert faults(conn) == {}
    assert scene.counts["reserve: Reserved"] > 50
    assert scene.counts["post: Posted"] > 5
    engine.dispose()


def test_no_channel_gets_beyond_its_fences_and_the_safety_stock(engine: Engine) -> None:
    with engine.begin() as conn:
        furnish(conn, nodes=1, skus=1)
        stock.receive(conn, T0, [Change("N0", "S0", 30)])
        stock_settings.set_safety_stock(conn, T0, [SafetyStock("N0", "S0", 4)])
        fences = [("web", 6), ("app", 5)]
        lines = [FenceLine("N0", "S0", name, frozenset({name}), units) for name, units in fences]
        stock_settings.set_fences(conn, T0, lines)
    carts = [(f"{channel}{i}", channel) for i in range(40) for channel in ("web", "app", "store")]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda cart: (cart[1], _cart(engine, cart[0], "S0", cart[1])), carts))
    got = {channel: answers.count((channel, Reserved.__name__)) for channel in ("web", "app", "store")}
    assert {answer for _, answer in answers} == {Reserved.__name__, Insufficient.__name__}
    assert sum(got.values()) == 26  # everything but the safety stock: nobody was refused while units remained
    assert got["store"] <= 15
    assert got["web"] >= 6
    assert got["app"] >= 5
    with engine.connect() as conn:
        assert faults(conn) == {}
