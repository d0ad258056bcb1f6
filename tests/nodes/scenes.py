"""What must be there before the POSTs of this room."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from oms.store.node_work import ask_customer
from oms.usecases.releasing import release_due
from tests.checkout.scenes import Asked, Scenes
from tests.nodes.conftest import jobs
from tests.support import stock_up


def node_work(scenes: Scenes) -> Mapping[str, Callable[[], Asked]]:
    shop = scenes.shop

    def job(state: str = "scheduled") -> str:
        order = scenes.order()
        if state == "offered":
            shop.admin.put("/v1/work", json={"lead_minutes": 40_000})
            release_due(shop.runtime)
        return next(id for id, (_, its) in jobs(shop, order).items() if its == state)

    def on(action: str, state: str = "scheduled", **body: object) -> Callable[[], Asked]:
        return lambda: (f"/v1/fulfilment-orders/{job(state)}/{action}", body)

    def rejected() -> Asked:
        stock_up(shop.runtime, ("ST-1", "A1", 5))
        return on("reject", "offered", reason="no_staff")()

    def held() -> Asked:
        id = job()
        scenes.post(f"/v1/fulfilment-orders/{id}/hold", {"reason": "call"})
        return f"/v1/fulfilment-orders/{id}/release", {}

    def moved() -> Asked:
        stock_up(shop.runtime, ("ST-1", "A1", 2))
        return f"/v1/fulfilment-orders/{job()}/move", {"node": "ST-1"}

    def asked() -> Asked:
        order, at = scenes.order(), shop.watch.now()
        with shop.runtime.engine.begin() as conn:
            ask_customer(conn, order, at, at, at, at + timedelta(days=1))
        return f"/v1/orders/{order}/promise", {"accept": False}

    path = "/v1/fulfilment-orders/{id}"
    return {
        f"{path}/accept": on("accept", "offered"),
        f"{path}/reject": rejected,
        f"{path}/cancel": on("cancel"),
        f"{path}/hold": on("hold", reason="call"),
        f"{path}/release": held,
        f"{path}/move": moved,
        "/v1/fulfilment-orders/bulk": lambda: (
            "/v1/fulfilment-orders/bulk",
            {"action": "hold", "filter": {"ids": [job()]}, "reason": "recall"},
        ),
        "/v1/orders/{id}/holds": lambda: (f"/v1/orders/{scenes.order()}/holds", {"hold": "care"}),
        "/v1/orders/{id}/promise": asked,
    }
