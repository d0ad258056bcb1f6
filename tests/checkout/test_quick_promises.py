"""A checkout is told the same by the compiled way as by the one that explains and decides."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from api.routes.checkout import whereabouts
from api.wire.checkout import PromisesAsk
from oms.actors import SYSTEM, Actor, Role
from oms.orders.quote import Wanted
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
PLACE = ("country", "postcode", "lat", "lon")
FAR = {"lat": 34.05, "lon": -118.24, "postcode": "90012"}


def asked(lines: list[tuple[str, int]], **place: Any) -> PromisesAsk:
    where = {name: value for name, value in {**HOME, **place}.items() if name in PLACE}
    wanted = [{"id": str(n), "sku": sku, "quantity": units} for n, (sku, units) in enumerate(lines, 1)]
    return PromisesAsk.model_validate({"lines": wanted, "destination": where})


def quickly(shop: Shop, actor: Actor, ask: PromisesAsk) -> bytes | None:
    return quick_promises.promise(shop.runtime, actor, ask, whereabouts(ask.destination), ALL)


def slowly(shop: Shop, actor: Actor, ask: PromisesAsk) -> Any:
    wanted = tuple(Wanted(line.id, line.sku, line.quantity) for line in ask.lines)
    basket = Basket(wanted, ask.channel, ALL, whereabouts(ask.destination))
    return orjson.loads(orjson.dumps(promises.promise(shop.runtime, actor, basket)))


@pytest.mark.parametrize("actor", [SYSTEM, STOREFRONT], ids=["sees all", "storefront"])
@pytest.mark.parametrize("place", [{}, FAR], ids=["home", "far"])
@pytest.mark.parametrize("lines", BASKETS.values(), ids=BASKETS)
def test_both_ways_tell_a_checkout_the_same(
    shop: Shop, lines: list[tuple[str, int]], place: dict[str, Any], actor: Actor
) -> None:
    ask = asked(lines, **place)
    while True:
        breadth = shop.runtime.pool.breadth
        told, whole = quickly(shop, actor, ask), slowly(shop, actor, ask)
        if breadth is shop.runtime.pool.breadth:  # what nodes are worth was not weighed anew between the two
            break
    assert told is not None, "a plain basket"
    quick = orjson.loads(told)
    mine, theirs = (read_quote(shop.runtime, found.pop("quote_id")) for found in (quick, whole))
    assert mine == replace(theirs, id=mine.id)
    for found in (quick, whole):
        found.pop("as_of")  # the pool may have moved on between the two
    assert quick == whole
    assert list(quick) == list(whole), "in the same order"


@pytest.mark.parametrize(
    "lines",
    [
        [("K1", 1)],
        [("A1", 11)],
        [("A1", 2), ("B2", 200)],
        [("A1", 1), ("A1", 1)],
        [("no-such", 1)],
    ],
    ids=["kit", "one node twice", "too many states", "one SKU twice", "unknown"],
)
def test_what_is_not_plain_takes_the_long_way(shop: Shop, lines: list[tuple[str, int]]) -> None:
    assert quickly(shop, SYSTEM, asked(lines)) is None
