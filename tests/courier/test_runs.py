"""Runs planned, changed, taken over, cancelled."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from oms.actors import Role
from tests.courier.conftest import Road


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_without_a_list_a_run_takes_what_is_ready_earliest_promise_first(road: Road) -> None:
    road.ready("o-1", ("A1", 1))
    road.ready("o-2", ("B2", 1))
    road.shop.place("o-3", ("B2", 1), method="courier")
    body = {"node": "ST-1", "courier": road.courier, "stops_max": 1}
    first = road.shop.post("/v1/courier/runs", body, road.staff).json()
    second = road.shop.post("/v1/courier/runs", {**body, "stops_max": 9}, road.staff).json()
    assert [stop["id"] for stop in first["stops"]] == ["o-1-1-a1"]
    assert [stop["id"] for stop in second["stops"]] == ["o-2-1-a1"]
    assert refused(road.shop.post("/v1/courier/runs", body, road.staff)) == (422, "invalid")


def test_what_cannot_go_on_a_run(road: Road) -> None:
    job = road.ready("o-1", ("A1", 1))
    road.shop.place("o-2", ("B2", 1), method="courier")
    road.shop.place("o-3", ("A1", 1), method="ship")
    road.run(job)
    body = {"node": "ST-1", "courier": road.courier}

    def plan(*ids: str, **more: Any) -> Any:
        wish = {**body, "fulfilment_orders": list(ids), **more}
        return road.shop.post("/v1/courier/runs", wish, road.staff)

    assert refused(plan(job)) == (409, "in_use")
    assert refused(plan("o-2-1")) == (409, "illegal_transition")
    assert refused(plan("o-3-1")) == (422, "invalid")
    assert refused(plan("none-1")) == (422, "invalid")
    assert refused(plan("o-2-1", "o-2-1")) == (422, "duplicate_id")
    assert refused(plan("o-2-1", node="ST-2")) == (403, "forbidden")
    staff_key = road.staff.headers["Authorization"].split()[1].partition(".")[0]
    assert refused(plan("o-2-1", courier=staff_key)) == (422, "invalid")
    assert refused(plan("o-2-1", courier="key_none")) == (422, "invalid")
    assert road.shop.scalar("SELECT count(*) FROM courier_run") == 1


def test_stops_are_added_removed_and_taken_over(road: Road) -> None:
    jobs = [road.ready(f"o-{n}", ("B2", 1)) for n in (1, 2, 3)]
    one, other = road.run(*jobs[:2]), road.run(jobs[2])
    path = f"/v1/courier/runs/{one['id']}/stops"
    headers = {"Idempotency-Key": "x", "If-Match": '"1"'}
    wish = {"remove": ["o-1-1-a1"], "take": ["o-3-1-a1"]}
    changed = road.staff.post(path, json=wish, headers=headers)
    assert [stop["id"] for stop in changed.json()["stops"]] == ["o-2-1-a1", "o-3-1-a1"], changed.text
    stale = road.staff.post(path, json={"add": [jobs[0]]}, headers={**headers, "Idempotency-Key": "y"})
    assert refused(stale) == (412, "version_conflict")
    back = road.shop.post(path, {"add": [jobs[0]]}, road.staff).json()
    assert [(stop["id"], stop["attempt"]) for stop in back["stops"]][-1] == ("o-1-1-a1", 1)
    assert road.staff.get(f"/v1/courier/runs/{other['id']}").json()["stops"] == []
    road.tell("o-2-1-a1", "picked_up")
    assert refused(road.shop.post(path, {"remove": ["o-2-1-a1"]}, road.staff)) == (409, "illegal_transition")
    assert refused(road.shop.post(path, {"remove": ["none"]}, road.staff)) == (422, "invalid")


def test_two_runs_for_one_fulfilment_order_at_once_have_one_winner(road: Road) -> None:
    for n in range(3):
        job = road.ready(f"o-{n}", ("B2", 1))
        body = {"node": "ST-1", "courier": road.courier, "fulfilment_orders": [job]}
        with ThreadPoolExecutor(3) as pool:
            plans = list(pool.map(lambda b: road.shop.post("/v1/courier/runs", b, road.staff), [body] * 3))
        assert sorted(plan.status_code for plan in plans) == [201, 409, 409]
        assert {plan.json()["code"] for plan in plans if plan.status_code == 409} == {"in_use"}
    assert road.shop.scalar("SELECT count(*) FROM courier_stop") == 3


def test_what_is_declined_goes_to_another_courier(road: Road) -> None:
    job = road.ready("o-1", ("A1", 1))
    road.run(job)
    road.tell("o-1-1-a1", "declined")
    driver = road.shop.client(Role.COURIER)
    courier = driver.headers["Authorization"].split()[1].partition(".")[0]
    body = {"node": "ST-1", "courier": courier, "fulfilment_orders": [job]}
    run = road.shop.post("/v1/courier/runs", body, road.staff).json()
    assert run["stops"][0]["id"] == "o-1-1-a1"
    (gone,) = road.send(road.event("o-1-1-a1", "accepted"))
    assert gone["code"] == "not_found"
    assert road.send(road.event("o-1-1-a1", "picked_up"), client=driver)[0]["result"] == "applied"
    assert road.staff.get(f"/v1/courier/runs/{run['id']}").json()["state"] == "started"


def test_a_cancelled_run_leaves_its_stops_waiting(road: Road) -> None:
    job = road.ready("o-1", ("A1", 1))
    run = road.run(job)
    cancelled = road.shop.post(f"/v1/courier/runs/{run['id']}/cancel", None, road.staff)
    assert cancelled.json()["state"] == "cancelled", cancelled.text
    assert road.shop.scalar("SELECT state FROM courier_stop") == "created"
    again = road.shop.post(f"/v1/courier/runs/{run['id']}/cancel", None, road.staff)
    assert refused(again) == (409, "illegal_transition")
    added = road.shop.post(f"/v1/courier/runs/{run['id']}/stops", {"add": [job]}, road.staff)
    assert refused(added) == (409, "illegal_transition")
    assert road.run(job)["stops"][0]["id"] == "o-1-1-a1"


def test_a_run_is_started_and_runs_are_listed_by_page(road: Road) -> None:
    made = []
    for n in (1, 2, 3):
        made.append(road.run(road.ready(f"o-{n}", ("B2", 1)))["id"])
        road.shop.watch.forward(minutes=1)
    started = road.shop.post(f"/v1/courier/runs/{made[0]}/start", None, road.driver)
    assert started.json()["state"] == "started"
    first = road.driver.get("/v1/courier/runs", params={"limit": 2}).json()
    rest = road.driver.get("/v1/courier/runs", params={"limit": 2, "cursor": first["next"]}).json()
    assert [run["id"] for run in (*first["items"], *rest["items"])] == made[::-1]
    planned = road.staff.get("/v1/courier/runs", params={"state": "planned", "node": "ST-1"}).json()
    assert [run["id"] for run in planned["items"]] == made[:0:-1]
