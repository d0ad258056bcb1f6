"""Pickers, customers and facts in any order at one node: after every step the books agree with the totes."""

from __future__ import annotations

from collections import Counter
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text

from inventory.audit import audit
from oms.usecases.resourcing import resource_orders
from tests.picking.conftest import Floor
from tests.support import stock_up

LIVE = "('scheduled', 'offered', 'accepted', 'picking', 'picked')"
WRONG = {
    "units at the node are those its fulfilment orders want": f"""
        SELECT l.order_id, l.line_id FROM order_line l LEFT JOIN (
            SELECT f.order_id, f.line_id, sum(f.quantity - f.cancelled - f.short) AS wanted,
                sum(f.picked) AS picked
            FROM fulfilment_line f JOIN fulfilment_order j ON j.id = f.fulfilment_order_id
            WHERE j.state IN {LIVE} GROUP BY 1, 2) f USING (order_id, line_id)
        WHERE NOT l.is_kit AND (l.routed + l.picking + l.picked <> coalesce(f.wanted, 0)
            OR l.picked <> coalesce(f.picked, 0))
    """,
    "what lies in totes is in hand in the books": f"""
        SELECT * FROM (
            SELECT j.group_id, f.line_id, sum(f.picked) AS picked FROM fulfilment_line f
            JOIN fulfilment_order j ON j.id = f.fulfilment_order_id WHERE j.state IN {LIVE} GROUP BY 1, 2) t
        FULL JOIN (
            SELECT group_id, line_id, sum(quantity) AS hand FROM reservation WHERE in_hand AND state = 'held'
            GROUP BY 1, 2) h USING (group_id, line_id)
        WHERE coalesce(picked, 0) <> coalesce(hand, 0)
    """,
    "a task is open while its line has units to pick": """
        SELECT t.pick_list_id, t.no FROM pick_task t
        JOIN fulfilment_line f USING (fulfilment_order_id, line_id, parcel)
        JOIN fulfilment_order j ON j.id = f.fulfilment_order_id
        WHERE j.pick_list_id = t.pick_list_id AND (t.state = 'open') <>
            (j.state IN ('accepted', 'picking') AND f.quantity > f.cancelled + f.short + f.picked)
    """,
    "a list is done when its last task is": """
        SELECT l.id FROM pick_list l WHERE (l.state IN ('open', 'claimed')) <>
            EXISTS (SELECT FROM pick_task t WHERE t.pick_list_id = l.id AND t.state = 'open')
    """,
    "units without a home wait for one": """
        SELECT o.id, l.line_id FROM "order" o JOIN order_line l ON l.order_id = o.id LEFT JOIN (
            SELECT group_id, line_id, sum(quantity) AS units FROM resourcing WHERE resolved_at IS NULL
            GROUP BY 1, 2) w ON w.group_id = o.group_id AND w.line_id = l.line_id
        WHERE NOT l.is_kit AND l.unrouted <> coalesce(w.units, 0)
    """,
    "a picked fulfilment order has nothing left to pick": """
        SELECT j.id FROM fulfilment_order j JOIN fulfilment_line f ON f.fulfilment_order_id = j.id
        WHERE j.state = 'picked' AND f.quantity > f.cancelled + f.short + f.picked
    """,
}
"""What must hold → a query for whatever breaks it."""

numbers = st.integers(0, 50)
units = st.integers(1, 3)
reasons = st.sampled_from(["mismatch", "damaged", "not_in_stock"])


class Walks(RuleBasedStateMachine):
    """One warehouse; ``floor`` is set before it runs."""

    floor: Floor
    made = 0
    answered: ClassVar[Counter[tuple[str, int]]] = Counter()
    """By verb and status, of all runs."""

    def __init__(self) -> None:
        super().__init__()
        self.orders: list[str] = []
        self.lists: list[str] = []

        for sku in ("A1", "B2"):
            self.count(sku, 30)
        self.order(3, 2, 0, True)
        self.order(2, 0, 1, False)
        self.wave(3)

    def sent(self, path: str, body: Any = None) -> Any:
        answer = self.floor.shop.post(path, body, self.floor.shop.admin)
        assert answer.status_code in (200, 201, 409, 422), answer.text
        Walks.answered[path.rpartition("/")[2], answer.status_code] += 1
        return answer.json()

    @rule(a=st.integers(0, 3), b=st.integers(0, 3), kits=st.integers(0, 1), partial=st.booleans())
    def order(self, a: int, b: int, kits: int, partial: bool) -> None:
        lines = [(sku, n) for sku, n in (("A1", a), ("B2", b), ("K1", kits)) if n]
        if lines:
            Walks.made += 1
            name = f"m-{Walks.made}"
            more: dict[str, Any] = {"allow_partial": partial, "substitution": "allowed", "method": "ship"}
            if self.floor.shop.place(name, *lines, **more).status_code == 201:
                self.orders.append(name)
                self.floor.accept(name)

    @rule(orders=st.integers(1, 3))
    def wave(self, orders: int) -> None:
        self.lists += [one["id"] for one in self.floor.wave(max_orders=orders)]

    @rule(which=numbers, what=st.sampled_from(["claim", "claim", "claim", "release", "cancel"]))
    def hands(self, which: int, what: str) -> None:
        if self.lists:
            self.sent(f"/v1/pick-lists/{self.lists[-1 - which % min(4, len(self.lists))]}/{what}")

    @rule(which=numbers, no=numbers, quantity=units)
    def pick(self, which: int, no: int, quantity: int) -> None:
        self.shelf(which, no, quantity, "pick", "")

    @rule(which=numbers, no=numbers, quantity=units, reason=reasons)
    def short(self, which: int, no: int, quantity: int, reason: str) -> None:
        self.shelf(which, no, quantity, "short", reason)

    @rule(which=numbers, no=numbers, quantity=units, reason=reasons)
    def substitute(self, which: int, no: int, quantity: int, reason: str) -> None:
        self.shelf(which, no, quantity, "substitute", reason)

    def shelf(self, which: int, no: int, quantity: int, what: str, reason: str) -> None:
        if not self.lists:
            return
        walk = f"/v1/pick-lists/{self.lists[-1 - which % min(4, len(self.lists))]}"
        view = self.sent_get(walk)
        if view["state"] == "open" and quantity < 3:
            self.sent(f"{walk}/claim")
        tasks = [task for task in view["tasks"] if task["state"] == "open" or no > 45] or view["tasks"]
        task = tasks[no % len(tasks)]
        body: dict[str, Any] = {"quantity": min(quantity, max(task["to_pick"], 1))}
        if what == "pick":
            body["scanned"] = task["sku"]
        else:
            body["reason"] = reason
        if what == "substitute":
            other = "B2" if task["sku"] == "A1" else "A1"
            body |= {"sku": other, "scanned": other}
        self.sent(f"{walk}/tasks/{task['no']}/{what}", body)

    def sent_get(self, path: str) -> Any:
        answer = self.floor.shop.admin.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    @rule(which=numbers, quantity=units, whole=st.integers(0, 3))
    def cancel(self, which: int, quantity: int, whole: int) -> None:
        if not self.orders:
            return
        body = {} if whole == 3 else {"lines": [{"id": "1", "quantity": quantity}]}
        self.sent(f"/v1/orders/{self.orders[-1 - which % len(self.orders)]}/cancel", body)

    @rule(which=numbers)
    def put_back(self, which: int) -> None:
        if self.orders:
            self.sent(f"/v1/fulfilment-orders/{self.orders[-1 - which % len(self.orders)]}-1/put-back", {})

    @rule(sku=st.sampled_from(["A1", "B2"]), quantity=st.integers(0, 30))
    def count(self, sku: str, quantity: int) -> None:
        lines = {"counts": [{"node": "WH", "sku": sku, "quantity": quantity}]}
        assert self.floor.shop.admin.put("/v1/stock/counts", json=lines).status_code < 300
        self.floor.shop.runtime.feed.look()

    @rule()
    def resource(self) -> None:
        stock_up(self.floor.shop.runtime, ("FAR", "A1", 2), ("FAR", "B2", 2))
        resource_orders(self.floor.shop.runtime)
        for name in self.orders:
            self.floor.accept(name)

    @invariant()
    def all_holds(self) -> None:
        with self.floor.shop.runtime.engine.connect() as conn:
            for what, query in WRONG.items():
                assert conn.execute(text(query)).all() == [], what
            report = audit(conn)
        assert not report.differences, report


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_pickers_customers_and_facts_in_any_order(floor: Floor) -> None:
    for sku, other in (("A1", "B2"), ("B2", "A1")):
        put = floor.shop.admin.put(f"/v1/skus/{sku}/substitutes", json={"substitutes": [other]})
        assert put.status_code == 200
    Walks.floor = Floor(floor.shop, floor.shop.admin)
    run_state_machine_as_test(
        Walks,
        settings=settings(
            max_examples=6,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    for verb in ("claim", "pick", "short", "cancel"):
        assert Walks.answered[verb, 200], Walks.answered
    for verb in ("claim", "pick", "put-back"):
        assert Walks.answered[verb, 409], Walks.answered
