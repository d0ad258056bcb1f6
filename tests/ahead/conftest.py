"""The furnished world after three weeks in which every other basket wanted a blade with its handle."""

from __future__ import annotations

from typing import Any

from oms.usecases.looking_ahead import look_ahead
from tests.checkout.conftest import Shop, basket, shop
from tests.support import HOME, stock_up
from tests.waves.conftest import nodes, sell

__all__ = ["Shop", "nodes", "shop"]

PAST = 60
LEFT = """
    SELECT p.on_hand - p.reserved FROM position p
    JOIN node n ON n.no = p.node_no JOIN sku s ON s.no = p.sku_no
    WHERE n.id = 'WH' AND s.id = 'A1'
    """


def wanted_later(shop: Shop, weight: float = 1.0) -> None:
    """One handle is left at the warehouse, near to home and the only one with blades; the others are far."""
    policy = {"breadth_weight": 0, "lookahead_weight": weight, "lookahead_days": 7}
    answer = shop.admin.put("/v1/policy", json=policy)
    assert answer.status_code in (200, 201), answer.text
    shop.runtime.refresher.look()
    stock_up(shop.runtime, ("WH", "A1", PAST), ("WH", "B2", 4 * PAST), ("FAR", "A1", 40))
    sell(shop, "ST-1", "A1", 3)
    sell(shop, "ST-1", "B2", 4)
    for turn in range(PAST):
        lines = [("A1", 1)] if turn % 2 == 0 else [("A1", 1), ("B2", 1)]
        assert shop.place(f"past-{turn}", *lines, method="ship").status_code == 201
        shop.watch.forward(hours=8)
    shop.runtime.feed.look()
    left = shop.scalar(LEFT)
    sell(shop, "WH", "A1", int(left) - 1)


def solve(shop: Shop) -> int:
    """Solve all prices and have this process see them."""
    solved = look_ahead(shop.runtime)
    shop.runtime.refresher.look()
    return solved


def promised(shop: Shop, *lines: tuple[str, int]) -> Any:
    """The cheapest way for a basket bound for HOME, by the usual endpoint."""
    body = {"lines": basket(*lines), "destination": HOME, "methods": ["ship"]}
    answer = shop.admin.post("/v1/promises", json=body)
    assert answer.status_code == 200, answer.text
    return next(option for option in answer.json()["options"] if "cheapest" in option["tags"])


def reasons(shop: Shop, order_id: str) -> dict[str, str]:
    """What the order's decision says of every node that does not send."""
    [decision] = shop.admin.get(f"/v1/orders/{order_id}/decisions").json()["decisions"]
    assert decision["recomputed"]
    return {told["node"]: told["sentence"] for told in decision["explanation"] if told["kind"] == "node"}
