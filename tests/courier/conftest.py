"""Courier orders that lie ready at ST-1, and the words to report on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import Any

import pytest
from fastapi.testclient import TestClient

from oms.actors import SYSTEM, Role
from oms.fulfilment.following import followed
from oms.fulfilment.lifecycle import FulfilmentEvent, FulfilmentState
from oms.steps.recording import record, tell_job
from oms.store.fulfilments import fulfilments_of, save_fulfilments
from oms.usecases.order_changes import locked_order
from oms.work import Work, transact
from tests.checkout.conftest import Shop, shop

__all__ = ["Road", "road", "shop"]

WAY_TO_PICKED = (
    FulfilmentEvent.OFFER,
    FulfilmentEvent.ACCEPT,
    FulfilmentEvent.START_PICKING,
    FulfilmentEvent.FINISH_PICKING,
)


@dataclass
class Road:
    """A store with a courier."""

    shop: Shop
    staff: TestClient
    driver: TestClient
    courier: str

    def __post_init__(self) -> None:
        self._ids = count(1)

    def ready(self, order_id: str, *lines: tuple[str, int], **more: Any) -> str:
        """Place a courier order and bring its fulfilment order to where a courier can take it."""
        placed = self.shop.place(order_id, *lines, method="courier", **more)
        assert placed.status_code == 201, placed.text
        make_ready(self.shop, order_id)
        return f"{order_id}-1"

    def run(self, *fulfilment_orders: str, **more: Any) -> Any:
        """A run planned for the courier."""
        body = {"node": "ST-1", "courier": self.courier, "fulfilment_orders": list(fulfilment_orders), **more}
        answer = self.shop.post("/v1/courier/runs", body, self.staff)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def event(self, stop: str, type: str, at: datetime | None = None, **more: Any) -> dict[str, Any]:
        """An event with an id of its own, that happens now unless said."""
        when = (at or self.shop.watch.now()).isoformat()
        return {"event_id": f"e{next(self._ids)}", "stop": stop, "type": type, "occurred_at": when, **more}

    def send(self, *events: dict[str, Any], client: TestClient | None = None) -> list[Any]:
        """What the server says to a batch."""
        answer = self.shop.post("/v1/courier/events", {"events": list(events)}, client or self.driver)
        assert answer.status_code == 200, answer.text
        found: list[Any] = answer.json()["results"]
        return found

    def tell(self, stop: str, type: str, **more: Any) -> Any:
        """Report one thing, which is taken."""
        (result,) = self.send(self.event(stop, type, **more))
        assert result["result"] == "applied", result
        return result

    def stop(self, run: str, id: str) -> Any:
        """A stop of a run as it is shown."""
        stops = self.staff.get(f"/v1/courier/runs/{run}").json()["stops"]
        return next(stop for stop in stops if stop["id"] == id)

    def line(self, order_id: str, place: int = 0) -> Any:
        """A line of an order, counted by stage."""
        return self.shop.admin.get(f"/v1/orders/{order_id}").json()["lines"][place]

    def job(self, order_id: str) -> Any:
        """The state of an order's first fulfilment order."""
        return self.shop.admin.get(f"/v1/orders/{order_id}").json()["fulfilment_orders"][0]["state"]

    def in_van(self, fulfilment_order: str) -> int:
        """Units the ledger has in the van."""
        return self.at(f"in_transit:fo:{fulfilment_order}")

    def at(self, place: str) -> int:
        """Units the ledger has at a place."""
        statement = """SELECT coalesce(sum(CASE WHEN to_place = :place THEN quantity ELSE 0 END
            - CASE WHEN from_place = :place THEN quantity ELSE 0 END), 0) FROM movement"""
        return int(self.shop.scalar(statement, place=place))


def make_ready(shop: Shop, order_id: str) -> None:
    """The order's only fulfilment order picked, then packed at its node."""
    transact(shop.runtime, SYSTEM, lambda work: make_picked(work, order_id))
    packed = shop.post(f"/v1/fulfilment-orders/{order_id}-1/pack", {}, shop.admin)
    assert packed.status_code == 200, packed.text


def make_picked(work: Work, order_id: str) -> None:
    """All of the order's work in totes."""
    order = locked_order(work, order_id)
    for job in fulfilments_of(work.conn, order_id):
        if job.state is FulfilmentState.SCHEDULED:
            after = job
            for event in WAY_TO_PICKED:
                lines = tuple(replace(line, picked=line.wanted) for line in job.lines)
                after = replace(after.after(event, work.at), lines=lines)
            save_fulfilments(work.conn, [after])
            order = record(work, order, followed(order, job, after), "order.picked", {})
            tell_job(work, after)


@pytest.fixture
def road(shop: Shop) -> Road:
    """ST-1 with staff and a courier."""
    make: Callable[..., TestClient] = shop.client
    driver = make(Role.COURIER)
    courier = driver.headers["Authorization"].split()[1].partition(".")[0]
    return Road(shop, make(Role.STAFF, nodes=["ST-1"]), driver, courier)
