"""The furnished world with bins and barcodes, and pickers at the warehouse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import text

from oms.actors import SYSTEM, Role
from oms.fulfilment.lifecycle import FulfilmentEvent, FulfilmentState
from oms.store.fulfilments import fulfilments_of, save_fulfilments
from oms.store.orders import load_order
from oms.work import Work, transact
from tests.checkout.conftest import Shop
from tests.checkout.conftest import shop as shop
from tests.support import stock_up

BINS = {"A1": "A-10", "B2": "A-2", "C3": "B-1"}


@dataclass
class Floor:
    """The warehouse: what is accepted there, who picks it."""

    shop: Shop
    picker: TestClient

    def accepted(self, order_id: str, *lines: tuple[str, int], **more: Any) -> None:
        """An order placed, its work accepted wherever it goes."""
        placed = self.shop.place(order_id, *lines, **{"method": "ship", **more})
        assert placed.status_code == 201, placed.text
        self.accept(order_id)

    def accept(self, order_id: str) -> None:
        """Accept what is scheduled of an order."""

        def work_on(work: Work) -> None:
            load_order(work.conn, order_id, lock=True)
            for job in fulfilments_of(work.conn, order_id):
                if job.state is FulfilmentState.SCHEDULED:
                    job = job.after(FulfilmentEvent.OFFER, work.at).after(FulfilmentEvent.ACCEPT, work.at)
                    save_fulfilments(work.conn, [job])

        transact(self.shop.runtime, SYSTEM, work_on)

    def wave(self, node: str = "WH", **more: Any) -> list[Any]:
        """The lists of a new wave."""
        answer = self.shop.post("/v1/pick-waves", {"node": node, **more}, self.picker)
        assert answer.status_code == 201, answer.text
        lists: list[Any] = answer.json()["pick_lists"]
        return lists

    def claimed(self, **more: Any) -> Any:
        """The first list of a new wave, claimed by the picker."""
        answer = self.claim(self.wave(**more)[0]["id"])
        assert answer.status_code == 200, answer.text
        return answer.json()

    def claim(self, list_id: str, client: TestClient | None = None) -> Response:
        return self.shop.post(f"/v1/pick-lists/{list_id}/claim", None, client or self.picker)

    def do(
        self,
        found: Any,
        no: int,
        what: str,
        body: Any,
        client: TestClient | None = None,
        key: str | None = None,
    ) -> Response:
        """A verb at a task."""
        path = f"/v1/pick-lists/{found['id']}/tasks/{no}/{what}"
        return self.shop.post(path, body, client or self.picker, key)

    def pick(self, found: Any, no: int, units: int, scanned: str | None = None, **more: Any) -> Any:
        """Units picked, scanned by the id of the task's SKU."""
        sku = scanned or found["tasks"][no - 1]["sku"]
        answer = self.do(found, no, "pick", {"quantity": units, "scanned": sku, **more})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def read(self, found: Any) -> Any:
        answer = self.picker.get(f"/v1/pick-lists/{found['id']}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def order(self, order_id: str) -> Any:
        return self.shop.admin.get(f"/v1/orders/{order_id}").json()

    def line(self, order_id: str, place: int = 0) -> dict[str, int]:
        """The stages of a line where units stand."""
        line = self.order(order_id)["lines"][place]
        skip = ("ordered", "unit_price_minor", "discount_minor", "tax_minor", "amount_minor")
        return {name: n for name, n in line.items() if isinstance(n, int) and n and name not in skip}

    def events(self, order_id: str) -> list[str]:
        return [one["type"] for one in self.order(order_id)["timeline"]]


def refusal(answer: Response) -> tuple[int, str]:
    """Status and name of a "no"."""
    return answer.status_code, answer.json()["code"]


@pytest.fixture
def floor(shop: Shop) -> Floor:
    """Two hundred handles and blades in their bins, and a picker."""
    stock_up(shop.runtime, ("WH", "A1", 200), ("WH", "B2", 200))

    def put_in_bins(work: Work) -> None:
        for sku, bin in BINS.items():
            statement = (
                "UPDATE position SET bin = :bin, stamp = pg_current_xact_id() FROM sku WHERE sku.no = sku_no"
            )
            work.conn.execute(text(f"{statement} AND sku.id = :sku"), {"bin": bin, "sku": sku})

    transact(shop.runtime, SYSTEM, put_in_bins)
    handle = {"name": "Handle", "weight_g": 300, "unit_price_minor": 1299, "barcodes": ["4001", "4002"]}
    assert shop.admin.put("/v1/skus/A1", json=handle).status_code == 200
    return Floor(shop, shop.client(Role.STAFF, nodes=["WH"]))
