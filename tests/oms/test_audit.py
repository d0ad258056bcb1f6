"""Whatever is wrong between orders, work, stock, road and money has a name."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from oms.audit import Kind, audit
from tests.checkout.conftest import Shop
from tests.checkout.conftest import shop as shop
from tests.handover.work import done, packed

DAMAGE = [
    (Kind.WORKING, "UPDATE fulfilment_line SET cancelled = 1, picked = picked - 1 WHERE order_id = 'o-1'"),
    (Kind.HELD, "UPDATE order_line SET packed = 1, lost = 1 WHERE order_id = 'o-1'"),
    (Kind.HELD_AHEAD, "UPDATE order_line SET packed = 1, backordered = 1 WHERE order_id = 'o-1'"),
    (Kind.UNDER_WAY, "UPDATE shipment_line SET quantity = 1 WHERE order_id = 'o-2'"),
    (Kind.INSPECTION, "UPDATE inbound_line SET inspected = 1"),
    (
        Kind.GOODWILL,
        'WITH back AS (INSERT INTO "return" (id, state, method, channel, requested_at, actor)'
        " VALUES ('r', 'approved', 'counter', 'web', now(), '') RETURNING id)"
        " INSERT INTO goodwill (return_id, no, at, method, amount_minor, reason)"
        " SELECT id, 1, now(), 'cash', 5, 'kindness' FROM back",
    ),
    (Kind.CAPTURED, "UPDATE payment SET amount_minor = amount_minor + 1 WHERE kind = 'captured'"),
    (Kind.REFUNDED, "UPDATE payment SET amount_minor = 9999 WHERE kind = 'refunded'"),
    (Kind.KEPT, "UPDATE \"order\" SET total_minor = total_minor - 1 WHERE id = 'o-2'"),
    (Kind.SETTLED, "UPDATE refund SET state = 'settled' WHERE state = 'due'"),
]


def paid(shop: Shop, order_id: str) -> None:
    """Captured whole, a cancelled unit refunded, another one due."""
    whole = shop.admin.get(f"/v1/orders/{order_id}").json()["money"]["total_minor"]
    facts = [{"kind": kind, "method": "card", "amount_minor": whole} for kind in ("authorised", "captured")]
    done(shop, f"/v1/orders/{order_id}/payments", {"payments": facts})


@pytest.fixture
def busy(shop: Shop) -> Shop:
    """One order packed, one on the road, one cancelled in part; all paid."""
    packed(shop, "o-1", ("B2", 2), method="ship")
    coming = {"id": "po", "node": "FAR", "eta": "2026-02-01T08:00:00+00:00"}
    announced = shop.post("/v1/inbound", coming | {"lines": [{"sku": "C3", "quantity": 2}]}, shop.admin)
    assert announced.status_code == 201, announced.text
    done(shop, "/v1/inbound/po/receive", {"lines": [{"sku": "C3", "quantity": 2, "area": "inspection"}]})
    (job,) = packed(shop, "o-2", ("A1", 2), method="ship")
    done(shop, f"/v1/fulfilment-orders/{job}/hand-over")
    shop.place("o-3", ("B2", 3), method="ship")
    for order_id in ("o-2", "o-3"):
        paid(shop, order_id)
    done(shop, "/v1/orders/o-3/cancel", {"lines": [{"id": "1", "quantity": 1}]})
    (due,) = shop.admin.get("/v1/orders/o-3/payments").json()["refunds"]
    fact = {"kind": "refunded", "method": "card", "amount_minor": due["amount_minor"], "refund_id": due["id"]}
    done(shop, "/v1/orders/o-3/payments", {"payments": [fact]})
    done(shop, "/v1/orders/o-3/cancel", {"lines": [{"id": "1", "quantity": 1}]})
    return shop


def test_each_kind_has_its_damage() -> None:
    assert {kind for kind, _ in DAMAGE} == set(Kind)


@pytest.mark.parametrize(("kind", "statement"), DAMAGE, ids=[kind.value for kind, _ in DAMAGE])
def test_damage_is_named(busy: Shop, kind: Kind, statement: str) -> None:
    with busy.runtime.engine.connect() as conn:
        before = audit(conn)
        assert before.agrees, before
        assert (before.orders, before.payments) == (3, 5)
        assert conn.execute(text(statement)).rowcount >= 1
        assert kind in audit(conn).by_kind()
        conn.rollback()
