"""Money at the door: what is due, what was paid, what is owed back; and proof where the rules want it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from oms.audit import audit
from oms.courier.door import due_if_kept
from oms.orders.order import Line, Order, Promise
from oms.orders.stages import Counts
from tests.courier.conftest import Road


def account(road: Road, order_id: str) -> Any:
    return road.shop.admin.get(f"/v1/orders/{order_id}/payments").json()["money"]


def test_what_is_refused_after_it_was_paid_is_owed_back(road: Road) -> None:
    paid = [{"method": "card", "amount_minor": 2999, "reference": "ch_1"}]
    job = road.ready("o-1", ("A1", 2), payments=paid)
    capture = {"payments": [{"kind": "captured", "method": "card", "amount_minor": 2999}]}
    assert road.shop.post("/v1/orders/o-1/payments", capture, road.shop.admin).status_code == 201
    run = road.run(job)
    assert run["stops"][0]["due_minor"] == 0
    part = {"outcome": "partially_accepted", "reason": "refused_wrong"}
    road.tell("o-1-1-a1", "completed", **part, lines=[{"id": "1", "quantity": 1}])
    money = account(road, "o-1")
    assert (money["total_minor"], money["refund_pending_minor"]) == (1999, 1000)
    assert road.line("o-1")["credited"] == 1


def test_a_discount_and_an_advance_are_taken_off_what_is_due(road: Road) -> None:
    advance = [{"method": "card", "amount_minor": 500}]
    job = road.ready("o-1", ("A1", 2), discount_minor=400, payments=advance)
    assert road.run(job)["stops"][0]["due_minor"] == 2000 + 999 - 400 - 500
    payment = {"method": "cash", "amount_minor": 1299, "reference": "slip 7"}
    part = {"outcome": "partially_accepted", "reason": "refused_other", "payment": payment}
    road.tell("o-1-1-a1", "completed", **part, lines=[{"id": "1", "quantity": 1}])
    stop = road.shop.scalar("SELECT due_minor FROM courier_stop")
    assert stop == 1000 + 999 - 200 - 500 == 1299
    money = account(road, "o-1")
    assert (money["total_minor"], money["captured_minor"], money["authorised_minor"]) == (1799, 1299, 1799)


def test_what_was_paid_twice_is_owed_back(road: Road) -> None:
    paid = [{"method": "card", "amount_minor": 2999}]
    road.run(road.ready("o-1", ("A1", 2), payments=paid))
    capture = {"payments": [{"kind": "captured", "method": "card", "amount_minor": 2999}]}
    assert road.shop.post("/v1/orders/o-1/payments", capture, road.shop.admin).status_code == 201
    road.tell("o-1-1-a1", "completed", outcome="delivered", payment={"method": "cash", "amount_minor": 2999})
    assert account(road, "o-1")["refund_pending_minor"] == 2999
    with road.shop.runtime.engine.connect() as conn:
        assert audit(conn).differences == ()


def test_a_substitute_leaves_the_discount_as_it_is() -> None:
    """What is due at the door for all of an order is what the order costs, to the cent."""
    ordered = Line("1", "A1", Counts(cancelled=2, in_transit=1), 1000, discount_minor=100)
    instead = Line("1~B2", "B2", Counts(in_transit=2), 900)
    promise = Promise("courier", None, None, 999)
    when = datetime(2026, 1, 16, tzinfo=UTC)
    order = Order("o", 1, "web", "USD", when, promise, "g", "", "key", (ordered, instead), 999, 0, 777)
    assert due_if_kept(order, {"1": 1, "1~B2": 2}, 0) == order.total_minor


def test_nothing_kept_is_nothing_paid(road: Road) -> None:
    road.run(road.ready("o-1", ("A1", 1)))
    payment = {"method": "cash", "amount_minor": 100}
    refused = {"outcome": "refused", "reason": "refused_other"}
    (bad,) = road.send(road.event("o-1-1-a1", "completed", None, **refused, payment=payment))
    assert (bad["code"], bad["errors"][0]["pointer"]) == ("invalid", "/events/0/payment")
    road.tell("o-1-1-a1", "completed", **refused)
    assert account(road, "o-1")["total_minor"] == 0


def test_a_kit_is_kept_whole(road: Road) -> None:
    job = road.ready("o-1", ("K1", 2))
    run = road.run(job)
    assert run["stops"][0]["due_minor"] == 2 * 1000 + 999
    units = {line["sku"]: line["id"] for line in run["stops"][0]["lines"]}
    part: dict[str, Any] = {"outcome": "partially_accepted", "reason": "refused_other"}
    torn = [{"id": units["A1"], "quantity": 1}, {"id": units["B2"], "quantity": 1}]
    (bad,) = road.send(road.event("o-1-1-a1", "completed", **part, lines=torn))
    assert bad["code"] == "invalid"
    whole = [{"id": units["A1"], "quantity": 1}, {"id": units["B2"], "quantity": 2}]
    road.tell("o-1-1-a1", "completed", **part, lines=whole)
    assert road.shop.scalar("SELECT due_minor FROM courier_stop") == 1000 + 999
    assert (road.line("o-1")["delivered"], road.line("o-1")["credited"]) == (1, 1)


def test_proof_and_attempts_are_by_the_rules_of_work(road: Road) -> None:
    rules = {"proof": {"signature": "required"}, "attempts": 1}
    put = road.shop.admin.put("/v1/work", json=rules)
    assert put.status_code in (200, 201, 204), put.text
    road.shop.runtime.refresher.look()
    road.run(road.ready("o-1", ("A1", 1)), road.ready("o-2", ("B2", 1)))
    (bare,) = road.send(road.event("o-1-1-a1", "completed", outcome="delivered"))
    assert (bare["code"], bare["errors"][0]["pointer"]) == ("proof_missing", "/events/0/proof/signature")
    road.tell("o-1-1-a1", "completed", outcome="delivered", proof={"signature": "0" * 64})
    road.tell("o-2-1-a1", "completed", outcome="failed_attempt", reason="absent")
    assert road.shop.scalar("SELECT next_step FROM courier_stop WHERE id = 'o-2-1-a1'") == "return"
