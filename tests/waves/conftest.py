"""The furnished world with a case that routing one by one gets wrong."""

from __future__ import annotations

from typing import Any

from oms.usecases.waves import run_waves
from tests.checkout.conftest import Shop, shop
from tests.nodes.conftest import seen

__all__ = ["Shop", "shop"]


def sell(shop: Shop, node: str, sku: str, units: int) -> None:
    """Units that leave over the counter."""
    movement = {"node": node, "sku": sku, "cause": "sale", "quantity": units}
    answer = shop.post("/v1/stock/movements", {"movements": [movement]}, shop.admin)
    assert answer.status_code == 201, answer.text
    shop.runtime.feed.look()


def crossed(shop: Shop) -> None:
    """o-1 took the last handle of the warehouse, so o-2 gets its handle from a store, in a second parcel."""
    answer = shop.admin.put("/v1/policy", json={"breadth_weight": 0})
    assert answer.status_code in (200, 201), answer.text
    shop.runtime.refresher.look()
    sell(shop, "WH", "A1", 9)
    sell(shop, "ST-1", "B2", 4)
    assert shop.place("o-1", ("A1", 1), method="ship").status_code == 201
    shop.runtime.feed.look()
    assert shop.place("o-2", ("A1", 1), ("B2", 1), method="ship").status_code == 201
    shop.runtime.feed.look()
    assert nodes(shop, "o-1") == ["WH"]
    assert nodes(shop, "o-2") == ["ST-1", "WH"]


def nodes(shop: Shop, order_id: str) -> list[str]:
    """Nodes that have work for the order now."""
    jobs = seen(shop, order_id)["fulfilment_orders"]
    return sorted(job["node"] for job in jobs if job["state"] not in ("cancelled", "rejected"))


def wave(shop: Shop, **body: Any) -> Any:
    """A wave asked for and done."""
    asked = shop.post("/v1/waves", {"deadline_s": 5, **body}, shop.admin)
    assert asked.status_code == 202, asked.text
    run_waves(shop.runtime)
    return shop.admin.get(asked.headers["Location"]).json()
