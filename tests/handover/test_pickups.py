"""Click and collect: ready, verified, collected in full or part, or back for sale."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from api.wire import orders as order_wire
from api.wire import pickups as wire
from oms.actors import Role
from oms.usecases.collecting import expire_pickups
from tests.checkout.conftest import Shop
from tests.handover.work import balance, done, events, no, packed, ready, stages, states
from tests.support import stock_up

HERE = {"method": "pickup", "pickup_node": "ST-1"}
KIM = {"email": "kim@example.com", "name": "Kim Doe", "phone": "+1 212 555-0142"}


def waiting(shop: Shop, *lines: tuple[str, int], order_id: str = "o-1") -> tuple[str, Any]:
    """An order that lies ready; its pickup, and the order as its customer sees it."""
    packed(shop, order_id, *lines, customer=KIM, **HERE)
    return f"{order_id}-c1", mine(shop, order_id)


def mine(shop: Shop, order_id: str) -> Any:
    token = shop.admin.get(f"/v1/orders/{order_id}").json()["order_token"]
    answer = shop.web.get(f"/v1/orders/{order_id}", params={"token": token})
    order_wire.OrderView.model_validate_json(answer.content)
    return answer.json()


def verified(shop: Shop, *lines: tuple[str, int]) -> str:
    id, order = waiting(shop, *lines)
    done(shop, f"/v1/pickups/{id}/verify", {"code": order["pickups"][0]["code"]})
    return id


def test_collected_at_the_counter(shop: Shop) -> None:
    id, order = waiting(shop, ("A1", 2), ("B2", 1))
    (shown,) = order["pickups"]
    wire.PickupShown.model_validate(shown, strict=False)
    assert (shown["id"], shown["state"], len(shown["code"])) == (id, "ready", 6)
    assert (states(shop, "o-1"), stages(shop, "o-1")) == (["ready_for_pickup"], {"ready_for_pickup": 2})
    staff = shop.client(Role.STAFF, nodes=["ST-1"])
    for query in ({"code": shown["code"]}, {"phone": "0142"}, {"order": "o-1"}, {"node": "ST-1"}):
        (found,) = staff.get("/v1/pickups", params=query).json()["items"]
        assert (found["id"], found["name"], found["code"]) == (id, "Kim Doe", None)
    assert staff.get(f"/v1/pickups/{id}").json()["token"] is None
    arrived = done(shop, f"/v1/pickups/{id}/arrived", {"token": order["order_token"]}, shop.web)
    assert arrived["state"] == "customer_arrived"
    assert done(shop, f"/v1/pickups/{id}/verify", {"token": shown["token"]}, staff)["state"] == "verified"
    taken = done(shop, f"/v1/pickups/{id}/collect", {}, staff)
    assert (taken["state"], taken["lines"], taken["parcels"]) == ("collected", [], 0)
    assert (states(shop, "o-1"), stages(shop, "o-1")) == (["completed"], {"delivered": 2})
    assert (balance(shop, "customer", "A1"), shop.scalar("SELECT sum(reserved) FROM position")) == (2, 0)
    assert [one["state"] for one in mine(shop, "o-1")["shipments"]] == ["delivered"]
    assert events(shop, "o-1")[-6:] == [
        "fulfilment.ready_for_pickup",
        "pickup.ready",
        "pickup.customer_arrived",
        "pickup.verified",
        "fulfilment.completed",
        "pickup.collected",
    ]
    assert no(shop, f"/v1/pickups/{id}/collect") == (409, "illegal_transition")
    assert shop.admin.get("/v1/pickups").json()["items"] == []
    assert len(shop.admin.get("/v1/pickups", params={"closed": True}).json()["items"]) == 1


def test_nothing_is_handed_out_unverified(shop: Shop) -> None:
    id, order = waiting(shop, ("A1", 1))
    assert no(shop, f"/v1/pickups/{id}/collect") == (409, "illegal_transition")
    foreign = shop.client(Role.STAFF, nodes=["ST-2"])
    right = {"code": order["pickups"][0]["code"]}
    assert no(shop, f"/v1/pickups/{id}/verify", right, foreign) == (404, "not_found")
    assert foreign.get(f"/v1/pickups/{id}").status_code == 404
    assert foreign.get("/v1/pickups").json()["items"] == []
    assert no(shop, f"/v1/pickups/{id}/arrived", {}, shop.web) == (404, "not_found")
    assert no(shop, f"/v1/pickups/{id}/arrived", {"token": "made-up"}, shop.web) == (404, "not_found")
    assert shop.web.get(f"/v1/pickups/{id}").status_code == 404
    assert no(shop, f"/v1/pickups/{id}/verify", {"token": order["order_token"]}) == (409, "wrong_code")
    assert no(shop, f"/v1/pickups/{id}/verify", {}) == (422, "invalid")
    assert no(shop, "/v1/pickups/none/verify", right) == (404, "not_found")


def test_wrong_codes_are_counted_and_limited(shop: Shop) -> None:
    id, order = waiting(shop, ("A1", 1))
    right = order["pickups"][0]["code"]
    wrong = f"{(int(right) + 1) % 1_000_000:06}"
    path = f"/v1/pickups/{id}/verify"
    first = shop.post(path, {"code": wrong}, shop.admin, "key-1")
    assert (first.json()["code"], first.json()["tries_left"]) == ("wrong_code", 4)
    again = shop.post(path, {"code": wrong}, shop.admin, "key-1")
    assert again.json()["tries_left"] == 4, "a repetition is no new try"
    for _ in range(4):
        assert no(shop, path, {"code": wrong}) == (409, "wrong_code")
    assert no(shop, path, {"code": right}) == (409, "code_locked")
    assert shop.admin.get(f"/v1/pickups/{id}").json()["locked"] is True
    assert events(shop, "o-1").count("pickup.wrong_code") == 5
    assert done(shop, path, {"token": order["pickups"][0]["token"]})["state"] == "verified"


def test_guessed_at_once_the_limit_holds(shop: Shop) -> None:
    id, order = waiting(shop, ("A1", 1))
    right = int(order["pickups"][0]["code"])
    tries = [{"code": f"{(right + n) % 1_000_000:06}"} for n in range(1, 13)]
    with ThreadPoolExecutor(6) as pool:
        said = list(pool.map(lambda body: no(shop, f"/v1/pickups/{id}/verify", body)[1], tries))
    assert sorted(said) == ["code_locked"] * 7 + ["wrong_code"] * 5


def test_a_part_is_collected_and_the_rest_kept(shop: Shop) -> None:
    id = verified(shop, ("A1", 3), ("B2", 1))
    path = f"/v1/pickups/{id}/collect"
    assert no(shop, path, {"lines": [{"id": "1", "quantity": 4}]}) == (422, "bad_quantity")
    assert no(shop, path, {"lines": [{"id": "7", "quantity": 1}]}) == (422, "unknown_line")
    assert no(shop, path, {"lines": [{"id": "1", "quantity": 1}] * 2}) == (422, "duplicate_line")
    part = done(shop, path, {"lines": [{"id": "1", "quantity": 1}]})
    assert part["state"] == "ready"
    assert {line["id"]: line["quantity"] for line in part["lines"]} == {"1": 2, "2": 1}
    assert stages(shop, "o-1") == {"ready_for_pickup": 2, "delivered": 1}
    assert no(shop, path) == (409, "illegal_transition")
    done(shop, "/v1/orders/o-1/cancel", {"lines": [{"id": "2", "quantity": 1}]})
    code = mine(shop, "o-1")["pickups"][0]["code"]
    done(shop, f"/v1/pickups/{id}/verify", {"code": code})
    assert done(shop, path, {"lines": [{"id": "1", "quantity": 2}]})["state"] == "collected"
    assert (states(shop, "o-1"), stages(shop, "o-1")) == (["completed"], {"delivered": 3})
    assert shop.scalar("SELECT sum(reserved) FROM position") == 0


def test_a_part_is_collected_and_the_rest_refused(shop: Shop) -> None:
    id = verified(shop, ("A1", 3))
    before = balance(shop, "ST-1:shelf", "A1")
    body = {"lines": [{"id": "1", "quantity": 1}], "rest": "refuse"}
    assert done(shop, f"/v1/pickups/{id}/collect", body)["state"] == "collected"
    assert stages(shop, "o-1") == {"delivered": 1, "refused": 2, "returned": 2}
    assert states(shop, "o-1") == ["completed"]
    assert balance(shop, "ST-1:shelf", "A1") == before - 1
    assert shop.scalar("SELECT sum(reserved) FROM position") == 0
    assert shop.scalar("SELECT sum(put_back) FROM fulfilment_line") == 2


def test_all_is_refused_at_the_counter(shop: Shop) -> None:
    id = verified(shop, ("A1", 2))
    assert done(shop, f"/v1/pickups/{id}/collect", {"lines": [], "rest": "refuse"})["state"] == "cancelled"
    assert (states(shop, "o-1"), stages(shop, "o-1")) == (["cancelled"], {"refused": 2, "returned": 2})


def test_who_does_not_come_in_time(shop: Shop) -> None:
    id, _ = waiting(shop, ("A1", 2))
    shop.watch.forward(days=6, hours=23)
    assert expire_pickups(shop.runtime) == 0
    done(shop, f"/v1/pickups/{id}/arrived")
    shop.watch.forward(hours=2)
    assert expire_pickups(shop.runtime) == 0, "the customer stands there"
    shop.watch.forward(hours=12)
    assert (expire_pickups(shop.runtime), expire_pickups(shop.runtime)) == (1, 0)
    assert (states(shop, "o-1"), stages(shop, "o-1")) == (["cancelled"], {"refused": 2, "returned": 2})
    assert shop.scalar("SELECT sum(reserved) FROM position") == 0
    order = mine(shop, "o-1")
    assert (order["pickups"][0]["state"], order["pickups"][0]["code"]) == ("expired", None)
    assert (order["status"], order["money"]["total_minor"]) == ("closed", 0)
    assert events(shop, "o-1")[-2:] == ["fulfilment.cancelled", "pickup.expired"]
    assert no(shop, f"/v1/pickups/{id}/verify", {"code": "000000"}) == (409, "illegal_transition")


def test_how_long_it_lies_there_is_a_rule_of_work(shop: Shop) -> None:
    assert shop.admin.put("/v1/work", json={"collection_days": 2}).status_code == 200
    waiting(shop, ("A1", 1))
    shop.watch.forward(days=2)
    assert expire_pickups(shop.runtime) == 1


def test_two_counters_collect_at_once(shop: Shop) -> None:
    id = verified(shop, ("A1", 2))
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: shop.post(f"/v1/pickups/{id}/collect", {}, shop.admin), range(4)))
    codes = sorted(answer.json().get("code") or "" for answer in answers if answer.status_code != 200)
    assert codes == ["illegal_transition"] * 3
    assert (balance(shop, "customer", "A1"), stages(shop, "o-1")) == (2, {"delivered": 2})


def test_ready_only_when_all_of_it_lies_there(shop: Shop) -> None:
    stock_up(shop.runtime, ("ST-1", "C3", 1))
    ids = ready(shop, "o-1", ("A1", 1), ("C3", 3), customer=KIM, **HERE)
    here = [id for id in ids if at(shop, id) == "ST-1"]
    assert here and len(ids) > len(here)
    for id in here:
        done(shop, f"/v1/fulfilment-orders/{id}/pack")
    (shown,) = mine(shop, "o-1")["pickups"]
    assert (shown["state"], shown["code"], shown["deadline"]) == ("preparing", None, None)
    assert no(shop, f"/v1/pickups/{shown['id']}/arrived") == (409, "illegal_transition")
    done(shop, "/v1/orders/o-1/cancel", {"lines": [{"id": "2", "quantity": 2}]})
    (shown,) = mine(shop, "o-1")["pickups"]
    assert shown["state"] == "ready", "the customer waits for nothing more"


def test_cancelled_while_it_lies_there(shop: Shop) -> None:
    waiting(shop, ("A1", 2))
    done(shop, "/v1/orders/o-1/cancel")
    (shown,) = mine(shop, "o-1")["pickups"]
    assert (shown["state"], states(shop, "o-1")) == ("cancelled", ["cancelled"])


def test_a_fact_takes_what_lies_ready(shop: Shop) -> None:
    id, order = waiting(shop, ("A1", 2))
    sale = {"movements": [{"node": "ST-1", "sku": "A1", "cause": "sale", "quantity": 2}]}
    done(shop, "/v1/stock/movements", sale)
    assert stages(shop, "o-1") == {"unrouted": 1, "ready_for_pickup": 1}
    done(shop, f"/v1/pickups/{id}/verify", {"code": order["pickups"][0]["code"]})
    done(shop, f"/v1/pickups/{id}/collect")
    assert stages(shop, "o-1") == {"unrouted": 1, "delivered": 1}


def at(shop: Shop, id: str) -> str:
    return str(shop.scalar("SELECT node FROM fulfilment_order WHERE id = :id", id=id))
