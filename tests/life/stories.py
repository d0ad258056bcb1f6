"""The words in which the threads are told: who does what, over HTTP, each with a key of the right role."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from fastapi.testclient import TestClient

from oms.actors import Role
from oms.usecases.collecting import expire_pickups
from oms.usecases.releasing import release_due
from tests.checkout.conftest import Shop, basket
from tests.life.ledger import replay
from tests.support import HOME

KIM = {"email": "kim@example.com", "name": "Kim Doe", "phone": "+12125550142"}
STREET = "350 Fifth Avenue"
PERSONAL = (*KIM.values(), STREET, "2125550142")
SKU, UNITS = "A1", 2


@dataclass
class Story:
    """One order's life. ``channel`` is where it was sold, ``method`` how it goes out."""

    shop: Shop
    channel: str
    method: str
    id: str = "o-1"
    token: str = ""
    node: str = ""
    _ids: Iterator[int] = field(default_factory=count)
    _staff: dict[str, TestClient] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.office = self.shop.client(Role.BACKOFFICE)
        self.driver = self.shop.client(Role.COURIER)
        self.before = self.available()

    # ------------------------------------------------------------ the seller

    def placed(self) -> None:
        """By a quote in the web, from a reservation in the app, bare from a marketplace; paid at once."""
        body = {
            "channel": self.channel,
            "currency": "USD",
            "customer": KIM,
            "destination": HOME | {"name": "Kim Doe", "street": STREET},
            "lines": [line | {"unit_price_minor": 1000, "tax_minor": 166} for line in basket((SKU, UNITS))],
            **self._way_to_order(),
        }
        answer = self.seller.put(f"/v1/orders/{self.id}", json=body)
        assert answer.status_code == 201, answer.text
        self.token = answer.json()["order_token"]
        whole = answer.json()["money"]["total_minor"]
        facts = [
            {"kind": kind, "method": "card", "amount_minor": whole} for kind in ("authorised", "captured")
        ]
        self.do(self.office, f"/v1/orders/{self.id}/payments", {"payments": facts})

    @property
    def seller(self) -> TestClient:
        """A shop's own key, or that of the integration with a marketplace."""
        if self.channel not in self._staff:
            web = {"role": Role.STOREFRONT, "channels": [self.channel]}
            scope: Any = {"role": Role.BACKOFFICE} if self.channel == "marketplace" else web
            self._staff[self.channel] = self.shop.client(**scope)
        return self._staff[self.channel]

    def _way_to_order(self) -> dict[str, Any]:
        if self.channel == "marketplace":
            where = {"pickup_node": "ST-1"} if self.method == "pickup" else {}
            return {"method": self.method, "external_refs": {"market": "M-77"}, **where}
        ask: dict[str, Any] = {
            "channel": self.channel,
            "lines": basket((SKU, UNITS)),
            "destination": HOME,
            "methods": [self.method],
        }
        if self.method == "pickup":
            ask["pickup_node"] = "ST-1"
        if self.channel == "app":
            ask["reserve"] = {"option": "cheapest"}
        shown = self.do(self.seller, "/v1/promises", ask)
        if self.channel == "app":
            return {"reservation_id": shown["reservation"]["reservation_id"]}
        return {"quote_id": shown["quote_id"], "option_id": shown["options"][0]["option_id"]}

    # -------------------------------------------------------------- the node

    def prepared(self) -> None:
        """Offered when the node has to begin, accepted, picked by list, packed."""
        for _ in range(40):
            if release_due(self.shop.runtime):
                break
            self.shop.watch.forward(minutes=30)
        (job,) = self.order()["fulfilment_orders"]
        self.node = job["node"]
        staff = self.staff(self.node)
        queue = staff.get(f"/v1/nodes/{self.node}/fulfilment-orders", params={"status": "offered"}).json()
        assert [one["id"] for one in queue["items"]] == [job["id"]]
        self.do(staff, f"/v1/fulfilment-orders/{job['id']}/accept")
        (walk,) = self.do(staff, "/v1/pick-waves", {"node": self.node})["pick_lists"]
        self.do(staff, f"/v1/pick-lists/{walk['id']}/claim")
        for task in walk["tasks"]:
            picked = {"quantity": task["to_pick"], "scanned": task["sku"]}
            self.do(staff, f"/v1/pick-lists/{walk['id']}/tasks/{task['no']}/pick", picked)
        self.do(staff, f"/v1/fulfilment-orders/{job['id']}/pack")

    def staff(self, node: str) -> TestClient:
        """Somebody who works at the node, and sees no other."""
        if node not in self._staff:
            self._staff[node] = self.shop.client(Role.STAFF, nodes=[node])
        return self._staff[node]

    # -------------------------------------------------------------- the road

    def taken(self) -> None:
        """The customer has it: brought by the carrier, over the counter, or by the courier."""
        if self.method == "ship":
            self.do(self.staff(self.node), f"/v1/fulfilment-orders/{self.id}-1/hand-over")
            self.carrier("in_transit", "out_for_delivery", "delivered")
        elif self.method == "pickup":
            self.do(self.seller, f"/v1/pickups/{self.id}-c1/arrived", {"token": self.token})
            mine = self.seller.get(f"/v1/orders/{self.id}", params={"token": self.token}).json()
            self.do(
                self.staff("ST-1"), f"/v1/pickups/{self.id}-c1/verify", {"code": mine["pickups"][0]["code"]}
            )
            self.do(self.staff("ST-1"), f"/v1/pickups/{self.id}-c1/collect")
        else:
            self.at_the_door(outcome="delivered", proof={"photo": "0" * 64})

    def carrier(self, *kinds: str, **more: Any) -> None:
        """What the carrier says of the parcel, an hour apart; the back office passes it on."""
        for kind in kinds:
            self.shop.watch.forward(hours=1)
            event = {"id": f"s{next(self._ids)}", "kind": kind, "occurred_at": self.now(), **more}
            said = self.do(self.office, f"/v1/shipments/{self.id}-1-p1/events", {"events": [event]})
            assert said["results"][0]["result"] == "applied", said

    def at_the_door(self, **completed: Any) -> None:
        """A courier takes it out and comes to the door; ``completed`` says how it went there."""
        courier = self.driver.headers["Authorization"].split()[1].partition(".")[0]
        run = {"node": "ST-1", "courier": courier, "fulfilment_orders": [f"{self.id}-1"]}
        self.run = self.do(self.staff("ST-1"), "/v1/courier/runs", run)["id"]
        for type in ("accepted", "picked_up", "arrived_at_dropoff"):
            self.courier(type)
        self.courier("completed", **completed)

    def courier(self, type: str, **more: Any) -> None:
        """One thing the courier's phone reports."""
        self.shop.watch.forward(minutes=5)
        event = {"event_id": f"e{next(self._ids)}", "stop": f"{self.id}-1-a1", "type": type, **more}
        said = self.do(self.driver, "/v1/courier/events", {"events": [event | {"occurred_at": self.now()}]})
        assert said["results"][0]["result"] == "applied", said

    # ------------------------------------------------------------- ways back

    def back_over_the_counter(self, node: str) -> None:
        """The customer walks into any store, without having said so before."""
        line = {"order": self.id, "line": "1", "quantity": UNITS, "reason": "too_small", "condition": "new"}
        ask = {"method": "counter", "node": node, "received": True, "lines": [line]}
        self._inspected(self.do(self.staff(node), "/v1/returns", ask)["id"], node)

    def sent_back(self, node: str) -> None:
        """The customer announces it where it was bought, and sends it to the warehouse."""
        line = {"order": self.id, "line": "1", "quantity": UNITS, "reason": "changed_mind"}
        ask = {"method": "ship", "lines": [line], "channel": self.channel, "order_tokens": [self.token]}
        back = self.do(self.seller, "/v1/returns", ask)["id"]
        self.do(self.office, f"/v1/returns/{back}/send", {"reference": "1Z999"})
        self.do(self.staff(node), f"/v1/returns/{back}/receive", {"node": node})
        self._inspected(back, node)

    def _inspected(self, back: str, node: str) -> None:
        verdict = [{"quantity": UNITS, "condition": "new"}]
        found = {"lines": [{"no": 1, "dispositions": verdict}]}
        self.do(self.staff(node), f"/v1/returns/{back}/inspect", found)
        paid = {"method": "card", "reference": "psp-r-1"}
        assert self.do(self.office, f"/v1/returns/{back}/refund", paid)["state"] == "closed"

    def never_taken(self) -> None:
        """The carrier brings it back, nobody collects it, or the customer refuses it at the door."""
        if self.method == "ship":
            self.do(self.staff(self.node), f"/v1/fulfilment-orders/{self.id}-1/hand-over")
            self.carrier("in_transit", "attempted", "returning", "returned")
            found = {"lines": [{"id": "1", "quantity": UNITS, "disposition": "restock"}]}
            self.do(self.staff(self.node), f"/v1/shipments/{self.id}-1-p1/inspect", found)
        elif self.method == "pickup":
            self.shop.watch.forward(days=9)
            assert expire_pickups(self.shop.runtime) == 1
            self.do(self.staff("ST-1"), f"/v1/fulfilment-orders/{self.id}-1/put-back")
        else:
            self.at_the_door(outcome="refused", reason="refused_other")
            self.do(self.staff("ST-1"), f"/v1/courier/stops/{self.id}-1-a1/receive", {"node": "ST-1"})
            found = {"lines": [{"id": "1", "quantity": UNITS, "disposition": "restock"}]}
            self.do(self.staff("ST-1"), f"/v1/courier/stops/{self.id}-1-a1/inspect", found)
            self.do(self.staff("ST-1"), f"/v1/courier/runs/{self.run}/end")
        self._paid_back()

    def _paid_back(self) -> None:
        for refund in self.order()["refunds"]:
            self.do(self.office, f"/v1/refunds/{refund['id']}/send", {"reference": "psp-r-1"})
            fact = {"kind": "refunded", "method": "card", "refund_id": refund["id"]}
            paid = {"payments": [fact | {"amount_minor": refund["amount_minor"]}]}
            self.do(self.office, f"/v1/orders/{self.id}/payments", paid)

    # ----------------------------------------------------------- how it ends

    def is_over(self, status: str, shelf: str) -> None:
        """The goods are for sale at ``shelf``, the money is settled, nothing is on the road, and the events
        tell all of it, in order, to the last unit, without naming anybody.
        """
        order = self.order()
        assert order["status"] == status
        money = order["money"]
        assert money["captured_minor"] - money["refunded_minor"] == money["total_minor"], money
        assert money["refund_pending_minor"] == 0 and money["refunded_minor"] >= UNITS * 1000, money
        after, home = self.available(), self.node
        assert sum(after.values()) == sum(self.before.values())
        assert after[shelf] - self.before[shelf] == (0 if shelf == home else UNITS)
        road = "SELECT count(*) FROM movement WHERE to_place LIKE 'in_transit:%'"
        gone = "SELECT count(*) FROM movement WHERE from_place LIKE 'in_transit:%'"
        assert self.shop.scalar(road) == self.shop.scalar(gone)
        assert self.shop.scalar("SELECT coalesce(sum(reserved), 0) FROM position") == 0
        self._told()

    def _told(self) -> None:
        events = [one for one in replay(self.shop) if one["subject_id"] == self.id]
        assert [one["type"] for one in events] == [one["type"] for one in self.order()["timeline"]]
        types = [one["type"] for one in events]
        way = [
            f"fulfilment.{state}"
            for state in ("scheduled", "offered", "accepted", "picking", "picked", "packed")
        ]
        assert types[0] == "order.placed" and [one for one in types if one in way] == way
        assert events[0]["channel"] == ("backoffice" if self.channel == "marketplace" else self.channel)
        assert {one["channel"] for one in events if one["type"] in way[2:]} == {"store"}
        assert not any(word in str(events) for word in PERSONAL), "events name people by id only"

    # ----------------------------------------------------------------- hands

    def do(self, client: TestClient, path: str, body: Any = None) -> Any:
        """A POST that must be taken; its document."""
        answer = self.shop.post(path, {} if body is None else body, client)
        assert answer.status_code < 300, (path, answer.text)
        return answer.json()

    def order(self) -> Any:
        return self.office.get(f"/v1/orders/{self.id}").json()

    def now(self) -> str:
        return str(self.shop.watch.now().isoformat())

    def available(self) -> dict[str, int]:
        """Units of the SKU for sale, by node."""
        self.shop.runtime.feed.look()
        ask = {"skus": [SKU], "detail": "node", "limit_nodes": 50}
        nodes = self.office.post("/v1/availability", json=ask).json()["items"][0]["nodes"]
        return {"WH": 0, "ST-1": 0, "ST-2": 0, "FAR": 0} | {one["node"]: one["available"] for one in nodes}
