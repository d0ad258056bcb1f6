"""Waves where a node may send only so many parcels a day: the bound holds, parcels get days that exist."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from inventory.catalogue_edit import put_nodes
from oms.store.versions import bump
from tests.nodes.conftest import seen
from tests.support import NODES, node_row, stock_up
from tests.waves.conftest import Shop, nodes, sell, wave

HELD = (
    "SELECT n.id || ' ' || c.day AS at, c.held FROM capacity c JOIN node n ON n.no = c.node_no"
    " WHERE c.bucket = 'ship' AND c.held > 0"
)


def limited(shop: Shop, node: str, parcels: int) -> None:
    """The node sends so many parcels a day; broad nodes are not spared."""
    assert shop.admin.put("/v1/policy", json={"breadth_weight": 0}).status_code in (200, 201)
    [one] = [spec for spec in NODES if spec.id == node]
    with shop.runtime.engine.begin() as conn:
        put_nodes(conn, [node_row(replace(one, limits={"ship": parcels}))])
        bump(conn, "network")
    shop.runtime.feed.look()
    shop.runtime.refresher.look()


def placed(shop: Shop, *order_ids: str) -> None:
    for order_id in order_ids:
        assert shop.place(order_id, ("A1", 1), method="ship").status_code == 201
        shop.runtime.feed.look()


def held_by_day(shop: Shop, node: str) -> Counter[str]:
    """Parcels that the node is to send, by its days."""
    with shop.runtime.engine.connect() as conn:
        rows = conn.exec_driver_sql(HELD).all()
    return Counter({at: held for at, held in rows if at.startswith(f"{node} ")})


def far_until_stock_comes(shop: Shop) -> Any:
    """The warehouse sends one parcel a day and has two units, so that the third order goes to a dear node;
    then it gets more. The third order's promise is still kept from the warehouse's third day.
    """
    limited(shop, "WH", 1)
    sell(shop, "WH", "A1", 8)
    sell(shop, "ST-1", "A1", 3)
    stock_up(shop.runtime, ("FAR", "A1", 5))
    placed(shop, "o-1", "o-2", "o-3")
    assert [nodes(shop, o) for o in ("o-1", "o-2", "o-3")] == [["WH"], ["WH"], ["FAR"]]
    stock_up(shop.runtime, ("WH", "A1", 2))
    shop.runtime.feed.look()
    return seen(shop, "o-3")["promise"]


def test_later_days_count_and_the_parcel_leaves_on_one_of_them(shop: Shop) -> None:
    promise = far_until_stock_comes(shop)
    told = wave(shop)
    assert nodes(shop, "o-3") == ["WH"] and seen(shop, "o-3")["promise"] == promise
    assert [(move["order_id"], move["outcome"]) for move in told["moves"]] == [("o-3", "moved")]
    assert told["after_minor"] < told["before_minor"]
    assert sorted(held_by_day(shop, "WH").values()) == [1, 1, 1], "a parcel on each of three days"
    again = wave(shop)
    price = told["after_minor"] - again["before_minor"]
    assert price > 0 and told["after_minor"] == told["bound_minor"]
    assert again["moves"] == []


@pytest.mark.parametrize("parcels", [1, 2])
def test_no_day_is_sent_more_than_it_can(shop: Shop, parcels: int) -> None:
    """Eight orders stand at a dear node when the near one gets stock for all, but has few days in time."""
    limited(shop, "WH", parcels)
    sell(shop, "WH", "A1", 10)
    sell(shop, "ST-1", "A1", 3)
    stock_up(shop.runtime, ("FAR", "A1", 20))
    placed(shop, *(f"o-{number}" for number in range(8)))
    promises = [seen(shop, f"o-{number}")["promise"] for number in range(8)]
    stock_up(shop.runtime, ("WH", "A1", 20))
    shop.runtime.feed.look()
    told = wave(shop)
    outcomes = Counter(move["outcome"] for move in told["moves"])
    days = held_by_day(shop, "WH")
    assert outcomes["moved"] == days.total() >= parcels
    assert max(days.values()) == parcels
    assert told["bound_minor"] <= told["after_minor"] <= told["before_minor"]
    assert [seen(shop, f"o-{number}")["promise"] for number in range(8)] == promises
