"""What must be there before each POST about couriers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from oms.actors import SYSTEM, Role
from oms.usecases.keys import create_key
from oms.work import transact
from tests.checkout.scenes import Asked, Scenes
from tests.courier.conftest import make_ready
from tests.support import stock_up


def couriers(scenes: Scenes) -> Mapping[str, Callable[[], Asked]]:
    at = Streets(scenes)
    disposed = {"lines": [{"id": "1", "quantity": 2, "disposition": "restock"}]}
    return {
        "/v1/courier/runs": at.planning,
        "/v1/courier/runs/{id}/stops": lambda: (
            f"/v1/courier/runs/{at.run()['id']}/stops",
            {"add": [at.ready()]},
        ),
        "/v1/courier/runs/{id}/start": lambda: (f"/v1/courier/runs/{at.run()['id']}/start", None),
        "/v1/courier/runs/{id}/end": lambda: (f"/v1/courier/runs/{at.started()}/end", None),
        "/v1/courier/runs/{id}/cancel": lambda: (f"/v1/courier/runs/{at.run()['id']}/cancel", None),
        "/v1/courier/events": lambda: at.happening(at.stop(), "picked_up"),
        "/v1/courier/stops/{id}/receive": lambda: (f"/v1/courier/stops/{at.refused()}/receive", {}),
        "/v1/courier/stops/{id}/inspect": lambda: (f"/v1/courier/stops/{at.received()}/inspect", disposed),
        "/v1/courier/stops/{id}/decide": lambda: (
            f"/v1/courier/stops/{at.failed()}/decide",
            {"next_step": "return"},
        ),
    }


class Streets:
    """A courier of ST-1 and whatever happens to him."""

    def __init__(self, scenes: Scenes) -> None:
        self.scenes = scenes
        runtime = scenes.shop.runtime
        key = transact(runtime, SYSTEM, lambda work: create_key(work, name="c", role=Role.COURIER))
        self.courier = key.key.id
        stock_up(runtime, ("ST-1", "A1", 500))

    def ready(self) -> str:
        """A fulfilment order a courier can take."""
        name = self.scenes.fresh("c")
        placed = self.scenes.shop.place(name, ("A1", 2), method="courier")
        assert placed.status_code == 201, placed.text
        make_ready(self.scenes.shop, name)
        return f"{name}-1"

    def planning(self) -> Asked:
        body = {"node": "ST-1", "courier": self.courier, "fulfilment_orders": [self.ready()]}
        return "/v1/courier/runs", body

    def run(self) -> Any:
        return self.scenes.post(*self.planning())

    def started(self) -> str:
        found = self.run()["id"]
        self.scenes.post(f"/v1/courier/runs/{found}/start", None)
        return str(found)

    def stop(self) -> str:
        return str(self.run()["stops"][0]["id"])

    def happening(self, stop: str, type: str, **more: Any) -> Asked:
        at = self.scenes.shop.watch.now().isoformat()
        event = {"event_id": self.scenes.fresh("e"), "stop": stop, "type": type, "occurred_at": at, **more}
        return "/v1/courier/events", {"events": [event]}

    def refused(self) -> str:
        stop = self.stop()
        self.scenes.post(*self.happening(stop, "completed", outcome="refused", reason="refused_other"))
        return stop

    def received(self) -> str:
        stop = self.refused()
        self.scenes.post(f"/v1/courier/stops/{stop}/receive", {})
        return stop

    def failed(self) -> str:
        stop = self.stop()
        self.scenes.post(*self.happening(stop, "completed", outcome="failed_attempt", reason="wrong_address"))
        return stop
