"""For each POST of the document, whatever must be there first; a fresh scene every time."""

from __future__ import annotations

from typing import Any

from tests.checkout.conftest import Shop, basket
from tests.support import HOME, stock_up

Asked = tuple[str, Any]
"""Address and body of a POST that would have an effect."""


class Scenes:
    """For each POST, whatever must be there first; a fresh scene every time."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.made = 0
        stock_up(shop.runtime, ("WH", "A1", 500))

    def fresh(self, kind: str) -> str:
        self.made += 1
        return f"{kind}-{self.made}"

    def post(self, path: str, body: Any) -> Any:
        answer = self.shop.post(path, body, self.shop.admin)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def reserving(self) -> Asked:
        body = {"lines": basket(("A1", 1)), "destination": HOME, "reserve": {"option": "cheapest"}}
        return "/v1/promises", body

    def quoted(self) -> Asked:
        shown = self.shop.promises(("A1", 1), methods=["ship"])
        return "/v1/reservations", {
            "quote_id": shown["quote_id"],
            "option_id": shown["options"][0]["option_id"],
        }

    def reservation(self) -> str:
        found: str = self.post(*self.reserving())["reservation"]["reservation_id"]
        return found

    def order(self) -> str:
        name = self.fresh("o")
        assert self.shop.place(name, ("A1", 2), method="ship").status_code == 201
        return name

    def inbound(self) -> Asked:
        body = {"id": self.fresh("po"), "node": "WH", "eta": "2026-01-20T08:00:00+00:00"}
        return "/v1/inbound", body | {"lines": [{"sku": "A1", "quantity": 5}]}

    def transfer(self) -> Asked:
        body = {
            "id": self.fresh("t"),
            "from_node": "WH",
            "to_node": "ST-1",
            "eta": "2026-01-20T08:00:00+00:00",
        }
        return "/v1/transfers", body | {"lines": [{"line_id": "1", "sku": "A1", "quantity": 2}]}

    def planned(self) -> str:
        path, body = self.transfer()
        self.post(path, body)
        return f"{path}/{body['id']}"

    def shipped(self) -> str:
        where = self.planned()
        self.post(f"{where}/ship", {})
        return where

    def arriving(self) -> str:
        path, body = self.inbound()
        self.post(path, body)
        return f"{path}/{body['id']}"

    def to_inspect(self) -> str:
        """A delivery with a unit in inspection."""
        return self._put_in_inspection(self.arriving())

    def carried_to_inspect(self) -> str:
        """A transfer with a unit in inspection."""
        return self._put_in_inspection(self.shipped())

    def _put_in_inspection(self, where: str) -> str:
        self.post(f"{where}/receive", {"lines": [{"sku": "A1", "quantity": 1, "area": "inspection"}]})
        return where

    def refund(self) -> str:
        """The id of a refund that is due: an order captured whole, then cancelled."""
        name = self.order()
        whole = self.shop.admin.get(f"/v1/orders/{name}").json()["money"]["total_minor"]
        facts = [
            {"kind": kind, "method": "card", "amount_minor": whole} for kind in ("authorised", "captured")
        ]
        self.post(f"/v1/orders/{name}/payments", {"payments": facts})
        self.post(f"/v1/orders/{name}/cancel", {})
        found: str = self.shop.admin.get(f"/v1/orders/{name}/payments").json()["refunds"][0]["id"]
        return found

    def sent_refund(self) -> str:
        found = self.refund()
        self.post(f"/v1/refunds/{found}/send", {})
        return found

    def customer(self) -> str:
        found: str = self.post("/v1/customers", {"email": f"{self.fresh('one')}@example.com"})["id"]
        return found
