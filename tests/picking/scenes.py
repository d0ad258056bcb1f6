"""What must be there before a POST of picking has an effect."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.checkout.scenes import Asked, Scenes
from tests.picking.conftest import Floor

PICK = {"quantity": 1, "scanned": "A1"}


def picking(scenes: Scenes) -> Mapping[str, Callable[[], Asked]]:
    """Address → a fresh scene; gives address and body of the POST."""
    shop = scenes.shop
    floor = Floor(shop, shop.admin)

    def wave() -> Asked:
        floor.accepted(scenes.fresh("picked"), ("A1", 2))
        return "/v1/pick-waves", {"node": "WH"}

    def built() -> str:
        wave()
        return f"/v1/pick-lists/{floor.wave()[0]['id']}"

    def claimed() -> str:
        where = built()
        assert shop.post(f"{where}/claim", None, shop.admin).status_code == 200
        return where

    def put_back() -> Asked:
        where = claimed()
        assert shop.post(f"{where}/tasks/1/pick", PICK, shop.admin).status_code == 200
        job = shop.admin.get(where).json()["tasks"][0]["fulfilment_order"]
        assert shop.post(f"/v1/orders/{job.rpartition('-')[0]}/cancel", {}, shop.admin).status_code == 200
        return f"/v1/fulfilment-orders/{job}/put-back", {}

    one = "/v1/pick-lists/{id}"
    return {
        "/v1/pick-waves": wave,
        f"{one}/claim": lambda: (f"{built()}/claim", None),
        f"{one}/release": lambda: (f"{claimed()}/release", None),
        f"{one}/cancel": lambda: (f"{built()}/cancel", None),
        f"{one}/tasks/{{no}}/pick": lambda: (f"{claimed()}/tasks/1/pick", PICK),
        "/v1/fulfilment-orders/{id}/put-back": put_back,
    }
