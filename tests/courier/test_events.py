"""Batches of events: each stands for itself, once, whoever sends it how often; and who may see what."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from oms.actors import Role
from tests.courier.conftest import Road
from tests.support import stock_up


def test_a_bad_event_leaves_the_others_alone(road: Road) -> None:
    road.run(road.ready("o-1", ("A1", 1)), road.ready("o-2", ("B2", 1)))
    events = [
        road.event("o-1-1-a1", "picked_up"),
        road.event("nowhere-1-a1", "picked_up"),
        road.event("o-2-1-a1", "returned"),
        road.event("o-2-1-a1", "completed", outcome="refused"),
        road.event("o-2-1-a1", "picked_up"),
    ]
    results = road.send(*events)
    assert [result["event_id"] for result in results] == [event["event_id"] for event in events]
    said = [(result["result"], result["code"]) for result in results]
    assert said == [
        ("applied", None),
        ("rejected", "not_found"),
        ("rejected", "illegal_transition"),
        ("rejected", "unknown_reason"),
        ("applied", None),
    ]
    assert road.in_van("o-1-1") == road.in_van("o-2-1") == 1
    types = road.shop.scalar(
        "SELECT count(*) FROM outbox WHERE subject_id = 'o-2' AND type = 'stop.completed'"
    )
    assert types == 0, "what was rejected is not told"


def test_a_batch_is_heard_in_the_order_of_what_happened(road: Road) -> None:
    job = road.ready("o-1", ("A1", 1))
    run = road.run(job)
    start = road.shop.watch.now()
    road.shop.watch.forward(hours=1)
    late = [start + timedelta(minutes=n) for n in range(1, 5)]
    results = road.send(
        road.event("o-1-1-a1", "returned", late[3]),
        road.event("o-1-1-a1", "completed", late[2], outcome="refused", reason="refused_other"),
        road.event("o-1-1-a1", "picked_up", late[1]),
        road.event("o-1-1-a1", "accepted", late[0]),
    )
    assert {result["result"] for result in results} == {"applied"}
    stop = road.stop(run["id"], "o-1-1-a1")
    assert stop["state"] == "returned"
    assert stop["instants"]["picked_up"] == late[1].isoformat()
    happened = road.shop.scalar("SELECT occurred_at FROM outbox WHERE type = 'stop.completed'")
    assert happened == late[2]


def test_late_and_repeated_events_do_no_harm(road: Road) -> None:
    job = road.ready("o-1", ("A1", 2))
    run = road.run(job)
    before = road.shop.watch.now()
    road.shop.watch.forward(hours=2)
    done = road.event("o-1-1-a1", "completed", outcome="delivered")
    assert road.send(done)[0]["result"] == "applied"
    road.shop.watch.forward(days=8)
    again = road.send(done, {**done, "outcome": "refused", "reason": "refused_other"})
    assert [(r["result"], r["first"], r["code"]) for r in again] == [
        ("duplicate", "applied", None),
        ("rejected", None, "idempotency_key_reused"),
    ]
    (late,) = road.send(road.event("o-1-1-a1", "picked_up", before))
    assert late["result"] == "superseded"
    assert road.stop(run["id"], "o-1-1-a1")["instants"]["picked_up"] == before.isoformat()
    assert road.line("o-1")["delivered"] == 2 and road.in_van(job) == 0


def test_the_same_event_at_once_has_one_effect(road: Road) -> None:
    stock_up(road.shop.runtime, ("ST-1", "A1", 20))
    for n in range(4):
        job = road.ready(f"o-{n}", ("A1", 2))
        road.run(job)
        event = road.event(f"o-{n}-1-a1", "completed", outcome="delivered")
        with ThreadPoolExecutor(4) as pool:
            answers = [one for (one,) in pool.map(lambda e: road.send(e), [event] * 4)]
        assert sorted(one["result"] for one in answers) == ["applied", *["duplicate"] * 3]
        assert road.line(f"o-{n}")["delivered"] == 2 and road.in_van(job) == 0
    assert road.at("customer") == 8


def test_received_twice_at_once_has_one_winner(road: Road) -> None:
    road.run(road.ready("o-1", ("A1", 2)))
    road.tell("o-1-1-a1", "completed", outcome="refused", reason="refused_other")
    path = "/v1/courier/stops/o-1-1-a1/receive"
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: road.shop.post(path, {}, road.staff), range(3)))
    assert sorted(one.status_code for one in answers) == [200, 409, 409]
    assert road.at("ST-1:inspection") == 2 and road.line("o-1")["returned"] == 2


def test_a_pickup_while_the_customer_cancels_has_one_winner(road: Road) -> None:
    stock_up(road.shop.runtime, ("ST-1", "A1", 20))
    for n in range(4):
        job = road.ready(f"o-{n}", ("A1", 2))
        road.run(job)
        event = road.event(f"o-{n}-1-a1", "picked_up")
        with ThreadPoolExecutor(2) as pool:
            heard = pool.submit(road.send, event)
            cancelled = pool.submit(road.shop.post, f"/v1/orders/o-{n}/cancel", {})
        taken = heard.result()[0]["result"] == "applied"
        assert (cancelled.result().status_code == 200) != taken
        assert road.in_van(job) == (2 if taken else 0)


def test_a_courier_sees_and_acts_on_his_own_runs_only(road: Road) -> None:
    mine = road.run(road.ready("o-1", ("A1", 1)))
    other = road.shop.client(Role.COURIER)
    assert other.get(f"/v1/courier/runs/{mine['id']}").status_code == 404
    assert other.get("/v1/courier/runs").json()["items"] == []
    assert other.get("/v1/courier/runs", params={"courier": road.courier}).json()["items"] == []
    (foreign,) = road.send(road.event("o-1-1-a1", "picked_up"), client=other)
    assert (foreign["result"], foreign["code"]) == ("rejected", "not_found")
    assert road.shop.post(f"/v1/courier/runs/{mine['id']}/end", None, other).status_code == 404
    assert [run["id"] for run in road.driver.get("/v1/courier/runs").json()["items"]] == [mine["id"]]
    assert road.driver.get(f"/v1/courier/runs/{mine['id']}").json()["stops"][0]["state"] == "assigned"
    elsewhere = road.shop.client(Role.STAFF, nodes=["ST-2"])
    assert elsewhere.get(f"/v1/courier/runs/{mine['id']}").status_code == 404
    assert elsewhere.get("/v1/courier/runs").json()["items"] == []
    assert elsewhere.get("/v1/courier/runs", params={"node": "ST-1"}).status_code == 403
    assert road.shop.post("/v1/courier/stops/o-1-1-a1/receive", {}, elsewhere).status_code == 404
    (unseen,) = road.send(road.event("o-1-1-a1", "picked_up"), client=elsewhere)
    assert unseen["code"] == "not_found"
