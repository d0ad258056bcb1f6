"""Nodes that often cannot send lose orders they would otherwise win, and explanations say so."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from oms.usecases import failing
from oms.usecases.decisions import one_explained
from oms.usecases.offers import expire_offers
from tests.checkout.conftest import basket
from tests.failing.conftest import Shop, chances, first_node, learn, reckoned, rejected
from tests.nodes.conftest import offered
from tests.support import HOME, stock_up


def explained(shop: Shop, order_id: str) -> Any:
    answer = shop.admin.get(f"/v1/orders/{order_id}/decisions")
    assert answer.status_code == 200, answer.text
    return answer.json()["decisions"][-1]


def often_rejecting(shop: Shop, orders: int = 6) -> None:
    """The warehouse gives back whatever it is offered: nobody is there."""
    stock_up(shop.runtime, ("ST-1", "A1", 20), ("WH", "A1", 20))
    for n in range(orders):
        rejected(shop, f"r-{n}", "no_staff")


def test_a_node_that_often_rejects_loses_an_order_it_would_narrowly_win(shop: Shop) -> None:
    reckoned(shop, 600)
    assert first_node(shop, "o-before") == "WH", "a dollar cheaper than the store"
    often_rejecting(shop)
    assert first_node(shop, "o-unlearned") == "WH"
    assert learn(shop) == 4, "four nodes, plain goods"
    _, not_sent = chances(shop)["WH", ""]
    assert 0.2 < not_sent < 0.9
    assert first_node(shop, "o-after") == "ST-1"
    decision = explained(shop, "o-after")
    [lost] = [one for one in decision["explanation"] if one.get("node") == "WH" and one["kind"] == "node"]
    assert lost["term"] == "failing"
    assert "the risk that it cannot send them after all" in lost["sentence"]
    [sent] = [one for one in decision["explanation"] if one["kind"] == "parcel"]
    assert sent["terms_minor"]["failing"] == pytest.approx(600 * chances(shop)["ST-1", ""][1])
    assert sent["terms_minor"]["bid_prices"] == pytest.approx(0)
    with shop.runtime.engine.connect() as conn:
        assert one_explained(conn, decision["id"])["recomputed"]


def test_promises_of_both_ways_reckon_with_what_was_learned(shop: Shop) -> None:
    """The compiled way answers a plain basket, the other one a kit's; both leave the warehouse out."""
    reckoned(shop, 600)
    often_rejecting(shop)
    learn(shop)
    felt = 600 * chances(shop)["ST-1", ""][1]
    for sku, units in (("A1", 1), ("K1", 3)):
        body = {"lines": basket((sku, 1)), "destination": HOME, "methods": ["ship"]}
        option = shop.admin.post("/v1/promises", json=body | {"channel": "web"}).json()["options"][0]
        assert option["cost_to_serve"]["rejection_minor"] == pytest.approx(units * felt)
        assert [parcel["node"] for parcel in option["parcels"]] == ["ST-1"]


def test_without_a_price_for_it_nothing_changes(shop: Shop) -> None:
    reckoned(shop, 0)
    often_rejecting(shop)
    learn(shop)
    assert first_node(shop, "o-after") == "WH"
    assert "failing" in explained(shop, "o-after")["explanation"][0]["terms_minor"]


def test_only_reasons_of_the_shelf_say_that_a_unit_is_missing(shop: Shop) -> None:
    often_rejecting(shop, 3)
    learn(shop)
    found, sent = chances(shop)["WH", ""]
    assert found < 0.05 < sent
    stock_up(shop.runtime, ("WH", "A1", 5))
    rejected(shop, "s-1", "damaged")
    learn(shop)
    assert chances(shop)["WH", ""][0] > found


def test_an_offer_that_runs_out_is_a_unit_not_sent(shop: Shop) -> None:
    offered(shop, "o-1", ("A1", 1))
    shop.watch.forward(hours=2)
    assert expire_offers(shop.runtime) == 1
    learn(shop)
    found, sent = chances(shop)["WH", ""]
    assert found < 0.05 < sent


def test_what_a_retailer_believes_of_a_node_stands_until_it_is_known_better(shop: Shop) -> None:
    with shop.runtime.engine.begin() as conn:
        told = text("UPDATE node SET profile = profile || '{\"reject_probability\": 0.4}' WHERE id = 'FAR'")
        conn.execute(told)
    often_rejecting(shop, 2)
    learn(shop)
    assert chances(shop)["FAR", ""][1] == pytest.approx(0.4, rel=0.1)


def test_old_lines_count_for_less(shop: Shop) -> None:
    often_rejecting(shop, 2)
    learn(shop)
    before = chances(shop)["WH", ""][1]
    shop.watch.forward(days=100)
    learn(shop)
    assert chances(shop)["WH", ""][1] < before
    shop.watch.forward(days=100)
    assert learn(shop) == 0, "nothing is remembered of half a year ago"


def test_a_slow_drift_is_kept_once_it_adds_up_and_seen_by_all(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    often_rejecting(shop)
    learn(shop)
    known = chances(shop)
    network = shop.runtime.networks.current.network
    monkeypatch.setattr(failing, "MOVED", 0.02)
    days = 0
    while chances(shop) == known:
        assert shop.runtime.networks.current.network is network
        shop.watch.forward(days=5)
        learn(shop)
        days += 5
    assert days > 5, "the first step was too small to tell"
    moved = abs(chances(shop)["WH", ""][1] - known["WH", ""][1])
    assert moved >= 0.02
    assert shop.runtime.networks.current.network is not network
