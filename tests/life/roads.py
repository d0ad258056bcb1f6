"""Rules: what happens on the road, and what comes back."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.life.bench import FEW, NODE, PICK, Bench, needs
from tests.support import HOME

CARRIER = [
    "in_transit",
    "out_for_delivery",
    "attempted",
    "returning",
    "delivered",
    "delivered",
    "returned",
    "lost",
]
ON_FOOT = [
    "accepted",
    "declined",
    "en_route_to_pickup",
    "arrived_at_pickup",
    "picked_up",
    "picked_up",
    "en_route_to_dropoff",
    "arrived_at_dropoff",
    "returning",
    "arrived_at_return",
    "returned",
]
STOPS = [
    "assigned",
    "accepted",
    "en_route_to_pickup",
    "arrived_at_pickup",
    "picked_up",
    "en_route_to_dropoff",
    "arrived_at_dropoff",
    "completed",
    "returning",
    "arrived_at_return",
]
OUTCOMES = [
    ("delivered", None),
    ("delivered", None),
    ("refused", "refused_other"),
    ("partially_accepted", "refused_wrong"),
    ("failed_attempt", "absent"),
    ("failed_attempt", "wrong_address"),
    ("failed_attempt", "payment_failed"),
]
UNDER_WAY = [f"stop {name}" for name in STOPS]
DISPOSITION = st.sampled_from(["restock", "restock", "refurbish", "damaged", "scrap"])


class RoadRules(Bench):
    """Carriers, transfers, couriers, returns."""

    @needs(
        "shipment handed_over",
        "shipment in_transit",
        "shipment out_for_delivery",
        "shipment attempted",
        "shipment returning",
        "shipment lost",
        "shipment delivered",
    )
    @rule(pick=PICK, kinds=st.lists(st.sampled_from(CARRIER), min_size=1, max_size=2), ago=st.integers(0, 90))
    def carrier(self, pick: int, kinds: list[str], ago: int) -> None:
        found = self.one(pick, "SELECT id FROM shipment ORDER BY state = 'handed_over' DESC, id")
        if found:
            said = [{"id": self.fresh("s"), "kind": kind, "occurred_at": self.ago(ago)} for kind in kinds]
            self.post(f"/v1/shipments/{found.id}/events", {"events": said}, self.floor)

    @needs("shipment created", "shipment labelled")
    @rule(pick=PICK, what=st.sampled_from(["label", "manifest"]))
    def paper(self, pick: int, what: str) -> None:
        if found := self.one(pick, "SELECT id, node FROM shipment ORDER BY id"):
            if what == "label":
                self.post(f"/v1/shipments/{found.id}/label", {"tracking_reference": "T"}, self.floor)
            else:
                self.post(f"/v1/nodes/{found.node}/manifests", {}, self.floor)

    @needs("transfer")
    @rule(
        pick=PICK,
        units=st.integers(0, 3),
        close=st.booleans(),
        area=st.sampled_from(["shelf", "shelf", "damaged"]),
    )
    def arrives_at_store(self, pick: int, units: int, close: bool, area: str) -> None:
        statement = """SELECT f.id, l.sku, l.quantity FROM fulfilment_order f JOIN fulfilment_line l
            ON l.fulfilment_order_id = f.id WHERE f.to_node IS NOT NULL
            AND f.state IN ('handed_over', 'completed') ORDER BY f.state DESC, f.id"""
        if found := self.one(pick, statement):
            lines = (
                [{"sku": found.sku, "quantity": units or found.quantity, "area": area}] if units != 1 else []
            )
            self.post(f"/v1/transfers/fo:{found.id}/receive", {"lines": lines, "close": close}, self.floor)

    # -------------------------------------------------------------- couriers

    @needs("job ready_for_courier", "stop created")
    @rule(most=FEW)
    def plan_run(self, most: int) -> None:
        body = {"node": "ST-1", "courier": self.courier, "stops_max": most}
        self.post("/v1/courier/runs", body, self.floor)

    @needs("run planned", "run started")
    @rule(pick=PICK, what=st.sampled_from(["start", "start", "end", "cancel"]))
    def run_goes(self, pick: int, what: str) -> None:
        if found := self.one(pick, "SELECT id FROM courier_run ORDER BY created_at DESC, id"):
            self.post(f"/v1/courier/runs/{found.id}/{what}", None, self.floor)

    @needs("run planned", "run started")
    @rule(pick=PICK, other=PICK, what=st.sampled_from(["add", "remove", "take"]))
    def edit_run(self, pick: int, other: int, what: str) -> None:
        run = self.one(pick, "SELECT id FROM courier_run ORDER BY created_at DESC, id")
        add = "SELECT id FROM fulfilment_order WHERE method = 'courier' ORDER BY id"
        thing = self.one(other, add if what == "add" else "SELECT id FROM courier_stop ORDER BY id")
        if run and thing:
            self.post(f"/v1/courier/runs/{run.id}/stops", {what: [thing.id]}, self.floor)

    @needs(*UNDER_WAY)
    @rule(pick=PICK, types=st.lists(st.sampled_from(ON_FOOT), min_size=1, max_size=2), ago=st.integers(0, 60))
    def courier_says(self, pick: int, types: list[str], ago: int) -> None:
        if stop := self.a_stop(pick):
            self.say([{"type": type, "stop": stop.id, "occurred_at": self.ago(ago)} for type in types])

    @needs(*UNDER_WAY)
    @rule(pick=PICK, outcome=st.sampled_from(OUTCOMES), units=FEW, paid=st.booleans())
    def at_the_door(self, pick: int, outcome: tuple[str, str | None], units: int, paid: bool) -> None:
        if (stop := self.a_stop(pick)) is None:
            return
        event: dict[str, Any] = {"type": "completed", "stop": stop.id, "occurred_at": self.ago(0)}
        event |= {"outcome": outcome[0]} | ({"reason": outcome[1]} if outcome[1] else {})
        if outcome[0] == "partially_accepted":
            lines = self.rows(
                "SELECT line_id FROM courier_stop_line WHERE stop_id = :id ORDER BY 1", id=stop.id
            )
            event["lines"] = [{"id": lines[0].line_id, "quantity": units}] if lines else []
        if paid and stop.due_minor and outcome[0] == "delivered":
            event["payment"] = {"method": "cash", "amount_minor": stop.due_minor}
        self.say([event])

    def a_stop(self, pick: int) -> Any:
        statement = """SELECT * FROM courier_stop WHERE run_id IS NOT NULL
            ORDER BY state IN ('returned', 'cancelled'), id DESC LIMIT 4"""
        return self.one(pick, statement)

    def say(self, events: list[dict[str, Any]]) -> None:
        told = [event | {"event_id": self.fresh("e")} for event in events]
        answer = self.post("/v1/courier/events", {"events": told}, self.driver).json()
        self.said.update(
            f"courier {e['type']} {r['result']} {r['code']}"
            for e, r in zip(told, answer["results"], strict=True)
        )
        again = self.post("/v1/courier/events", {"events": told}, self.driver).json()["results"]
        first = {r["event_id"]: r["result"] for r in answer["results"]}
        for one in again:
            assert one["result"] == "duplicate" or first[one["event_id"]] == "rejected", one

    @needs("stop completed")
    @rule(
        pick=PICK,
        what=st.sampled_from(["receive", "receive", "retry", "return"]),
        node=st.sampled_from(["ST-1", "WH"]),
    )
    def courier_is_back(self, pick: int, what: str, node: str) -> None:
        if stop := self.one(
            pick, "SELECT id FROM courier_stop ORDER BY state = 'completed' DESC, id LIMIT 3"
        ):
            if what == "receive":
                self.post(f"/v1/courier/stops/{stop.id}/receive", {"node": node}, self.floor)
            else:
                self.post(f"/v1/courier/stops/{stop.id}/decide", {"next_step": what}, self.floor)

    @needs("to inspect")
    @rule(pick=PICK, units=FEW, disposition=DISPOSITION)
    def courier_goods_inspected(self, pick: int, units: int, disposition: str) -> None:
        statement = (
            "SELECT stop_id, line_id FROM courier_stop_line ORDER BY back > inspected DESC, 1, 2 LIMIT 2"
        )
        if line := self.one(pick, statement):
            found = [{"id": line.line_id, "quantity": units, "disposition": disposition}]
            self.post(f"/v1/courier/stops/{line.stop_id}/inspect", {"lines": found}, self.floor)

    @needs("parcel to inspect")
    @rule(pick=PICK, units=FEW, disposition=DISPOSITION)
    def parcel_inspected(self, pick: int, units: int, disposition: str) -> None:
        statement = """
            SELECT s.id, l.line_id FROM shipment s JOIN shipment_line l ON l.shipment_id = s.id
            ORDER BY s.return_node IS NULL, l.inspected = l.quantity, 1, 2 LIMIT 2"""
        if line := self.one(pick, statement):
            found = [{"id": line.line_id, "quantity": units, "disposition": disposition}]
            self.post(f"/v1/shipments/{line.id}/inspect", {"lines": found}, self.floor)

    @needs("shipment handed_over", "stop picked_up")
    @rule()
    def all_arrives(self) -> None:
        """Whatever is on its way, at its customers: so that the machine gets to what comes back."""
        for parcel in self.rows("SELECT id FROM shipment WHERE state = 'handed_over' ORDER BY id"):
            said = {"id": self.fresh("s"), "kind": "delivered", "occurred_at": self.ago(0)}
            self.post(f"/v1/shipments/{parcel.id}/events", {"events": [said]}, self.floor)
        for stop in self.rows("SELECT id FROM courier_stop WHERE state = 'picked_up' ORDER BY id"):
            at = {"stop": stop.id, "occurred_at": self.ago(0)}
            self.say([{"type": "completed", "outcome": "delivered", **at}])

    # --------------------------------------------------------------- returns

    @needs("delivered")
    @rule(
        pick=PICK,
        units=FEW,
        method=st.sampled_from(["ship", "counter", "courier"]),
        received=st.booleans(),
        known=st.sampled_from([True, True, True, False]),
        ask=st.booleans(),
    )
    def announce(self, pick: int, units: int, method: str, received: bool, known: bool, ask: bool) -> None:
        policy = {"auto_approve": not ask, "on_breach": "ask"}
        assert self.shop.admin.put("/v1/return-policy", json=policy).status_code == 200
        statement = """SELECT order_id, line_id, sku FROM order_line WHERE kit_line IS NULL
            ORDER BY delivered > returned DESC, order_id, line_id LIMIT 4"""
        line = self.one(pick, statement)
        if line is None:
            return
        wish: dict[str, Any] = {"quantity": units}
        wish |= {"order": line.order_id, "line": line.line_id} if known else {"sku": "A1"}
        body: dict[str, Any] = {"method": method, "lines": [wish]}
        if received or method == "counter":
            body |= {"method": "counter", "node": "ST-2", "received": received}
        self.post("/v1/returns", body, self.floor)

    def a_return(self, pick: int) -> Any:
        return self.one(pick, "SELECT id FROM return ORDER BY state IN ('closed', 'cancelled'), id LIMIT 5")

    @needs("return requested", "return approved")
    @rule(pick=PICK, what=st.sampled_from(["approve", "approve", "decline", "cancel", "send", "send"]))
    def return_goes(self, pick: int, what: str) -> None:
        if back := self.a_return(pick):
            self.post(f"/v1/returns/{back.id}/{what}", {}, self.floor)

    @needs("return approved", "return in_transit")
    @rule(pick=PICK, node=NODE, units=st.integers(0, 4), more=st.booleans())
    def return_arrives(self, pick: int, node: str, units: int, more: bool) -> None:
        if back := self.a_return(pick):
            lines = [{"no": 1, "quantity": units}] + ([{"sku": "B2", "quantity": 1}] if more else [])
            self.post(
                f"/v1/returns/{back.id}/receive",
                {"node": node} | ({"lines": lines} if units else {}),
                self.floor,
            )

    @needs("return received", "return inspected")
    @rule(
        pick=PICK,
        units=FEW,
        disposition=st.one_of(st.none(), DISPOSITION),
        all=st.booleans(),
        pay=st.booleans(),
    )
    def return_inspected(self, pick: int, units: int, disposition: str | None, all: bool, pay: bool) -> None:
        if back := self.one(
            pick, "SELECT id FROM return WHERE state IN ('received', 'inspected') ORDER BY id"
        ):
            shown = self.floor.get(f"/v1/returns/{back.id}").json()
            for line in shown["lines"]:
                left = line["received"] - line["inspected"]
                if left:
                    verdict = {"quantity": left if all else units} | (
                        {"disposition": disposition} if disposition else {}
                    )
                    found = {"lines": [{"no": line["no"], "dispositions": [verdict]}]}
                    self.post(f"/v1/returns/{back.id}/inspect", found, self.floor)
            if pay:
                self.post(f"/v1/returns/{back.id}/refund", {"method": "card", "reference": "r"})

    @needs("return requested", "return approved", "return in_transit")
    @rule(pick=PICK, release=st.sampled_from(["on_request", "on_scan", "on_receipt"]))
    def exchange(self, pick: int, release: str) -> None:
        if back := self.a_return(pick):
            line = {"id": "1", "sku": "B2", "quantity": 1, "unit_price_minor": 1000}
            order = {
                "channel": "web",
                "currency": "USD",
                "lines": [line],
                "destination": HOME,
                "method": "ship",
            }
            body = {"release": release, "order": order}
            self.post(f"/v1/returns/{back.id}/exchange", body)
