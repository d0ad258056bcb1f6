"""What a person may ask: everything we hold, and to be forgotten; and what goes by itself when its time is
over."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import text

from oms.actors import Role
from oms.jobs import forget_requests
from oms.usecases.retention import forget_personal
from tests.checkout.conftest import Shop
from tests.operate.test_logs import PERSON, WHERE, order_of_a_person
from tests.returns.conftest import deliver

EVERYTHING = """
    SELECT string_agg(row::text, ' ') FROM (
        SELECT to_jsonb(t) AS row FROM customer t UNION ALL SELECT to_jsonb(t) FROM address t
        UNION ALL SELECT to_jsonb(t) FROM contact t UNION ALL SELECT to_jsonb(t) FROM customer_card t
        UNION ALL SELECT to_jsonb(t) FROM payment t UNION ALL SELECT to_jsonb(t) FROM return_line t
        UNION ALL SELECT to_jsonb(t) FROM "return" t UNION ALL SELECT to_jsonb(t) FROM courier_event t
        UNION ALL SELECT to_jsonb(t) FROM shipment_event t UNION ALL SELECT to_jsonb(t) FROM outbox t
        UNION ALL SELECT to_jsonb(t) FROM "order" t
        UNION ALL SELECT to_jsonb(convert_from(body, 'UTF8')) FROM request t) AS rows
"""
PERSONAL = ("winifred", "quibble", "555 0188", "5550188", "xylophone", "quillford", "fp_4242", "40.7506")


def customer_of(shop: Shop) -> str:
    """The id of the one who ordered."""
    found = shop.admin.get("/v1/customers", params={"email": PERSON["email"]}).json()["items"]
    return str(found[0]["id"])


def lived(shop: Shop) -> str:
    """A person with an order delivered, a return with a note, a hold, a contact, a card; the id."""
    assert order_of_a_person(shop, "o-1").status_code == 201
    who = customer_of(shop)
    held = shop.post("/v1/orders/o-1/holds", {"hold": "care", "note": "Quibble rang"}, shop.admin)
    assert held.status_code == 200, held.text
    lifted = shop.post("/v1/orders/o-1/holds", {"hold": "care", "remove": True}, shop.admin)
    said = {"direction": "in", "note": "Winifred wants the window", "order": "o-1"}
    assert shop.post(f"/v1/customers/{who}/contacts", said, shop.admin).status_code == 201
    with shop.runtime.engine.begin() as conn:
        conn.execute(
            text("INSERT INTO customer_card VALUES (:who, 'fp_4242') ON CONFLICT DO NOTHING"), {"who": who}
        )
    return who if lifted.status_code == 200 else pytest.fail(lifted.text)


def ended(shop: Shop) -> str:
    who = lived(shop)
    deliver(shop, "o-1")
    line = {
        "order": "o-1",
        "line": "1",
        "quantity": 1,
        "reason": "other_return",
        "note": "Quibble is unhappy",
    }
    asked = shop.post("/v1/returns", {"lines": [line], "method": "ship"}, shop.admin)
    assert asked.status_code == 201, asked.text
    cancelled = shop.post(f"/v1/returns/{asked.json()['id']}/cancel", {}, shop.admin)
    assert cancelled.status_code == 200, cancelled.text
    return who


def erase(shop: Shop, who: str, client: Any = None, key: str | None = None, **more: Any) -> Any:
    return shop.post(
        f"/v1/customers/{who}/erase", {"reason": "asked_for_it", **more}, client or shop.admin, key
    )


def test_a_person_gets_all_that_is_kept(shop: Shop) -> None:
    who = ended(shop)
    answer = shop.admin.get(f"/v1/customers/{who}/export")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["customer"]["email"] == PERSON["email"] and found["records"][0]["phone"] == PERSON["phone"]
    assert [one["street"] for one in found["addresses"]] == [WHERE["street"]]
    assert found["orders"][0]["destination"]["street"] == WHERE["street"]
    assert "order_token" not in found["orders"][0]
    assert found["contacts"][0]["note"] == "Winifred wants the window"
    assert found["cards"] == [{"card": "fp_4242"}]
    assert found["returns"][0]["lines"][0]["note"] == "Quibble is unhappy"
    assert shop.web.get(f"/v1/customers/{who}/export").status_code == 403


def test_a_person_is_forgotten_and_the_books_stay(shop: Shop) -> None:
    who = ended(shop)
    said = shop.scalar(EVERYTHING).lower()
    assert [one for one in PERSONAL if one not in said] == []
    facts = """SELECT jsonb_build_array((SELECT count(*) FROM movement), (SELECT count(*) FROM "order"),
        (SELECT sum(total_minor) FROM "order"), (SELECT jsonb_agg(data - 'note' ORDER BY id) FROM outbox))"""
    before = shop.scalar(facts)
    erased = erase(shop, who)
    assert erased.status_code == 200, erased.text
    assert erased.json()["records"] == [who] and erased.json()["orders"] == 1
    said = shop.scalar(EVERYTHING).lower()
    assert [one for one in PERSONAL if one in said] == []
    after = shop.scalar(facts)
    assert after[:3] == before[:3] and after[3][: len(before[3])] == before[3]
    assert shop.scalar("SELECT type || ' ' || reason FROM outbox ORDER BY id DESC LIMIT 1") == (
        "customer.erased asked_for_it"
    )
    shown = shop.admin.get("/v1/orders/o-1").json()
    assert shown["customer"] is None and shown["destination"]["street"] is None
    for path in ("", "/export", "/timeline"):
        assert shop.admin.get(f"/v1/customers/{who}{path}").status_code == 404
    assert erase(shop, who).status_code == 404
    recomputed = shop.admin.get("/v1/orders/o-1/decisions", params={"recompute": "true"})
    assert recomputed.status_code == 200, recomputed.text
    shop.audit()


def test_a_request_repeated_after_erasing_tells_nothing(shop: Shop) -> None:
    made = shop.post("/v1/customers", PERSON, shop.admin, "same")
    who = made.json()["id"]
    assert erase(shop, who, key="again").status_code == 200
    repeated = shop.post("/v1/customers", PERSON, shop.admin, "same")
    assert (repeated.status_code, repeated.json()["code"]) == (410, "answer_erased")
    assert erase(shop, who, key="again").status_code == 200


def test_who_waits_for_something_is_not_erased_unless_an_admin_says_so(shop: Shop) -> None:
    who = lived(shop)
    office = shop.client(Role.BACKOFFICE)
    refused = erase(shop, who, office)
    assert (refused.status_code, refused.json()["code"]) == (409, "in_use")
    assert refused.json()["orders"] == ["o-1"]
    assert shop.admin.get(f"/v1/customers/{who}").status_code == 200
    assert erase(shop, who, office, force=True).json()["code"] == "forbidden"
    forced = erase(shop, who, force=True)
    assert forced.status_code == 200 and forced.json()["open_orders"] == ["o-1"]
    where = shop.admin.get("/v1/orders/o-1").json()["destination"]
    assert (where["postcode"], where["street"], where["lat"]) == ("10001", None, 40.8)
    deliver(shop, "o-1")
    assert forget_personal(shop.runtime)["leftovers"] == 1
    where = shop.admin.get("/v1/orders/o-1").json()["destination"]
    assert (where["postcode"], where["lat"]) == ("", None)


def test_a_return_on_its_way_keeps_its_customer(shop: Shop) -> None:
    who = lived(shop)
    deliver(shop, "o-1")
    line = {"order": "o-1", "line": "1", "quantity": 1, "reason": "damaged"}
    assert shop.post("/v1/returns", {"lines": [line], "method": "ship"}, shop.admin).status_code == 201
    assert erase(shop, who).json()["orders"] == ["o-1"]


def test_merged_records_are_forgotten_together(shop: Shop) -> None:
    one = shop.post("/v1/customers", PERSON, shop.admin).json()["id"]
    two = shop.post("/v1/customers", {"email": "w@work.example.com"}, shop.admin).json()["id"]
    shop.post(f"/v1/customers/{one}/merge", {"into": two}, shop.admin)
    assert erase(shop, one).json()["code"] == "illegal_transition"
    assert sorted(shop.admin.get(f"/v1/customers/{two}/export").json()["records"][0]) > []
    assert erase(shop, two).json()["records"] == sorted((one, two))
    assert not [name for name in ("winifred", "quibble", "w@work") if name in shop.scalar(EVERYTHING).lower()]


def test_an_order_placed_at_the_same_moment_is_of_somebody_known_or_new(shop: Shop) -> None:
    for turn in range(4):
        made = shop.post("/v1/customers", PERSON, shop.admin)
        assert made.status_code == 201, made.text
        who, answers = made.json()["id"], dict[str, Any]()
        both = [
            threading.Thread(target=lambda a=answers, w=who: a.update(erased=erase(shop, w))),
            threading.Thread(
                target=lambda a=answers, n=turn: a.update(order=order_of_a_person(shop, f"r-{n}"))
            ),
        ]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()
        assert answers["order"].status_code == 201
        order = shop.admin.get(f"/v1/orders/r-{turn}").json()
        # Either the order came first and kept its customer, or it is a new customer's; never nobody's.
        assert answers["erased"].status_code in (200, 409)
        assert order["customer"]["email"] == PERSON["email"]
        shop.post(f"/v1/orders/r-{turn}/cancel", {}, shop.admin)
        assert erase(shop, customer_of(shop)).status_code == 200


def test_old_things_go_by_the_rules(shop: Shop) -> None:
    ended(shop)
    rules = {"contact_days": 30, "address_days": 60, "courier_days": 10, "answer_hours": 2}
    assert shop.admin.put("/v1/retention", json=rules).status_code == 200
    shop.runtime.refresher.look()
    shop.watch.forward(hours=1)
    assert forget_requests(shop.runtime) == 0
    shop.watch.forward(hours=2)
    assert forget_requests(shop.runtime) == 0, "by one clock only"
    with shop.runtime.engine.begin() as conn:
        conn.execute(text("UPDATE request SET stored_at = stored_at - interval '2 hours'"))
    assert forget_requests(shop.runtime) > 0
    with shop.runtime.engine.begin() as conn:
        conn.execute(text(DOOR), {"at": shop.runtime.clock.now()})
    nothing = {"contacts": 0, "addresses": 0, "reports": 0, "pictures": 0, "leftovers": 0}
    assert forget_personal(shop.runtime) == nothing
    shop.watch.forward(days=11)
    assert forget_personal(shop.runtime) == nothing | {"reports": 1}
    assert shop.scalar("SELECT data FROM courier_event") == {"type": "completed"}
    shop.watch.forward(days=30)
    assert forget_personal(shop.runtime) == nothing | {"contacts": 1}
    shop.watch.forward(days=30)
    assert forget_personal(shop.runtime) == nothing | {"addresses": 1}
    assert shop.admin.get("/v1/orders/o-1").json()["customer"]["email"] == PERSON["email"]
    assert forget_personal(shop.runtime) == nothing


DOOR = """
    WITH stop AS (
        INSERT INTO courier_stop (id, order_id, fulfilment_order, node, attempt, state, created_at)
        SELECT f.id || '-a1', f.order_id, f.id, f.node, 1, 'cancelled', :at FROM fulfilment_order f
        LIMIT 1 RETURNING id)
    INSERT INTO courier_event (id, stop_id, digest, at, occurred_at, actor, result, data)
    SELECT 'e', id, '', :at, :at, 'k', 'applied',
        '{"type": "completed", "note": "left with Quibble", "position": {"lat": 40.7506}}' FROM stop
"""


def test_orders_that_wait_keep_their_address(shop: Shop) -> None:
    lived(shop)
    shop.admin.put("/v1/retention", json={"address_days": 1})
    shop.runtime.refresher.look()
    shop.watch.forward(days=400)
    assert forget_personal(shop.runtime)["addresses"] == 0
    assert shop.admin.get("/v1/orders/o-1").json()["destination"]["street"] == WHERE["street"]
