"""Two server processes, many clients at once: nothing oversold, nobody refused while stock remains.

The full form is `make soak`; this is the same with fewer steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from benchmarks.race_checkout import RACES, UNITS, books, carts_race, shop, shoppers_race, wrongs
from benchmarks.race_shoppers import Denied, Held, Shopper, spurious, still_held
from benchmarks.race_tills import tills_race
from benchmarks.serving import Servers


@pytest.fixture
def servers(fresh_database: Callable[[], str], tmp_path: Path) -> Iterator[Servers]:
    with shop(fresh_database(), tmp_path) as found:
        yield found


@pytest.mark.slow
def test_two_processes_sell_every_unit_once(servers: Servers) -> None:
    carts = carts_race(servers)
    assert carts["orders"] == RACES * UNITS
    shoppers = shoppers_race(servers, steps=12)
    tills = tills_race(servers, steps=8)
    assert tills["displacements"] > 0
    assert not wrongs({"carts": carts, "shoppers": shoppers, "tills": tills, "books": books(servers)})
    given = shoppers["answers"]
    assert given["order 201"] > 64 and given["reserve 200"] > 64
    assert given["buy 201"] > 0 and given["void 200"] > 0 and given["cancel 200"] > 0


def test_a_spurious_refusal_would_be_seen() -> None:
    with httpx.Client() as client:
        one, other = Shopper(1, client, []), Shopper(2, client, [])
    one.ordered["o"] = Held("H", 2, since=5)
    other.given_back.append(Held("H", 2, since=1, until=3))
    other.reserved["r"] = Held("OTHER", 5, since=0)
    other.denied = [Denied("H", 1, 2, 2.5), Denied("H", 2, 3.5, 4), Denied("H", 3, 3.5, 6)]
    assert spurious([one, other], stock=2) == 1, "the second, when nobody held any"
    assert spurious([one, other], stock=3) == 2
    assert still_held([one, other]) == {"H": 2, "OTHER": 5}
