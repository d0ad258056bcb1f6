"""What must be there before a POST of picking has an effect."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.checkout.scenes import Asked, Scenes
from tests.picking.conftest import Floor
from tests.support import stock_up

PICK = {"quantity": 1, "scanned": "A1"}
SHORT = {"quantity": 1, "reason": "mismatch"}


def picking(scenes: Scenes) -> Mapping[str, Callable[[], Asked]]:
    """Address → a fresh scene; gives address and body of the POST."""
    shop = scenes.shop
    floor = Floor(shop, shop.admin)

    stock_up(shop.runtime, ("WH", "B2", 200))

    def wave(sku: str = "A1") -> Asked:
        unblocked = {"lines": [{"node": "WH", "sku": sku}], "blocked": False}
        assert shop.admin.put("/v1/stock/blocks", json=unblocked).status_code == 200
        shop.runtime.feed.look()
        floor.accepted(scenes.fresh("picked"), (sku, 2), substitution="allowed")
        return "/v1/pick-waves", {"node": "WH"}

    def built(sku: str = "A1") -> str:
        wave(sku)
        return f"/v1/pick-lists/{floor.wave()[0]['id']}"

    def claimed(sku: str = "A1") -> str:
        where = built(sku)
        assert shop.post(f"{where}/claim", None, shop.admin).status_code == 200
        return where

    def put_back() -> Asked:
        where = claimed()
        assert shop.post(f"{where}/tasks/1/pick", PICK, shop.admin).status_code == 200
        job = shop.admin.get(where).json()["tasks"][0]["fulfilment_order"]
        assert shop.post(f"/v1/orders/{job.rpartition('-')[0]}/cancel", {}, shop.admin).status_code == 200
        return f"/v1/fulfilment-orders/{job}/put-back", {}

    def substitute() -> Asked:
        instead = {"substitutes": ["A1"]}
        assert shop.admin.put("/v1/skus/B2/substitutes", json=instead).status_code == 200
        return f"{claimed('B2')}/tasks/1/substitute", SHORT | {"sku": "A1", "scanned": "A1"}

    one = "/v1/pick-lists/{id}"
    return {
        "/v1/pick-waves": wave,
        f"{one}/claim": lambda: (f"{built()}/claim", None),
        f"{one}/release": lambda: (f"{claimed()}/release", None),
        f"{one}/cancel": lambda: (f"{built()}/cancel", None),
        f"{one}/tasks/{{no}}/pick": lambda: (f"{claimed()}/tasks/1/pick", PICK),
        f"{one}/tasks/{{no}}/short": lambda: (f"{claimed('B2')}/tasks/1/short", SHORT),
        f"{one}/tasks/{{no}}/substitute": substitute,
        "/v1/fulfilment-orders/{id}/put-back": put_back,
    }
