"""What must be there before a POST about a return has an effect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.checkout.scenes import Asked, Scenes
from tests.returns.conftest import ask, sold
from tests.support import HOME


def returns(scenes: Scenes) -> Mapping[str, Callable[[], Asked]]:
    def delivered() -> dict[str, Any]:
        name = scenes.fresh("o")
        sold(scenes.shop, name, ("A1", 1))
        return ask((name, "1", 1))

    def approved() -> str:
        found: str = scenes.post("/v1/returns", delivered())["id"]
        return f"/v1/returns/{found}"

    def requested() -> str:
        by_somebody = scenes.shop.admin.put("/v1/return-policy", json={"auto_approve": False})
        assert by_somebody.status_code == 200, by_somebody.text
        where = approved()
        assert scenes.shop.admin.put("/v1/return-policy", json={}).status_code == 200
        return where

    def received() -> str:
        where = approved()
        scenes.post(f"{where}/receive", {"node": "WH"})
        return where

    def inspected() -> str:
        where = received()
        scenes.post(f"{where}/inspect", verdict)
        return where

    verdict = {"lines": [{"no": 1, "dispositions": [{"quantity": 1}]}]}
    line = {"id": "1", "sku": "A1", "quantity": 1, "unit_price_minor": 1000}
    order = {"channel": "web", "currency": "USD", "lines": [line], "destination": HOME, "method": "ship"}
    return {
        "/v1/returns": lambda: ("/v1/returns", delivered()),
        "/v1/returns/{id}/approve": lambda: (f"{requested()}/approve", {}),
        "/v1/returns/{id}/decline": lambda: (f"{requested()}/decline", {"reason": "not ours"}),
        "/v1/returns/{id}/cancel": lambda: (f"{approved()}/cancel", {}),
        "/v1/returns/{id}/send": lambda: (f"{approved()}/send", {}),
        "/v1/returns/{id}/receive": lambda: (f"{approved()}/receive", {"node": "ST-2"}),
        "/v1/returns/{id}/inspect": lambda: (f"{received()}/inspect", verdict),
        "/v1/returns/{id}/refund": lambda: (
            f"{inspected()}/refund",
            {"method": "card", "reference": "r-1"},
        ),
        "/v1/returns/{id}/goodwill": lambda: of_no_order(scenes),
        "/v1/returns/{id}/exchange": lambda: (
            f"{approved()}/exchange",
            {"release": "on_receipt", "order": order},
        ),
    }


def of_no_order(scenes: Scenes) -> Asked:
    """The office pays for goods that nobody found an order for."""
    body = {"method": "counter", "received": True, "node": "ST-1", "lines": [{"sku": "A1", "quantity": 1}]}
    made = scenes.shop.post("/v1/returns", body, scenes.shop.admin)
    assert made.status_code == 201, made.text
    wish = {"method": "cash", "amount_minor": 1, "reason": "no receipt"}
    return f"/v1/returns/{made.json()['id']}/goodwill", wish
