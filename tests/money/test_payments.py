"""Money over HTTP: facts recorded, refunds due by themselves, paid, failed, given up."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from oms.actors import Role
from oms.audit import audit
from tests.checkout.conftest import Shop, shop

__all__ = ["shop"]


def pay(shop: Shop, order_id: str, *facts: tuple[str, int], **more: Any) -> Any:
    body = [{"kind": kind, "method": "card", "amount_minor": amount, **more} for kind, amount in facts]
    return shop.post(f"/v1/orders/{order_id}/payments", {"payments": body}, shop.admin)


@pytest.fixture
def paid(shop: Shop) -> Iterator[Shop]:
    """An order of 2 × 10.00 and 4.99 shipping, captured whole."""
    assert shop.place("o-1", ("A1", 2), method="ship").json()["money"]["total_minor"] == 2499
    assert pay(shop, "o-1", ("authorised", 2499), ("captured", 2499)).status_code == 201
    yield shop


def refunds(shop: Shop) -> list[Any]:
    found: list[Any] = shop.admin.get("/v1/orders/o-1/payments").json()["refunds"]
    return found


def test_facts_never_exceed_one_another_and_go_in_whole(shop: Shop) -> None:
    shop.place("o-1", ("A1", 1), method="ship", payments=[{"method": "card", "amount_minor": 1000}])
    over = pay(shop, "o-1", ("captured", 600), ("captured", 500))
    assert (over.status_code, over.json()["code"]) == (409, "exceeds_authorised")
    assert over.json()["errors"][0]["pointer"] == "/payments/1/amount_minor"
    account = pay(shop, "o-1", ("captured", 600), ("refunded", 100), ("voided", 400)).json()["money"]
    assert [account[f"{kind}_minor"] for kind in ("authorised", "captured", "refunded", "voided")] == [
        1000,
        600,
        100,
        400,
    ]
    back = pay(shop, "o-1", ("refunded", 501))
    assert (back.status_code, back.json()["code"]) == (409, "exceeds_captured")
    types = "SELECT array_agg(type ORDER BY id) FROM outbox WHERE type LIKE 'payment.%'"
    assert shop.scalar(types) == ["payment.captured", "payment.refunded", "payment.voided"]


def test_a_cancellation_after_capture_makes_a_refund_due(paid: Shop) -> None:
    paid.post("/v1/orders/o-1/cancel", {"lines": [{"id": "1", "quantity": 1}]})
    (due,) = refunds(paid)
    assert (due["amount_minor"], due["state"], due["cause"]) == (1000, "due", "order.cancelled")
    paid.post("/v1/orders/o-1/cancel", {})
    assert [one["amount_minor"] for one in refunds(paid)] == [1000, 1499], (
        "the last unit takes shipping along"
    )
    listed = paid.admin.get("/v1/refunds?state=due").json()["items"]
    assert [one["order_id"] for one in listed] == ["o-1", "o-1"]
    late = pay(paid, "o-1", ("refunded", 999), refund_id=due["id"])
    assert (late.status_code, late.json()["code"]) == (422, "bad_amount")
    assert pay(paid, "o-1", ("refunded", 1000), refund_id=due["id"], reference="psp-1").status_code == 201
    assert [(one["state"], one["reference"]) for one in refunds(paid)] == [
        ("settled", "psp-1"),
        ("due", None),
    ]


def test_what_is_captured_beyond_what_is_owed_falls_due_at_once(paid: Shop) -> None:
    pay(paid, "o-1", ("authorised", 600))
    assert refunds(paid) == []
    account = pay(paid, "o-1", ("captured", 400), ("captured", 200)).json()
    assert account["money"]["refund_pending_minor"] == 600
    (due,) = refunds(paid)
    assert (due["amount_minor"], due["state"], due["cause"]) == (600, "due", "payment.captured")
    with paid.runtime.engine.connect() as conn:
        assert audit(conn).differences == ()
    paid.post("/v1/orders/o-1/cancel", {"lines": [{"id": "1", "quantity": 1}]})
    assert [one["amount_minor"] for one in refunds(paid)] == [600, 1000], "nothing is owed twice"


def test_what_was_paid_back_in_the_same_breath_is_not_owed(paid: Shop) -> None:
    pay(paid, "o-1", ("authorised", 600), ("captured", 600), ("refunded", 600))
    assert refunds(paid) == []


def test_nothing_is_due_of_what_was_only_authorised(shop: Shop) -> None:
    shop.place("o-1", ("A1", 1), method="ship", payments=[{"method": "card", "amount_minor": 1499}])
    shop.post("/v1/orders/o-1/cancel", {})
    assert refunds(shop) == []


def test_a_refund_may_fail_and_be_sent_again_or_given_up(paid: Shop) -> None:
    paid.post("/v1/orders/o-1/cancel", {})
    refund = f"/v1/refunds/{refunds(paid)[0]['id']}"
    assert paid.post(f"{refund}/fail", {}, paid.admin).json()["code"] == "illegal_transition"
    for step, state in (("send", "sent"), ("fail", "failed"), ("send", "sent"), ("fail", "failed")):
        assert paid.post(f"{refund}/{step}", {"reference": step}, paid.admin).json()["state"] == state
    assert paid.post(f"{refund}/void", {}, paid.admin).json()["state"] == "voided"
    assert paid.post(f"{refund}/send", {}, paid.admin).status_code == 409


def test_a_refund_is_paid_once_however_many_try(paid: Shop) -> None:
    paid.post("/v1/orders/o-1/cancel", {})
    (due,) = refunds(paid)

    def attempt(_: int) -> int:
        status: int = pay(paid, "o-1", ("refunded", 2499), refund_id=due["id"]).status_code
        return status

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, range(4))) == [201, 409, 409, 409]


def test_a_card_is_a_fingerprint_never_a_number(shop: Shop) -> None:
    shop.place("o-1", ("A1", 1), method="ship")
    assert pay(shop, "o-1", ("authorised", 100), card="4111111111111111").status_code == 422
    assert pay(shop, "o-1", ("authorised", 100), card="fp_9a7c").status_code == 201


def test_money_is_for_the_office(paid: Shop) -> None:
    for role in (Role.STOREFRONT, Role.STAFF, Role.COURIER):
        assert paid.client(role).get("/v1/orders/o-1/payments").status_code == 403
    foreign = paid.client(Role.BACKOFFICE, channels=["marketplace"])
    assert foreign.get("/v1/orders/o-1/payments").status_code == 404
