"""A checkout is told the same by the compiled way as by the one that explains and decides."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from oms.actors import SYSTEM, Actor, Role
from oms.orders.quote import Wanted, Whereabouts
from oms.usecases import promises, quick_promises
from oms.usecases.promises import Basket, read_quote
from tests.checkout.conftest import Shop
from tests.support import HOME

ALL = ("ship", "pickup", "courier")
STOREFRONT = replace(SYSTEM, role=Role.STOREFRONT, grants=frozenset())
BASKETS = {
    "one": [("A1", 1)],
    "two": [("A1", 2), ("B2", 1)],
    "three": [("A1", 1), ("B2", 1), ("C3", 1)],
    "the shelf": [("A1", 3), ("C3", 1)],
}
FAR = {"lat": 34.05, "lon": -118.24, "postcode": "90012"}


def wanted(lines: list[tuple[str, int]], **place: Any) -> Basket:
    at = {**HOME, **place}
    return Basket(
        tuple(Wanted(str(number), sku, quantity) for number, (sku, quantity) in enumerate(lines, 1)),
        "web",
        ALL,
        Whereabouts(at["country"], at["postcode"], None, at["lat"], at["lon"]),
    )


@pytest.mark.parametrize("actor", [SYSTEM, STOREFRONT], ids=["sees all", "storefront"])
@pytest.mark.parametrize("place", [{}, FAR], ids=["home", "far"])
@pytest.mark.parametrize("lines", BASKETS.values(), ids=BASKETS)
def test_both_ways_tell_a_checkout_the_same(
    shop: Shop, lines: list[tuple[str, int]], place: dict[str, Any], actor: Actor
) -> None:
    basket, runtime = wanted(lines, **place), shop.runtime
    asked = promises.question_of(runtime, actor, basket)
    quick = quick_promises._quick(runtime, actor, basket, asked)
    assert quick is not None, "a plain basket"
    whole = promises.promise(runtime, actor, basket)
    mine, theirs = (read_quote(runtime, found.pop("quote_id")) for found in (quick, whole))
    assert mine == replace(theirs, id=mine.id)
    quick["options"] = [{**option, "tags": list(option["tags"])} for option in quick["options"]]
    for found in (quick, whole):
        found.pop("as_of")  # the pool may have moved on between the two
    assert quick == whole


@pytest.mark.parametrize(
    "lines",
    [[("K1", 1)], [("A1", 11)], [("A1", 2), ("B2", 200)]],
    ids=["kit", "one node twice", "too many states"],
)
def test_what_is_not_plain_takes_the_long_way(shop: Shop, lines: list[tuple[str, int]]) -> None:
    basket = wanted(lines)
    asked = promises.question_of(shop.runtime, SYSTEM, basket)
    assert quick_promises._quick(shop.runtime, SYSTEM, basket, asked) is None
    found = quick_promises.promise(shop.runtime, SYSTEM, basket)
    assert found["options"] or found["unavailable"]
