"""Scenes for the POSTs about parcels and pickups."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.checkout.conftest import Shop
from tests.checkout.scenes import Asked, Scenes
from tests.handover.work import done, packed, ready
from tests.support import stock_up


def handing_over(scenes: Scenes) -> Mapping[str, Callable[[], Asked]]:
    shop = scenes.shop
    stock_up(shop.runtime, ("ST-1", "B2", 50))

    def job() -> str:
        return ready(shop, scenes.fresh("h"), ("A1", 1), method="ship")[0]

    def parcel() -> str:
        return packed(shop, scenes.fresh("h"), ("A1", 1), method="ship")[0]

    def gone() -> str:
        left = parcel()
        done(shop, f"/v1/fulfilment-orders/{left}/hand-over")
        return left

    def pickup() -> str:
        order = scenes.fresh("h")
        packed(shop, order, ("B2", 1), method="pickup", pickup_node="ST-1")
        return f"{order}-c1"

    def verify(id: str) -> Asked:
        order = shop.admin.get(f"/v1/orders/{id.removesuffix('-c1')}").json()
        return f"/v1/pickups/{id}/verify", {"code": order["pickups"][0]["code"]}

    def verified() -> str:
        id = pickup()
        done(shop, *verify(id))
        return id

    def manifest() -> Asked:
        return "/v1/nodes/WH/manifests", {"fulfilment_orders": [parcel()]}

    scan = {"id": "s1", "kind": "delivered", "occurred_at": shop.watch.now().isoformat()}
    return {
        "/v1/fulfilment-orders/{id}/pack": lambda: (f"/v1/fulfilment-orders/{job()}/pack", {}),
        "/v1/fulfilment-orders/{id}/hand-over": lambda: (f"/v1/fulfilment-orders/{parcel()}/hand-over", None),
        "/v1/nodes/{id}/manifests": manifest,
        "/v1/shipments/{id}/label": lambda: (
            f"/v1/shipments/{parcel()}-p1/label",
            {"tracking_reference": "T1"},
        ),
        "/v1/shipments/{id}/events": lambda: (f"/v1/shipments/{gone()}-p1/events", {"events": [scan]}),
        "/v1/shipments/{id}/inspect": lambda: _brought_back(shop, gone()),
        "/v1/pickups/{id}/arrived": lambda: (f"/v1/pickups/{pickup()}/arrived", {}),
        "/v1/pickups/{id}/verify": lambda: verify(pickup()),
        "/v1/pickups/{id}/collect": lambda: (f"/v1/pickups/{verified()}/collect", {}),
    }


def _brought_back(shop: Shop, left: str) -> Asked:
    scan = {"id": "s1", "kind": "returned", "occurred_at": shop.watch.now().isoformat()}
    done(shop, f"/v1/shipments/{left}-p1/events", {"events": [scan]})
    found = {"lines": [{"id": "1", "quantity": 1, "disposition": "restock"}]}
    return f"/v1/shipments/{left}-p1/inspect", found
