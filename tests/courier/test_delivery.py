"""A courier takes goods out: delivered, in part, refused, failed; and what comes back is sold again."""

from __future__ import annotations

from typing import Any

from tests.courier.conftest import Road

CUSTOMER = {"email": "kim@example.com", "phone": "+12125550142"}


def available(road: Road, sku: str) -> int:
    road.shop.runtime.feed.look()
    node = {"skus": [sku], "detail": "node", "limit_nodes": 10}
    items = road.shop.admin.post("/v1/availability", json=node).json()["items"]
    return int(next((n["available"] for n in items[0]["nodes"] if n["node"] == "ST-1"), 0))


def test_a_delivery_step_by_step(road: Road) -> None:
    job = road.ready("o-1", ("A1", 2), ("B2", 1), customer=CUSTOMER)
    run = road.run(job)
    stop = run["stops"][0]
    assert (stop["id"], stop["state"], stop["due_minor"]) == ("o-1-1-a1", "assigned", 3999)
    assert stop["destination"]["postcode"] == "10001" and stop["window"]["to"]
    assert stop["phone"].endswith("42") and "555" not in stop["phone"]
    for type in ("accepted", "en_route_to_pickup", "arrived_at_pickup"):
        assert road.tell(stop["id"], type)["state"] == type
    assert road.job("o-1") == "ready_for_courier" and road.in_van(job) == 0
    road.tell(stop["id"], "picked_up")
    assert road.job("o-1") == "handed_over" and road.in_van(job) == 3
    assert road.line("o-1")["in_transit"] == 2
    ended = road.shop.post(f"/v1/courier/runs/{run['id']}/end", None, road.driver)
    assert (ended.status_code, ended.json()["code"]) == (409, "illegal_transition")
    assert ended.json()["aboard"] == {"o-1-1-a1": 3}
    road.tell(stop["id"], "en_route_to_dropoff")
    road.tell(stop["id"], "arrived_at_dropoff")
    road.tell(stop["id"], "completed", outcome="delivered", payment={"method": "cash", "amount_minor": 3999})
    assert road.job("o-1") == "completed" and road.in_van(job) == 0
    order = road.shop.admin.get("/v1/orders/o-1").json()
    assert order["status"] == "fulfilled" and order["lines"][0]["delivered"] == 2
    after = road.stop(run["id"], stop["id"])
    assert (after["due_minor"], after["collected_minor"], after["destination"]) == (3999, 3999, None)
    assert road.shop.scalar("SELECT state FROM shipment WHERE id = 'o-1-1-p1'") == "delivered"
    assert order["money"]["captured_minor"] == 3999, order["money"]
    types = [event["type"] for event in order["timeline"]]
    assert types.index("stop.assigned") < types.index("stop.picked_up") < types.index("stop.completed")
    assert "fulfilment.handed_over" in types and "fulfilment.completed" in types
    ended = road.shop.post(f"/v1/courier/runs/{run['id']}/end", None, road.driver)
    assert ended.json()["state"] == "ended", ended.text


def test_a_part_is_kept_and_the_rest_is_sold_again(road: Road) -> None:
    job = road.ready("o-1", ("A1", 3))
    run = road.run(job)
    road.tell("o-1-1-a1", "picked_up")
    assert available(road, "A1") == 0
    before: dict[str, Any] = {"outcome": "partially_accepted", "reason": "refused_wrong"}
    (bad,) = road.send(road.event("o-1-1-a1", "completed", **before, lines=[{"id": "1", "quantity": 3}]))
    assert (bad["result"], bad["code"]) == ("rejected", "invalid")
    road.tell("o-1-1-a1", "completed", **before, lines=[{"id": "1", "quantity": 1}])
    line = road.line("o-1")
    assert (line["delivered"], line["refused"], line["returned"]) == (1, 2, 0)
    assert road.stop(run["id"], "o-1-1-a1")["due_minor"] == 1000 + 999
    assert road.in_van(job) == 2 and road.job("o-1") == "handed_over"
    end = f"/v1/courier/runs/{run['id']}/end"
    assert road.shop.post(end, None, road.staff).json()["code"] == "illegal_transition"
    received = road.shop.post("/v1/courier/stops/o-1-1-a1/receive", {"node": "ST-1"}, road.staff)
    assert received.status_code == 200, received.text
    assert received.json()["state"] == "returned" and road.line("o-1")["returned"] == 2
    assert road.in_van(job) == 0 and road.at("ST-1:inspection") == 2 and road.job("o-1") == "completed"
    again = road.shop.post("/v1/courier/stops/o-1-1-a1/receive", {"node": "ST-1"}, road.staff)
    assert (again.status_code, again.json()["code"]) == (409, "illegal_transition")
    found = [
        {"id": "1", "quantity": 1, "disposition": "restock"},
        {"id": "1", "quantity": 1, "disposition": "damaged"},
    ]
    done = road.shop.post("/v1/courier/stops/o-1-1-a1/inspect", {"lines": found}, road.staff)
    assert done.status_code == 200, done.text
    assert available(road, "A1") == 1
    assert (road.at("ST-1:inspection"), road.at("ST-1:damaged")) == (0, 1)
    more = road.shop.post("/v1/courier/stops/o-1-1-a1/inspect", {"lines": found[:1]}, road.staff)
    assert (more.status_code, more.json()["code"]) == (422, "bad_quantity")
    assert road.shop.post(end, None, road.staff).json()["state"] == "ended"


def test_all_is_refused_and_one_unit_is_missing_when_it_comes_back(road: Road) -> None:
    job = road.ready("o-1", ("A1", 2))
    road.run(job)
    road.tell("o-1-1-a1", "picked_up")
    road.tell("o-1-1-a1", "completed", outcome="refused", reason="refused_damaged")
    lines = [{"id": "1", "quantity": 1}]
    (short,) = road.send(road.event("o-1-1-a1", "returned", lines=lines))
    assert (short["result"], short["errors"][0]["pointer"]) == ("rejected", "/events/0/reason")
    road.tell("o-1-1-a1", "returned", lines=lines, reason="lost_on_the_way")
    line = road.line("o-1")
    assert (line["refused"], line["returned"], line["lost"]) == (1, 1, 1)
    assert road.shop.scalar("SELECT state FROM shipment WHERE id = 'o-1-1-p1'") == "returned"
    assert (road.in_van(job), road.at("ST-1:missing"), road.at("ST-1:inspection")) == (0, 1, 1)
    assert road.shop.admin.get("/v1/orders/o-1").json()["status"] == "closed"


def test_a_failed_attempt_is_tried_again_by_the_same_van(road: Road) -> None:
    job = road.ready("o-1", ("A1", 1))
    run = road.run(job)
    road.tell("o-1-1-a1", "picked_up")
    (unknown,) = road.send(road.event("o-1-1-a1", "completed", outcome="failed_attempt", reason="moon"))
    assert (unknown["result"], unknown["code"]) == ("rejected", "unknown_reason")
    road.tell("o-1-1-a1", "completed", outcome="failed_attempt", reason="absent")
    assert road.line("o-1")["in_transit"] == 1 and road.job("o-1") == "handed_over"
    edited = road.shop.post(f"/v1/courier/runs/{run['id']}/stops", {"add": [job]}, road.staff)
    assert [stop["id"] for stop in edited.json()["stops"]] == ["o-1-1-a1", "o-1-1-a2"], edited.text
    road.tell("o-1-1-a2", "picked_up")
    assert (road.in_van(job), road.shop.scalar("SELECT sum(aboard) FROM courier_stop_line")) == (1, 1)
    road.tell("o-1-1-a2", "completed", outcome="delivered")
    assert road.line("o-1")["delivered"] == 1 and road.job("o-1") == "completed"
    assert road.shop.post(f"/v1/courier/runs/{run['id']}/end", None, road.driver).status_code == 200


def test_a_failed_attempt_comes_back_and_goes_out_with_another_run(road: Road) -> None:
    job = road.ready("o-1", ("A1", 2))
    first = road.run(job)
    road.tell("o-1-1-a1", "picked_up")
    road.tell("o-1-1-a1", "completed", outcome="failed_attempt", reason="weather")
    second = road.run(job)
    (aboard_elsewhere,) = road.send(road.event("o-1-1-a2", "picked_up"))
    assert (aboard_elsewhere["result"], aboard_elsewhere["code"]) == ("rejected", "illegal_transition")
    road.tell("o-1-1-a1", "returned")
    assert (road.in_van(job), road.at("ST-1:inspection")) == (0, 2)
    assert road.line("o-1")["in_transit"] == 2 and road.job("o-1") == "handed_over"
    assert road.shop.post(f"/v1/courier/runs/{first['id']}/end", None, road.driver).status_code == 200
    road.tell("o-1-1-a2", "picked_up")
    assert (road.in_van(job), road.at("ST-1:inspection")) == (2, 0)
    road.tell("o-1-1-a2", "completed", outcome="delivered")
    assert road.line("o-1")["delivered"] == 2 and road.job("o-1") == "completed"
    assert road.stop(second["id"], "o-1-1-a2")["lines"][0]["kept"] == 2


def test_a_person_decides_what_a_failed_attempt_leads_to(road: Road) -> None:
    job = road.ready("o-1", ("A1", 1))
    road.run(job)
    road.tell("o-1-1-a1", "picked_up")
    road.tell("o-1-1-a1", "completed", outcome="failed_attempt", reason="wrong_address")
    decide = "/v1/courier/stops/o-1-1-a1/decide"
    retry = road.shop.post(decide, {"next_step": "retry"}, road.staff)
    assert retry.json()["next_step"] == "retry", retry.text
    assert road.shop.scalar("SELECT state FROM courier_stop WHERE id = 'o-1-1-a2'") == "created"
    back = road.shop.post(decide, {"next_step": "return", "reason": "customer"}, road.staff)
    assert back.json()["next_step"] == "return"
    assert road.shop.scalar("SELECT state FROM courier_stop WHERE id = 'o-1-1-a2'") == "cancelled"
    assert road.line("o-1")["returning"] == 1
    late = road.shop.post(decide, {"next_step": "retry"}, road.staff)
    assert (late.status_code, late.json()["code"]) == (409, "illegal_transition")
    road.tell("o-1-1-a1", "returned")
    assert road.line("o-1")["returned"] == 1 and road.job("o-1") == "completed"


def test_goods_missing_at_the_pickup_never_left(road: Road) -> None:
    job = road.ready("o-1", ("A1", 1))
    run = road.run(job)
    failed: dict[str, Any] = {"outcome": "failed_attempt", "reason": "missing_at_pickup"}
    road.tell("o-1-1-a1", "completed", **failed)
    assert (road.job("o-1"), road.in_van(job)) == ("ready_for_courier", 0)
    assert road.line("o-1")["packed"] == 1
    added = road.shop.post(f"/v1/courier/runs/{run['id']}/stops", {"add": [job]}, road.staff)
    assert added.json()["stops"][1]["id"] == "o-1-1-a2", added.text
    road.tell("o-1-1-a2", "picked_up")
    (too_late,) = road.send(road.event("o-1-1-a2", "completed", **failed))
    assert (too_late["result"], too_late["code"]) == ("rejected", "invalid")


def test_what_is_cancelled_is_not_fetched(road: Road) -> None:
    job = road.ready("o-1", ("A1", 2))
    run = road.run(job)
    assert road.shop.post("/v1/orders/o-1/cancel", {}).status_code == 200
    assert road.stop(run["id"], "o-1-1-a1")["state"] == "cancelled"
    (late,) = road.send(road.event("o-1-1-a1", "picked_up"))
    assert (late["result"], late["code"]) == ("rejected", "illegal_transition")
    assert road.in_van(job) == 0
