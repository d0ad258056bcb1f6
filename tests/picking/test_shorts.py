"""A picker finds less than the task wants: shorts, substitutes, and what becomes of the tote."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from oms.usecases.resourcing import resource_orders
from tests.picking.conftest import Floor, refusal
from tests.support import stock_up


def short(units: int = 1, reason: str = "mismatch") -> dict[str, Any]:
    return {"quantity": units, "reason": reason}


def told(answer: Any) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_what_is_short_finds_another_home_at_once(floor: Floor) -> None:
    floor.accepted("o-1", ("A1", 2), ("B2", 1))
    found = floor.claimed()
    floor.pick(found, 1, 1)
    floor.pick(found, 2, 1)
    asked = short()
    done = told(floor.do(found, 2, "short", asked, key="again"))
    assert (done["state"], done["picked"], done["to_pick"], done["do"]) == ("short", 1, 0, "continue")
    assert (done["list_state"], done["fulfilment_order_state"]) == ("done", "picked")
    assert told(floor.do(found, 2, "short", asked, key="again")) == done
    assert refusal(floor.do(found, 2, "short", short(2), key="again")) == (422, "idempotency_key_reused")
    order = floor.order("o-1")
    jobs = order["fulfilment_orders"]
    assert (jobs[0]["node"], jobs[0]["state"]) == ("WH", "picked")
    assert order["fulfilment_orders"][1]["node"] == "ST-1"
    assert order["lines"][0]["picked"] == 1 and order["lines"][0]["unrouted"] == 0
    position = floor.shop.admin.get("/v1/stock?node=WH&sku=A1").json()["items"][0]
    assert position["blocked"] is True and position["on_hand"] == 209
    assert {"task.short", "fulfilment.picked", "order.resourced"} <= set(floor.events("o-1"))
    event = next(one for one in order["timeline"] if one["type"] == "task.short")
    assert event["reason"] == "mismatch" and event["data"]["quantity"] == 1


def test_an_order_that_may_not_leave_in_part_waits_for_the_rest(floor: Floor) -> None:
    floor.accepted("o-1", ("A1", 10), ("B2", 1))
    found = floor.claimed()
    floor.pick(found, 1, 1)
    done = told(floor.do(found, 2, "short", short(10)))
    assert done["do"] == "hold", "no other node has ten of them"
    assert floor.line("o-1") == {"unrouted": 10}
    assert floor.read(found)["totes"][0]["do"] == "hold"
    pack = "/v1/fulfilment-orders/o-1-1/pack"
    held = floor.shop.post(pack, {}, floor.picker)
    assert refusal(held) == (409, "held_for_rest")
    assert held.json()["waiting"] == ["1"]
    parcels = {"parcels": [{"lines": [{"id": "2", "quantity": 1}]}]}
    assert refusal(floor.shop.post(pack, parcels, floor.picker)) == (409, "held_for_rest")
    stock_up(floor.shop.runtime, ("FAR", "A1", 50))
    resource_orders(floor.shop.runtime)
    assert floor.read(found)["totes"][0]["do"] == "continue"
    floor.shop.post("/v1/orders/o-1/cancel", {})
    assert floor.read(found)["totes"][0]["do"] == "put_back"


def test_what_is_held_is_packed_for_a_reason_that_is_kept(floor: Floor) -> None:
    floor.accepted("o-1", ("A1", 10), ("B2", 1))
    found = floor.claimed()
    floor.pick(found, 1, 1)
    told(floor.do(found, 2, "short", short(10)))
    asked = {"despite_hold": "the customer asked for what there is"}
    packed = told(floor.shop.post("/v1/fulfilment-orders/o-1-1/pack", asked, floor.picker))
    assert packed["state"] == "ready_for_carrier"
    event = next(one for one in floor.order("o-1")["timeline"] if one["type"] == "fulfilment.packed")
    assert event["data"]["despite_hold"] == asked["despite_hold"]


def test_once_the_rest_is_cancelled_it_is_packed(floor: Floor) -> None:
    floor.accepted("o-1", ("A1", 10), ("B2", 1))
    found = floor.claimed()
    floor.pick(found, 1, 1)
    told(floor.do(found, 2, "short", short(10)))
    told(floor.shop.post("/v1/orders/o-1/cancel", {"lines": [{"id": "1"}]}))
    told(floor.shop.post("/v1/fulfilment-orders/o-1-1/pack", {"despite_hold": "not needed"}, floor.picker))
    event = next(one for one in floor.order("o-1")["timeline"] if one["type"] == "fulfilment.packed")
    assert "despite_hold" not in event["data"], "it was not held any more"


def test_an_order_that_may_leave_in_part_goes_on(floor: Floor) -> None:
    floor.accepted("o-1", ("A1", 10), ("B2", 1), allow_partial=True)
    found = floor.claimed()
    floor.pick(found, 1, 1)
    assert told(floor.do(found, 2, "short", short(10)))["do"] == "continue"


def test_a_kit_kept_together_is_held_when_a_part_of_it_is_short(floor: Floor) -> None:
    floor.shop.admin.put("/v1/stock/counts", json={"counts": [{"node": "ST-1", "sku": "A1", "quantity": 0}]})
    floor.accepted("o-1", ("K1", 1), allow_partial=True)
    found = floor.claimed()
    floor.pick(found, 1, 2)
    assert told(floor.do(found, 2, "short", short()))["do"] == "hold"


def test_of_which_nothing_can_be_had_is_rejected(floor: Floor) -> None:
    floor.accepted("o-1", ("A1", 2))
    found = floor.claimed()
    told(floor.do(found, 1, "short", short(1, "damaged")))
    done = told(floor.do(found, 1, "short", short(1, "damaged")))
    assert done["fulfilment_order_state"] == "rejected" and done["list_state"] == "done"
    jobs = floor.order("o-1")["fulfilment_orders"]
    assert (jobs[0]["state"], jobs[0]["reason"]) == ("rejected", "damaged")
    assert floor.line("o-1") == {"routed": 2}
    damaged = "SELECT sum(quantity) FROM movement WHERE to_place = 'WH:damaged'"
    assert floor.shop.scalar(damaged) == 2


REASONS = "SELECT array_agg(reason) FROM outbox WHERE type = 'order.displaced' AND subject_id = :order"


def test_a_shelf_found_empty_keeps_what_is_in_hand(floor: Floor) -> None:
    floor.accepted("o-1", ("A1", 3))
    floor.accepted("o-2", ("A1", 1))
    floor.accepted("o-3", ("A1", 1), allow_partial=True)
    found = floor.claimed()
    floor.pick(found, 1, 2)
    done = told(floor.do(found, 1, "short", short(1, "not_in_stock")))
    assert done["picked"] == 2
    assert (
        floor.shop.scalar("SELECT min(on_hand) FROM position WHERE on_hand = reserved AND reserved > 0") == 2
    )
    assert {task["state"] for task in floor.read(found)["tasks"]} == {"short", "withdrawn"}
    assert floor.read(found)["state"] == "done"
    for order_id in ("o-2", "o-3"):
        assert floor.line(order_id) in ({"routed": 1}, {"unrouted": 1})
        [taken] = floor.shop.scalar(REASONS, order=order_id)
        assert taken == "not_in_stock"


def test_shorts_are_judged_before_anything_moves(floor: Floor) -> None:
    floor.accepted("o-1", ("A1", 2))
    found = floor.claimed()
    assert refusal(floor.do(found, 1, "short", short(3))) == (422, "bad_quantity")
    assert refusal(floor.do(found, 1, "short", short(1, "no_staff"))) == (422, "unknown_reason")
    assert floor.line("o-1") == {"picking": 2}
    floor.pick(found, 1, 2)
    assert refusal(floor.do(found, 1, "short", short())) == (409, "illegal_transition")


def instead(units: int = 1, sku: str = "B2", **more: Any) -> dict[str, Any]:
    return {"sku": sku, "quantity": units, "reason": "mismatch", "scanned": sku, **more}


def allow(floor: Floor, *skus: str) -> None:
    put = floor.shop.admin.put("/v1/skus/A1/substitutes", json={"substitutes": list(skus)})
    assert put.status_code == 200, put.text


def test_something_else_goes_instead_at_the_lower_price(floor: Floor) -> None:
    allow(floor, "C3", "B2")
    line = {"id": "1", "sku": "A1", "quantity": 3, "unit_price_minor": 1000, "discount_minor": 300}
    body = {"channel": "web", "currency": "USD", "lines": [line], "method": "ship", "substitution": "allowed"}
    home = {"country": "US", "postcode": "10001", "lat": 40.7506, "lon": -73.9972}
    assert floor.shop.web.put("/v1/orders/o-1", json=body | {"destination": home}).status_code == 201
    floor.accept("o-1")
    found = floor.claimed()
    assert found["tasks"][0]["substitutes"] == ["C3", "B2"]
    floor.pick(found, 1, 1)
    before = floor.order("o-1")["money"]["total_minor"]
    done = told(floor.do(found, 1, "substitute", instead(2), key="s"))
    assert (done["state"], done["fulfilment_order_state"]) == ("substituted", "picked")
    assert told(floor.do(found, 1, "substitute", instead(2), key="s")) == done
    lines = floor.order("o-1")["lines"]
    assert [(one["id"], one["sku"], one["picked"], one["cancelled"]) for one in lines] == [
        ("1", "A1", 1, 2),
        ("1~B2", "B2", 2, 0),
    ]
    assert lines[1]["unit_price_minor"] == 399
    assert floor.order("o-1")["money"]["total_minor"] == before - 1800 + lines[1]["amount_minor"]
    assert 0 < lines[1]["amount_minor"] <= 2 * 399
    tasks = floor.read(found)["tasks"]
    assert [(task["sku"], task["state"], task["instead_of"]) for task in tasks] == [
        ("A1", "substituted", None),
        ("B2", "picked", 1),
    ]
    event = next(one for one in floor.order("o-1")["timeline"] if one["type"] == "task.substituted")
    assert event["data"]["by"] == "B2" and event["reason"] == "mismatch"
    assert (
        floor.shop.post("/v1/orders/o-1/cancel", {"lines": [{"id": "1~B2", "quantity": 1}]}).status_code
        == 200
    )


def test_a_customer_never_pays_more_for_what_goes_instead(floor: Floor) -> None:
    allow(floor, "C3")
    stock_up(floor.shop.runtime, ("WH", "C3", 5))
    floor.accepted("o-1", ("A1", 2), substitution="allowed", discount_minor=501)
    before = floor.order("o-1")["money"]["total_minor"]
    found = floor.claimed()
    for _ in range(2):
        told(floor.do(found, 1, "substitute", instead(1, "C3")))
    assert floor.order("o-1")["money"]["total_minor"] == before
    assert [line["id"] for line in floor.order("o-1")["lines"]] == ["1", "1~C3", "1~C3~2"]


def test_only_what_is_allowed_goes_instead(floor: Floor) -> None:
    floor.accepted("o-1", ("A1", 1))
    found = floor.claimed()
    assert refusal(floor.do(found, 1, "substitute", instead())) == (409, "no_consent")
    floor.accepted("o-2", ("A1", 1), ("K1", 1), substitution="allowed")
    found = floor.claimed()
    tasks = {task["line"]: task["no"] for task in found["tasks"]}
    assert refusal(floor.do(found, tasks["1"], "substitute", instead())) == (422, "not_a_substitute")
    allow(floor, "B2", "D4")
    assert refusal(floor.do(found, tasks["2/A1"], "substitute", instead())) == (422, "not_a_substitute")
    wrong = instead(scanned="A1")
    assert refusal(floor.do(found, tasks["1"], "substitute", wrong)) == (422, "wrong_barcode")
    assert refusal(floor.do(found, tasks["1"], "substitute", instead(sku="D4"))) == (
        409,
        "insufficient_stock",
    )
    assert floor.line("o-2") == {"picking": 1}
    assert floor.shop.admin.get("/v1/stock?node=WH&sku=A1").json()["items"][0]["blocked"] is False


def test_substitutes_are_listed_by_the_office(floor: Floor) -> None:
    path = "/v1/skus/A1/substitutes"
    allow(floor, "C3", "B2")
    shown = floor.picker.get(path)
    assert shown.json()["substitutes"] == ["C3", "B2"]
    admin = floor.shop.admin
    stale = admin.put(path, json={"substitutes": []}, headers={"If-Match": '"1"'})
    assert refusal(stale) == (412, "version_conflict")
    assert (
        admin.put(path, json={"substitutes": []}, headers={"If-Match": shown.headers["etag"]}).status_code
        == 200
    )
    assert admin.get(path).json()["substitutes"] == []
    for others, code in (
        (["X"], "unknown_sku"),
        (["A1"], "invalid"),
        (["K1"], "invalid"),
        (["B2", "B2"], "duplicate_id"),
    ):
        assert refusal(admin.put(path, json={"substitutes": others})) == (422, code)
    assert admin.get("/v1/skus/X/substitutes").status_code == 404
    assert admin.put("/v1/skus/X/substitutes", json={"substitutes": []}).status_code == 404


def test_short_while_care_changes_the_method(floor: Floor) -> None:
    """One of the two is first; the other is told so by name, and every unit is somewhere."""
    outcomes = []
    for n in range(3):
        name = f"o-{n}"
        floor.accepted(name, ("B2", 1))
        found = floor.wave()[0]
        asked: dict[str, Any] = {"method": "pickup", "pickup_node": "ST-1"}
        shown = told(floor.shop.post(f"/v1/orders/{name}/method", asked))
        asked["confirm"] = {"quote_id": shown["quote_id"], "option_id": shown["options"][0]["option_id"]}
        start = Barrier(2)

        def change(name: str = name, asked: Any = asked, start: Barrier = start) -> Any:
            start.wait(10)
            return floor.shop.post(f"/v1/orders/{name}/method", asked)

        def walk(found: Any = found, start: Barrier = start) -> Any:
            start.wait(10)
            floor.claim(found["id"])
            return floor.do(found, 1, "short", short())

        with ThreadPoolExecutor(2) as pool:
            changed, fell = pool.submit(change), pool.submit(walk)
        ways = (changed.result().status_code, fell.result().status_code)
        assert ways in ((200, 409), (409, 200), (412, 200)), (changed.result().text, fell.result().text)
        outcomes.append(ways)
        stages = floor.line(name)
        assert sum(stages.values()) == 1 and stages.keys() <= {"routed", "unrouted"}, stages
        count = {"counts": [{"node": "WH", "sku": "B2", "quantity": 50}]}
        assert floor.shop.admin.put("/v1/stock/counts", json=count).status_code < 300
        floor.shop.runtime.feed.look()
    assert len(outcomes) == 3


def test_all_of_an_order_may_be_substituted(floor: Floor) -> None:
    allow(floor, "B2")
    floor.accepted("o-1", ("A1", 1), substitution="allowed")
    found = floor.claimed()
    told(floor.do(found, 1, "substitute", instead()))
    assert [(line["sku"], line["picked"]) for line in floor.order("o-1")["lines"]] == [("A1", 0), ("B2", 1)]
