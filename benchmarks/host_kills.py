"""Under load, again and again: a host dies, another joins. No acknowledged order is lost, none doubled."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

from benchmarks.crash import wrongs
from benchmarks.crash_clients import Client, Load
from benchmarks.crash_proof import compared, read_books, replayed, settled
from benchmarks.host_house import START_S, Hosts, ready
from oms.adapters.clock import elapsed_s
from tests.platform.waiting import eventually

PATIENCE_S = 120.0
BETWEEN = 20
"""Requests answered for good between one event and the next."""


def run(house: Hosts, turns: int, clients: int, seed: int = 1) -> dict[str, Any]:
    """The figures; `wrong` has those that should be zero and are not. There must be two servers at least."""
    load, joined_s = Load(house), []
    dice = random.Random(seed)
    with shopping(load, clients, seed):
        acknowledged(load, BETWEEN)
        for _ in range(turns):
            house.kill(dice.choice(house.bases))
            acknowledged(load, BETWEEN)
            begun_s = elapsed_s()
            base = house.begin()
            assert eventually(partial(ready, base), START_S), house.log.read_text()
            joined_s.append(round(elapsed_s() - begun_s, 1))
            acknowledged(load, BETWEEN)
    books = read_books(house.engine)
    found = compared(books, load.told) | settled(house, load.told, books) | replayed(house, load.told)
    after = {f"after_replays_{name}": n for name, n in compared(read_books(house.engine), load.told).items()}
    found |= after | {"unexpected_answers": load.odd.total(), "unexpected_how": dict(load.odd)}
    about = {
        "killed": turns,
        "joined_after_s": joined_s,
        "requests": len(load.told),
        "retries": sum(one.tries - 1 for one in load.told if one.tries),
    }
    return {**about, **found, "wrong": wrongs(found)}


@contextmanager
def shopping(load: Load, clients: int, seed: int) -> Iterator[None]:
    """Clients that order, reserve, buy, cancel, receive and pick at all hosts while the block runs."""
    with ThreadPoolExecutor(clients) as pool:
        each = [Client(no, load, random.Random(f"{seed}/{no}")) for no in range(clients)]
        at_work = [pool.submit(one.live) for one in each]
        try:
            yield
        finally:
            load.stop.set()
        for one in at_work:
            one.result()


def acknowledged(load: Load, more: int) -> None:
    """Wait until so many more requests were answered for good."""

    def done() -> int:
        return sum(1 for one in load.told if one.status)

    wanted = done() + more
    assert eventually(lambda: done() >= wanted, PATIENCE_S), load.failures
