"""The furnished world, where nodes do not always do what they are asked."""

from __future__ import annotations

from typing import Any

from oms.store.failing import learned
from oms.usecases.failing import learn_failing
from tests.checkout.conftest import Shop, shop
from tests.nodes.conftest import did, offered, seen
from tests.picking.conftest import Floor

__all__ = ["Shop", "shop"]


def reckoned(shop: Shop, minor: int) -> None:
    """What a unit that a node cannot send is felt to cost; nothing else is felt."""
    answer = shop.admin.put("/v1/policy", json={"breadth_weight": 0, "resource_minor": minor})
    assert answer.status_code in (200, 201), answer.text
    shop.runtime.refresher.look()


def rejected(shop: Shop, order_id: str, reason: str, sku: str = "A1") -> None:
    """An order that its node gives back."""
    did(shop, offered(shop, order_id, (sku, 1)), "reject", reason=reason)
    shop.runtime.feed.look()


def blades_missing(floor: Floor) -> None:
    """A handle and two blades are to be picked, and the blades are not on their shelf."""
    floor.accepted("o-1", ("A1", 1), ("B2", 2))
    found = floor.claimed()
    for task in found["tasks"]:
        if task["sku"] == "B2":
            lacking = {"quantity": 2, "reason": "not_in_stock"}
            assert floor.do(found, task["no"], "short", lacking).status_code == 200
        else:
            floor.pick(found, task["no"], 1)


def learn(shop: Shop) -> int:
    """What the job does at night, seen at once."""
    count = learn_failing(shop.runtime)
    shop.runtime.refresher.look()
    return count


def first_node(shop: Shop, order_id: str) -> Any:
    """Where a new order of one handle goes."""
    answer = shop.place(order_id, ("A1", 1), method="ship")
    assert answer.status_code == 201, answer.text
    shop.runtime.feed.look()
    return seen(shop, order_id)["fulfilment_orders"][0]["node"]


def chances(shop: Shop) -> dict[tuple[str, str], tuple[float, float]]:
    """(node, goods) → (not found, not sent)."""
    with shop.runtime.engine.connect() as conn:
        return {(row.node, row.goods): (row.not_found, row.not_sent) for row in learned(conn)}
