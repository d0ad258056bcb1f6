"""Rules: what is done at nodes, from the offer to the counter."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from oms.steps.expiring import expire_reservations
from oms.usecases.collecting import expire_pickups
from oms.usecases.offers import expire_offers
from oms.usecases.releasing import alarm_stuck, release_due
from oms.usecases.resourcing import resource_orders
from tests.life.bench import FEW, NODE, PICK, Bench, needs

SHORT = st.sampled_from(["not_in_stock", "mismatch", "damaged", "worn_display"])
REJECT = st.sampled_from(["not_in_stock", "mismatch", "damaged", "worn_display", "node_closed", "no_staff"])
WORK = ("offered", "accepted", "picking")


class NodeRules(Bench):
    """Offers, picking, packing, the counter, and time that passes."""

    @rule(span=st.sampled_from([{"minutes": 20}, {"hours": 5}, {"days": 2}, {"days": 8}]))
    def time_passes(self, span: dict[str, int]) -> None:
        self.shop.watch.forward(**span)
        for job in (
            expire_reservations,
            resource_orders,
            expire_pickups,
            release_due,
            expire_offers,
            alarm_stuck,
        ):
            job(self.shop.runtime)

    @needs("job scheduled")
    @rule()
    def work_begins(self) -> None:
        """Until something is offered, at most two days."""
        for _ in range(12):
            if release_due(self.shop.runtime):
                return
            self.shop.watch.forward(hours=4)

    @needs("job offered", "job accepted", "job picking")
    @rule(pick=PICK, reason=REJECT)
    def reject(self, pick: int, reason: str) -> None:
        if job := self.a_job(pick, *WORK):
            self.post(f"/v1/fulfilment-orders/{job.id}/reject", {"reason": reason}, self.floor)

    @needs("job offered")
    @rule(pick=PICK)
    def accept(self, pick: int) -> None:
        if job := self.a_job(pick, "offered"):
            self.post(f"/v1/fulfilment-orders/{job.id}/accept", {}, self.floor)

    @needs("order")
    @rule(pick=PICK, what=st.sampled_from(["hold", "release", "release", "cancel"]))
    def care(self, pick: int, what: str) -> None:
        if job := self.a_job(pick, "scheduled", *WORK, "picked", "packed", "ready_for_pickup"):
            self.post(
                f"/v1/fulfilment-orders/{job.id}/{what}", {"reason": "customer"} if what != "release" else {}
            )

    @needs("job scheduled", "job offered", "job accepted", "job picking")
    @rule(pick=PICK, node=NODE)
    def move(self, pick: int, node: str) -> None:
        if job := self.a_job(pick, "scheduled", *WORK):
            self.post(f"/v1/fulfilment-orders/{job.id}/move", {"node": node})

    @needs("job accepted")
    @rule(node=NODE, most=st.sampled_from([1, 5]))
    def wave(self, node: str, most: int) -> None:
        self.post("/v1/pick-waves", {"node": node, "max_orders": most}, self.floor)

    @needs("list open", "list claimed")
    @rule(pick=PICK, what=st.sampled_from(["claim", "claim", "claim", "release", "cancel"]))
    def pick_list(self, pick: int, what: str) -> None:
        if found := self.one(pick, "SELECT id FROM pick_list ORDER BY created_at DESC, id"):
            self.post(f"/v1/pick-lists/{found.id}/{what}", None, self.floor)

    def a_task(self, pick: int) -> Any:
        return self.one(
            pick,
            """SELECT t.pick_list_id, t.no, t.sku FROM pick_task t JOIN pick_list l ON l.id = t.pick_list_id
            ORDER BY t.state = 'open' AND l.state = 'claimed' DESC, t.pick_list_id, t.no LIMIT 4""",
        )

    @needs("task open")
    @rule(pick=PICK, units=FEW)
    def pick_units(self, pick: int, units: int) -> None:
        if task := self.a_task(pick):
            body = {"quantity": units, "scanned": task.sku}
            self.post(f"/v1/pick-lists/{task.pick_list_id}/tasks/{task.no}/pick", body, self.floor)

    @needs("task open")
    @rule(pick=PICK, units=FEW, reason=SHORT, other=st.sampled_from([None, None, "B2", "C3"]))
    def short(self, pick: int, units: int, reason: str, other: str | None) -> None:
        if task := self.a_task(pick):
            body: dict[str, Any] = {"quantity": units, "reason": reason}
            path = f"/v1/pick-lists/{task.pick_list_id}/tasks/{task.no}"
            if other:
                self.post(f"{path}/substitute", body | {"sku": other, "scanned": other}, self.floor)
            else:
                self.post(f"{path}/short", body, self.floor)

    @needs("put_back")
    @rule(pick=PICK)
    def put_back(self, pick: int) -> None:
        if found := self.one(
            pick, "SELECT fulfilment_order_id AS id FROM fulfilment_line WHERE put_back > 0"
        ):
            self.post(f"/v1/fulfilment-orders/{found.id}/put-back", {}, self.floor)

    @needs("job picked")
    @rule(pick=PICK)
    def pack(self, pick: int) -> None:
        if job := self.a_job(pick, "picked"):
            self.post(f"/v1/fulfilment-orders/{job.id}/pack", {}, self.floor)

    @needs("job ready_for_carrier")
    @rule(pick=PICK)
    def hand_over(self, pick: int) -> None:
        if job := self.a_job(pick, "ready_for_carrier"):
            self.post(f"/v1/fulfilment-orders/{job.id}/hand-over", None, self.floor)

    @needs(
        "job offered",
        "job accepted",
        "job picking",
        "job picked",
        "job ready_for_carrier",
        "job ready_for_courier",
    )
    @rule(pick=PICK, steps=st.integers(4, 12))
    def go_on(self, pick: int, steps: int) -> None:
        """Whatever comes next, several times: so that the machine gets far."""
        for _ in range(steps):
            job = self.a_job(
                min(pick, 8),
                "offered",
                "accepted",
                "picking",
                "picked",
                "ready_for_carrier",
                "ready_for_courier",
            )
            if job is not None:
                self._next_step(job)

    def _next_step(self, job: Any) -> None:
        path = f"/v1/fulfilment-orders/{job.id}"
        match job.state:
            case "offered":
                self.post(f"{path}/accept", {}, self.floor)
            case "accepted":
                self.post("/v1/pick-waves", {"node": job.node}, self.floor)
                if list_id := self.one(
                    0, "SELECT id FROM pick_list WHERE node = :n AND state = 'open'", n=job.node
                ):
                    self.post(f"/v1/pick-lists/{list_id.id}/claim", None, self.floor)
            case "picking":
                lists = f"/v1/pick-lists/{job.pick_list_id}"
                self.post(f"{lists}/claim", None, self.floor)
                for task in self.floor.get(lists).json()["tasks"]:
                    if task["state"] == "open" and task["to_pick"]:
                        body = {"quantity": task["to_pick"], "scanned": task["sku"]}
                        self.post(f"{lists}/tasks/{task['no']}/pick", body, self.floor)
            case "picked":
                self.post(f"{path}/pack", {}, self.floor)
            case "ready_for_carrier":
                self.post(f"{path}/hand-over", None, self.floor)
            case "ready_for_courier":
                run = {"node": job.node, "courier": self.courier, "fulfilment_orders": [job.id]}
                self.post("/v1/courier/runs", run, self.floor)
                if stop := self.one(0, "SELECT id FROM courier_stop WHERE state = 'assigned' ORDER BY id"):
                    event = {"event_id": self.fresh("e"), "stop": stop.id, "type": "picked_up"}
                    told = {"events": [event | {"occurred_at": self.ago(0)}]}
                    self.post("/v1/courier/events", told, self.driver)

    # ---------------------------------------------------------- at the counter

    @needs("pickup ready", "pickup customer_arrived", "pickup verified")
    @rule(
        pick=PICK,
        units=FEW,
        what=st.sampled_from(["all", "all", "part", "refuse", "none", "arrived", "verify"]),
    )
    def at_the_counter(self, pick: int, units: int, what: str) -> None:
        found = self.one(pick, "SELECT * FROM pickup ORDER BY state = 'collected', id")
        if found is None:
            return
        path = f"/v1/pickups/{found.id}"
        self.post(f"{path}/arrived", {}, self.floor)
        order = self.shop.admin.get(f"/v1/orders/{found.order_id}").json()
        mine = self.shop.web.get(
            f"/v1/orders/{found.order_id}", params={"token": order["order_token"]}
        ).json()
        code = next(one["code"] for one in mine["pickups"] if one["id"] == found.id)
        if what == "arrived" or code is None:
            return
        self.post(f"{path}/verify", {"code": code}, self.floor)
        if what == "verify":
            return
        lines = self.floor.get(path).json()["lines"]
        body: dict[str, Any] = {"rest": "refuse" if what == "refuse" else "keep"}
        if what != "all" and lines:
            body["lines"] = [{"id": lines[0]["id"], "quantity": units}] if what != "none" else []
        self.post(f"{path}/collect", body, self.floor)
