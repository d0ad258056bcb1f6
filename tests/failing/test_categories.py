"""SKUs of one category are learned together, whatever their flags; all that reckons with it agrees."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from oms.actors import SYSTEM
from oms.orders.quote import Quote
from oms.store.failing import evidence
from oms.usecases.promises import read_quote
from oms.usecases.safety_stocks import Costs, propose
from tests.checkout.test_quick_promises import asked, quickly, slowly
from tests.failing.conftest import Shop, blades_missing, chances, learn, reckoned, rejected
from tests.failing.conftest import shop as shop
from tests.picking.conftest import Floor
from tests.picking.conftest import floor as floor
from tests.support import SKUS, stock_up


def categorised(shop: Shop, **categories: str) -> None:
    """Name the categories of these SKUs, the blades' flags too."""
    for row in SKUS:
        if row.id in categories:
            body: dict[str, Any] = {
                "name": row.name, "weight_g": row.weight_g, "unit_price_minor": row.unit_price_minor,
                "category": categories[row.id], "flags": ["sharp"] if row.id == "B2" else [],
            }  # fmt: skip
            answer = shop.admin.put(f"/v1/skus/{row.id}", json=body)
            assert answer.status_code == 200, answer.text
    shop.runtime.refresher.look()
    shop.runtime.feed.look()


def test_picks_and_rejects_count_for_the_category(floor: Floor) -> None:
    shop = floor.shop
    categorised(shop, A1="Shaving", B2="Shaving", C3="Light")
    blades_missing(floor)
    rejected(shop, "o-2", "no_staff")
    with shop.runtime.engine.connect() as conn:
        [counted] = evidence(conn, shop.watch.now(), ["not_in_stock"])
    assert (counted.node, counted.goods) == ("WH", "Shaving")
    lines = (counted.tried, counted.missing, counted.refused)
    assert lines == pytest.approx((3, 1, 1), rel=0.02), "hours ago"
    learn(shop)
    known, network = chances(shop), shop.runtime.networks.current.network
    assert {goods for _, goods in known} == {"", "Shaving"}
    assert network.fails[network.goods["Shaving"], network.index["WH"]] == known["WH", "Shaving"][1]
    stock_up(shop.runtime, ("WH", "B2", 5))
    proposed = propose(shop.runtime, SYSTEM, "WH", Costs(0.3, {"web": 200.0})).rows
    not_found = known["WH", "Shaving"][0]
    assert {row.sku: row.not_found for row in proposed} == {"A1": not_found, "B2": not_found}
    assert not_found > known["WH", ""][0]


def test_promises_and_orders_reckon_with_the_category_of_each_line(shop: Shop) -> None:
    reckoned(shop, 600)
    categorised(shop, A1="Shaving", C3="Light")
    stock_up(shop.runtime, ("ST-1", "A1", 20), ("WH", "A1", 20), ("WH", "C3", 20), ("ST-1", "C3", 20))
    for n in range(4):
        rejected(shop, f"r-{n}", "no_staff")
    learn(shop)
    known = chances(shop)
    assert known["WH", "Shaving"][1] > known["WH", ""][1] > 0
    for lines in ([("A1", 1)], [("C3", 2)], [("A1", 1), ("C3", 2)]):
        told, whole = quickly(shop, SYSTEM, asked(lines)), slowly(shop, SYSTEM, asked(lines))
        assert told is not None, "as plain as a basket without categories"
        quick = orjson.loads(told)
        assert quick["options"] == whole["options"] and quick["unavailable"] == whole["unavailable"]
        quotes: list[Quote] = [read_quote(shop.runtime, found["quote_id"]) for found in (quick, whole)]
        assert quotes[0].options == quotes[1].options
        goods = {"A1": "Shaving", "C3": ""}  # of light nothing was learned: as plain goods
        for option in whole["options"]:
            if len(option["parcels"]) == 1:
                node = option["parcels"][0]["node"]
                felt = sum(600 * known[node, goods[sku]][1] * units for sku, units in lines)
                assert option["cost_to_serve"]["rejection_minor"] == pytest.approx(felt)
    placed = shop.place("o-1", ("A1", 1), method="ship")
    assert placed.status_code == 201, placed.text
    shop.runtime.feed.look()
    decision = shop.admin.get("/v1/orders/o-1/decisions").json()["decisions"][-1]
    [sent] = [one for one in decision["explanation"] if one["kind"] == "parcel"]
    assert sent["terms_minor"]["failing"] == pytest.approx(600 * known[sent["node"], "Shaving"][1])
