"""The furnished world, and words for what staff do in it."""

from __future__ import annotations

from typing import Any

from oms.usecases.releasing import release_due
from tests.checkout.conftest import Shop, shop

__all__ = ["shop"]


def act(shop: Shop, id: str, action: str, client: Any = None, **body: Any) -> Any:
    """POST an action on a fulfilment order; the answer whatever it is."""
    return shop.post(f"/v1/fulfilment-orders/{id}/{action}", body, client or shop.admin)


def did(shop: Shop, id: str, action: str, **body: Any) -> Any:
    """The same, where it has to work; the document."""
    answer = act(shop, id, action, **body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def seen(shop: Shop, order_id: str) -> Any:
    answer = shop.admin.get(f"/v1/orders/{order_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def jobs(shop: Shop, order_id: str) -> dict[str, tuple[str, str]]:
    """Fulfilment order → (node, state)."""
    return {job["id"]: (job["node"], job["state"]) for job in seen(shop, order_id)["fulfilment_orders"]}


def events(shop: Shop, order_id: str) -> list[str]:
    return [event["type"] for event in seen(shop, order_id)["timeline"]]


def queue(shop: Shop, node: str, *states: str, client: Any = None) -> list[Any]:
    """The node's queue in these states."""
    answer = (client or shop.admin).get(f"/v1/nodes/{node}/fulfilment-orders", params={"status": states})
    assert answer.status_code == 200, answer.text
    items: list[Any] = answer.json()["items"]
    return items


def offered(shop: Shop, order_id: str, *lines: tuple[str, int], **more: Any) -> str:
    """An order placed and offered to its node; the id of its first fulfilment order."""
    answer = shop.place(order_id, *lines, **{"method": "ship", **more})
    assert answer.status_code == 201, answer.text
    release_at_last(shop)
    [(id, (_, state))] = list(jobs(shop, order_id).items())[:1]
    assert state == "offered", state
    return id


def release_at_last(shop: Shop) -> None:
    """Half a working day passes, until the nodes have to begin."""
    for _ in range(40):
        if release_due(shop.runtime):
            return
        shop.watch.forward(minutes=30)
    raise AssertionError("nothing is released")


def stands(shop: Shop, node: str, sku: str) -> tuple[int, int, bool]:
    """(on hand, reserved, blocked)."""
    row = shop.admin.get("/v1/stock", params={"node": node, "sku": sku}).json()["items"][0]
    return row["on_hand"], row["reserved"], row["blocked"]
