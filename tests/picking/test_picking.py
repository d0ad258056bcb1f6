"""Waves, claims, picks and put-backs over HTTP."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from oms.actors import Role
from tests.picking.conftest import Floor, refusal


def test_a_list_is_walked_in_the_order_of_its_bins(floor: Floor) -> None:
    floor.accepted("o-1", ("A1", 2), ("B2", 1))
    floor.accepted("o-2", ("A1", 1), ("K1", 1))
    (found,) = floor.wave()
    walk = [(task["bin"], task["sku"], task["tote"], task["to_pick"]) for task in found["tasks"]]
    assert walk == [
        ("A-2", "B2", "A", 1),
        ("A-2", "B2", "B", 2),
        ("A-10", "A1", "A", 2),
        ("A-10", "A1", "B", 1),
        ("A-10", "A1", "B", 1),
    ]
    assert [(tote["tote"], tote["order"], tote["do"]) for tote in found["totes"]] == [
        ("A", "o-1", "continue"),
        ("B", "o-2", "continue"),
    ]
    assert found["state"] == "open" and found["claimed_by"] is None
    assert found["tasks"][2]["name"] == "Handle" and found["tasks"][2]["barcodes"] == ["4001", "4002"]
    assert floor.read(found) == found
    assert floor.wave() == [], "what is on a list is on no other"


def test_a_wave_takes_what_leaves_first_and_keeps_to_its_caps(floor: Floor) -> None:
    for n in range(5):
        floor.accepted(f"o-{n}", ("A1", 3))
    urgent = "UPDATE fulfilment_order SET ship_at = ship_at - interval '1 day' WHERE order_id = 'o-3'"
    with floor.shop.runtime.engine.begin() as conn:
        conn.exec_driver_sql(urgent)
    lists = floor.wave(max_units=6, max_lists=2)
    assert [[tote["order"] for tote in one["totes"]] for one in lists] == [["o-3", "o-0"], ["o-1", "o-2"]]
    assert [[tote["order"] for tote in one["totes"]] for one in floor.wave()] == [["o-4"]]
    assert floor.wave(method="courier") == []


def test_picking_takes_an_order_from_its_shelf_to_its_tote(floor: Floor) -> None:
    floor.accepted("o-1", ("A1", 2), ("B2", 1))
    found = floor.claimed()
    assert found["state"] == "claimed"
    assert floor.line("o-1") == {"picking": 2}
    told = floor.pick(found, 1, 1)
    assert (told["state"], told["list_state"], told["fulfilment_order_state"]) == (
        "picked",
        "claimed",
        "picking",
    )
    assert floor.pick(found, 2, 1, "4002")["state"] == "open"
    assert floor.line("o-1") == {"picking": 1, "picked": 1}
    told = floor.pick(found, 2, 1, "4001")
    assert (told["state"], told["list_state"], told["fulfilment_order_state"]) == ("picked", "done", "picked")
    assert floor.line("o-1") == {"picked": 2}
    hand = "SELECT sum(quantity) FROM reservation WHERE in_hand AND state = 'held'"
    assert floor.shop.scalar(hand) == 3
    assert floor.events("o-1")[-6:] == [
        "fulfilment.scheduled",
        "fulfilment.picking",
        "task.picked",
        "task.picked",
        "task.picked",
        "fulfilment.picked",
    ]
    assert refusal(floor.do(found, 2, "pick", {"quantity": 1, "scanned": "A1"})) == (
        409,
        "illegal_transition",
    )


def test_a_wrong_barcode_picks_nothing(floor: Floor) -> None:
    floor.accepted("o-1", ("A1", 2))
    found = floor.claimed()
    assert refusal(floor.do(found, 1, "pick", {"quantity": 1, "scanned": "4003"})) == (422, "wrong_barcode")
    assert refusal(floor.do(found, 1, "pick", {"quantity": 3, "scanned": "A1"})) == (422, "bad_quantity")
    for body in ({"quantity": 1}, {"quantity": 1, "scanned": "A1", "by_hand": "torn"}):
        assert refusal(floor.do(found, 1, "pick", body)) == (400, "malformed")
    assert floor.line("o-1") == {"picking": 2}
    torn = {"quantity": 2, "by_hand": "torn"}
    assert floor.do(found, 1, "pick", torn).status_code == 200
    assert floor.order("o-1")["timeline"][-2]["data"]["by_hand"] == "torn"
    assert floor.do(found, 9, "pick", torn).status_code == 404


def test_units_told_apart_are_picked_by_their_serial_numbers(floor: Floor) -> None:
    phone = {"name": "Phone", "weight_g": 200, "flags": ["serial_tracked"]}
    assert floor.shop.admin.put("/v1/skus/B2", json=phone).status_code == 200
    floor.accepted("o-1", ("B2", 3))
    found = floor.claimed()
    assert found["tasks"][0]["serials"] is True
    for serials in ([], ["s1"], ["s1", "s1"], ["s1", "s2", "s3"]):
        asked = {"quantity": 2, "scanned": "B2", "serials": serials}
        assert refusal(floor.do(found, 1, "pick", asked)) == (422, "bad_serials")
    floor.pick(found, 1, 2, serials=["s1", "s2"])
    again = {"quantity": 1, "scanned": "B2", "serials": ["s2"]}
    assert refusal(floor.do(found, 1, "pick", again)) == (422, "bad_serials")
    floor.pick(found, 1, 1, serials=["s3"])
    assert floor.shop.scalar("SELECT array_agg(serial ORDER BY serial) FROM pick_serial") == [
        "s1",
        "s2",
        "s3",
    ]
    assert (
        floor.shop.post("/v1/orders/o-1/cancel", {"lines": [{"id": "1", "quantity": 2}]}).status_code == 200
    )
    back = "/v1/fulfilment-orders/o-1-1/put-back"
    assert refusal(floor.shop.post(back, {}, floor.picker)) == (422, "bad_serials")
    named = {"lines": [{"line": "1", "quantity": 2, "serials": ["s1", "s3"]}]}
    assert floor.shop.post(back, named, floor.picker).json()["put_back"] == 0
    assert floor.shop.scalar("SELECT array_agg(serial) FROM pick_serial") == ["s2"]


def test_one_of_two_pickers_gets_the_list(floor: Floor) -> None:
    for n in range(3):
        floor.accepted(f"o-{n}", ("A1", 1), ("B2", 1))
    (found,) = floor.wave()
    others = [floor.shop.client(Role.STAFF, nodes=["WH"]) for _ in range(3)]
    start = Barrier(4)

    def go(client: Any) -> Any:
        start.wait(10)
        return floor.claim(found["id"], client)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(go, [floor.picker, *others]))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {
        "illegal_transition"
    }
    winner = next(place for place, answer in enumerate(answers) if answer.status_code == 200)
    clients = [floor.picker, *others]
    asked = {"quantity": 1, "scanned": found["tasks"][0]["sku"]}
    assert refusal(floor.do(found, 1, "pick", asked, clients[winner - 1])) == (403, "forbidden")
    assert floor.do(found, 1, "pick", asked, clients[winner]).status_code == 200


def test_two_waves_at_once_share_out_the_work(floor: Floor) -> None:
    for n in range(8):
        floor.accepted(f"o-{n}", ("A1", 1))
    start = Barrier(3)

    def go(_: int) -> list[Any]:
        start.wait(10)
        return floor.wave(max_orders=3)

    with ThreadPoolExecutor(3) as pool:
        lists = [one for answer in pool.map(go, range(3)) for one in answer]
    lists += floor.wave()
    taken = sorted(task["order"] for one in lists for task in one["tasks"])
    assert taken == [f"o-{n}" for n in range(8)]


def test_a_list_is_handed_on_or_taken_apart(floor: Floor) -> None:
    floor.accepted("o-1", ("A1", 2))
    found = floor.claimed()
    other = floor.shop.client(Role.STAFF, nodes=["WH"])
    path = f"/v1/pick-lists/{found['id']}"
    assert refusal(floor.shop.post(f"{path}/release", None, other)) == (403, "forbidden")
    assert refusal(floor.shop.post(f"{path}/cancel", None, floor.picker)) == (409, "illegal_transition")
    floor.pick(found, 1, 1)
    assert floor.shop.post(f"{path}/release", None, floor.picker).json()["state"] == "open"
    asked = {"quantity": 1, "scanned": "A1"}
    assert refusal(floor.do(found, 1, "pick", asked)) == (409, "illegal_transition")
    assert refusal(floor.shop.post(f"{path}/cancel", None, floor.picker)) == (409, "illegal_transition")
    assert floor.claim(found["id"], other).status_code == 200
    assert floor.do(found, 1, "pick", asked, other).json()["list_state"] == "done"
    floor.accepted("o-2", ("B2", 2))
    again = floor.claimed()
    path = f"/v1/pick-lists/{again['id']}"
    floor.shop.post(f"{path}/release", None, floor.picker)
    assert floor.shop.post(f"{path}/cancel", None, floor.picker).json()["state"] == "cancelled"
    assert [task["state"] for task in floor.read(again)["tasks"]] == ["withdrawn"]
    last = floor.claimed()
    assert floor.pick(last, 1, 2)["fulfilment_order_state"] == "picked"


def test_what_is_cancelled_while_picking_is_put_back(floor: Floor) -> None:
    floor.accepted("o-1", ("A1", 3), ("B2", 1))
    floor.accepted("o-2", ("B2", 1))
    found = floor.claimed()
    assert [task["order"] for task in found["tasks"]] == ["o-1", "o-2", "o-1"]
    floor.pick(found, 3, 2)
    cancel = {"lines": [{"id": "1", "quantity": 2}, {"id": "2"}]}
    assert floor.shop.post("/v1/orders/o-1/cancel", cancel).status_code == 200
    tasks = floor.read(found)["tasks"]
    assert [(task["state"], task["wanted"], task["put_back"]) for task in tasks] == [
        ("withdrawn", 0, 0),
        ("open", 1, 0),
        ("picked", 1, 1),
    ]
    assert floor.order("o-1")["fulfilment_orders"][0]["state"] == "picked"
    assert floor.shop.post("/v1/orders/o-1/cancel", {}).status_code == 200
    assert floor.read(found)["totes"][0]["do"] == "put_back"
    rows = floor.picker.get("/v1/nodes/WH/put-backs").json()["items"]
    assert [(row["fulfilment_order"], row["line"], row["quantity"]) for row in rows] == [("o-1-1", "1", 2)]
    back = "/v1/fulfilment-orders/o-1-1/put-back"
    part = {"lines": [{"line": "1", "quantity": 1}]}
    assert floor.shop.post(back, part, floor.picker).json()["put_back"] == 1
    assert refusal(floor.shop.post(back, {"lines": [{"line": "1", "quantity": 2}]}, floor.picker)) == (
        422,
        "bad_quantity",
    )
    assert refusal(floor.shop.post(back, {"lines": [{"line": "x", "quantity": 2}]}, floor.picker)) == (
        422,
        "unknown_line",
    )
    assert floor.shop.post(back, {}, floor.picker).json()["put_back"] == 0
    assert refusal(floor.shop.post(back, {}, floor.picker)) == (409, "illegal_transition")
    assert floor.picker.get("/v1/nodes/WH/put-backs").json()["items"] == []
    assert floor.shop.post("/v1/orders/o-2/cancel", {}).status_code == 200
    assert floor.read(found)["state"] == "done", "with nothing left to pick a list ends by itself"


def test_what_is_on_hold_is_not_picked(floor: Floor) -> None:
    floor.accepted("o-1", ("A1", 1))
    found = floor.wave()[0]
    hold = "UPDATE fulfilment_order SET on_hold = {} WHERE order_id = 'o-1'"
    with floor.shop.runtime.engine.begin() as conn:
        conn.exec_driver_sql(hold.format("true"))
    assert floor.claim(found["id"]).json()["totes"][0]["on_hold"] is True
    asked = {"quantity": 1, "scanned": "A1"}
    assert refusal(floor.do(found, 1, "pick", asked)) == (409, "illegal_transition")
    with floor.shop.runtime.engine.begin() as conn:
        conn.exec_driver_sql(hold.format("false"))
    assert floor.do(found, 1, "pick", asked).json()["fulfilment_order_state"] == "picked"
    assert floor.events("o-1")[-3:] == ["fulfilment.picking", "task.picked", "fulfilment.picked"]


def test_staff_see_the_lists_of_their_node(floor: Floor) -> None:
    floor.accepted("o-1", ("A1", 1))
    found = floor.wave()[0]
    away = floor.shop.client(Role.STAFF, nodes=["ST-1"])
    assert away.get(f"/v1/pick-lists/{found['id']}").status_code == 404
    assert floor.claim(found["id"], away).status_code == 404
    assert away.get("/v1/pick-lists").json()["items"] == []
    assert refusal(away.get("/v1/pick-lists?node=WH")) == (403, "forbidden")
    assert refusal(floor.shop.post("/v1/pick-waves", {"node": "WH"}, away)) == (403, "forbidden")
    assert away.get("/v1/nodes/WH/put-backs").status_code == 404
    assert refusal(floor.shop.post("/v1/fulfilment-orders/o-1-1/put-back", {}, away)) == (404, "not_found")
    assert [row["id"] for row in floor.picker.get("/v1/pick-lists?state=open").json()["items"]] == [
        found["id"]
    ]
    assert floor.picker.get("/v1/pick-lists?state=done&node=WH").json()["items"] == []
    assert refusal(floor.shop.post("/v1/pick-waves", {"node": "no"}, floor.shop.admin)) == (
        422,
        "unknown_node",
    )


def test_lists_are_read_page_by_page(floor: Floor) -> None:
    for n in range(3):
        floor.accepted(f"o-{n}", ("A1", 1))
    made = [one["id"] for one in floor.wave(max_orders=1)]
    seen, cursor = [], ""
    while cursor is not None:
        page = floor.picker.get(
            "/v1/pick-lists", params={"limit": 2, **({"cursor": cursor} if cursor else {})}
        ).json()
        seen += [row["id"] for row in page["items"]]
        cursor = page["next"]
    assert seen == sorted(made)


def test_a_change_ends_the_tasks_of_what_it_takes_back(floor: Floor) -> None:
    floor.accepted("o-1", ("A1", 1))
    found = floor.wave()[0]
    asked: dict[str, Any] = {"method": "pickup", "pickup_node": "ST-1"}
    shown = floor.shop.post("/v1/orders/o-1/method", asked).json()
    asked["confirm"] = {"quote_id": shown["quote_id"], "option_id": shown["options"][0]["option_id"]}
    assert floor.shop.post("/v1/orders/o-1/method", asked).status_code == 200
    assert (floor.read(found)["state"], floor.read(found)["tasks"][0]["state"]) == ("done", "withdrawn")
