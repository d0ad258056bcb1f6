"""Rules: what customers, and those who care for them, do with orders."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from oms.usecases.resourcing import resource_orders
from tests.checkout.conftest import basket
from tests.life.bench import FEW, NODE, PICK, SKU, Bench, needs
from tests.support import HOME

METHOD = st.sampled_from(["ship", "pickup", "courier"])
PLACES = (
    {"country": "US", "postcode": "10001"},
    {"country": "US", "postcode": "60601", "lat": 41.9, "lon": -87.6},
)


class OrderRules(Bench):
    """Placing, changing, cancelling, holding, paying."""

    @rule(
        method=METHOD,
        counter=st.sampled_from(["ST-1", "ST-2"]),
        lines=st.lists(
            st.tuples(st.sampled_from(["A1", "B2", "C3", "D4", "K1"]), FEW), min_size=1, max_size=2
        ),
        partial=st.booleans(),
        consent=st.booleans(),
        paid=st.booleans(),
        discount=st.sampled_from([0, 0, 700]),
    )
    def place(
        self,
        method: str,
        counter: str,
        lines: list[tuple[str, int]],
        partial: bool,
        consent: bool,
        paid: bool,
        discount: int,
    ) -> None:
        body: dict[str, Any] = {
            "channel": "web",
            "currency": "USD",
            "lines": [line | {"unit_price_minor": 1000, "tax_minor": 83} for line in basket(*lines)],
            "destination": HOME,
            "method": method,
            "allow_partial": partial,
            "substitution": "allowed" if consent else "none",
            "discount_minor": discount,
            "customer": {"email": "kim@example.com", "name": "Kim Doe", "phone": "+12125550142"},
        }
        if method == "pickup":
            body["pickup_node"] = counter
        id = self.fresh("o")
        self.shop.runtime.feed.look()
        answer = self.heard("PUT", "/v1/orders", self.shop.web.put(f"/v1/orders/{id}", json=body))
        if paid and answer.status_code == 201:
            self.pay(id)

    def pay(self, id: str) -> None:
        """All that the order costs, authorised and captured."""
        whole = self.office.get(f"/v1/orders/{id}").json()["money"]["total_minor"]
        kinds = ("authorised", "captured")
        facts = [{"kind": kind, "method": "card", "amount_minor": whole} for kind in kinds]
        self.post(f"/v1/orders/{id}/payments", {"payments": facts} if whole else {"payments": facts[:1]})

    @needs("order")
    @rule(pick=PICK)
    def pay_late(self, pick: int) -> None:
        statement = """SELECT id FROM "order" WHERE total_minor > 0
            AND NOT EXISTS (SELECT FROM payment WHERE order_id = "order".id) ORDER BY id"""
        if found := self.one(pick, statement):
            self.pay(found.id)

    @needs("order")
    @rule(pick=PICK, units=st.one_of(st.none(), FEW), line=PICK, whole=st.booleans())
    def cancel(self, pick: int, units: int | None, line: int, whole: bool) -> None:
        if (id := self.an_order(pick)) is None:
            return
        body: dict[str, Any] = {"reason": "customer", "channel": "web"}
        if not whole:
            found = self.one(
                line, "SELECT line_id FROM order_line WHERE order_id = :id AND kit_line IS NULL", id=id
            )
            body["lines"] = [{"id": found.line_id} | ({"quantity": units} if units else {})]
        self.post(f"/v1/orders/{id}/cancel", body)

    @needs("order")
    @rule(pick=PICK, where=st.sampled_from(PLACES))
    def change_address(self, pick: int, where: Any) -> None:
        if (id := self.an_order(pick)) is not None:
            self.change(f"/v1/orders/{id}/address", {"destination": where})

    @needs("order")
    @rule(pick=PICK, method=METHOD, counter=st.sampled_from(["ST-1", "ST-2"]))
    def change_method(self, pick: int, method: str, counter: str) -> None:
        if (id := self.an_order(pick)) is not None:
            body = {"method": method, "destination": HOME}
            self.change(
                f"/v1/orders/{id}/method", body | ({"pickup_node": counter} if method == "pickup" else {})
            )

    @needs("order")
    @rule(pick=PICK, sku=SKU, units=st.integers(0, 4), new=st.booleans())
    def change_lines(self, pick: int, sku: str, units: int, new: bool) -> None:
        if (id := self.an_order(pick)) is None:
            return
        line: dict[str, Any] = {"id": "1", "quantity": units}
        if new and units:
            line = {"id": self.fresh("l"), "quantity": units, "sku": sku, "unit_price_minor": 500}
        self.change(f"/v1/orders/{id}/lines", {"lines": [line]})

    def change(self, path: str, body: dict[str, Any]) -> None:
        """Asked, shown, and the first option confirmed."""
        shown = self.post(path, body)
        if shown.status_code == 200 and shown.json().get("options"):
            answer = shown.json()
            option = {"quote_id": answer["quote_id"], "option_id": answer["options"][0]["option_id"]}
            self.post(path, body | {"confirm": option})

    @needs("order")
    @rule(pick=PICK, hold=st.sampled_from(["fraud", "care"]), remove=st.booleans())
    def hold_order(self, pick: int, hold: str, remove: bool) -> None:
        if (id := self.an_order(pick)) is not None:
            self.post(f"/v1/orders/{id}/holds", {"hold": hold, "remove": remove})

    @needs("order")
    @rule(pick=PICK, accept=st.booleans())
    def answer_promise(self, pick: int, accept: bool) -> None:
        if (id := self.an_order(pick)) is not None:
            self.post(f"/v1/orders/{id}/promise", {"accept": accept})

    @needs("refund due", "refund sent", "refund failed")
    @rule(pick=PICK, what=st.sampled_from(["send", "fail", "void", "send", "paid"]))
    def refund(self, pick: int, what: str) -> None:
        found = self.one(pick, "SELECT id, order_id, amount_minor FROM refund ORDER BY id")
        if found is None:
            return
        if what == "paid":
            fact = {
                "kind": "refunded",
                "method": "card",
                "amount_minor": found.amount_minor,
                "refund_id": found.id,
            }
            self.post(f"/v1/orders/{found.order_id}/payments", {"payments": [fact]})
        else:
            self.post(f"/v1/refunds/{found.id}/{what}", {})

    # ---------------------------------------------------------------- facts

    @rule(
        node=NODE,
        sku=SKU,
        units=FEW,
        cause=st.sampled_from(["sale", "receive", "receive", "scrap", "damage"]),
    )
    def physical_fact(self, node: str, sku: str, units: int, cause: str) -> None:
        line = {"node": node, "sku": sku, "cause": cause, "quantity": units}
        self.post("/v1/stock/movements", {"movements": [line]}, self.floor)

    @rule(node=NODE, sku=SKU, units=st.integers(0, 8))
    def count(self, node: str, sku: str, units: int) -> None:
        body = {"counts": [{"node": node, "sku": sku, "quantity": units}]}
        self.heard("PUT", "/v1/stock/counts", self.floor.put("/v1/stock/counts", json=body))

    @rule(node=NODE, sku=SKU, units=FEW, now=st.booleans())
    def purchase(self, node: str, sku: str, units: int, now: bool) -> None:
        id = self.fresh("po")
        body = {"id": id, "node": node, "eta": self.ago(-2880), "lines": [{"sku": sku, "quantity": units}]}
        self.post("/v1/inbound", body, self.floor)
        if now:
            receipt = {"lines": [{"sku": sku, "quantity": units}], "close": True}
            self.post(f"/v1/inbound/{id}/receive", receipt, self.floor)

    @rule()
    def resource(self) -> None:
        resource_orders(self.shop.runtime)
