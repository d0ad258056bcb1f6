"""Stock over HTTP: facts, counts, settings, positions, the ledger, and who may see what."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient

from oms.actors import Role
from tests.api.conftest import Client
from tests.api.net import put, small_network


def receive(client: TestClient, key: str, *lines: tuple[str, str, int], atomic: bool = True) -> Any:
    """Post a batch of receipts under an idempotency key."""
    movements = [
        {"node": node, "sku": sku, "cause": "receive", "quantity": quantity} for node, sku, quantity in lines
    ]
    body = {"movements": movements, "atomic": atomic}
    return client.post("/v1/stock/movements", json=body, headers={"Idempotency-Key": key})


def on_hand(client: TestClient) -> dict[tuple[str, str], int]:
    """All positions."""
    items = client.get("/v1/stock").json()["items"]
    return {(row["node"], row["sku"]): row["on_hand"] for row in items}


def test_a_receipt_is_in_the_ledger_once_however_often_it_is_sent(client: Client) -> None:
    admin = client()
    small_network(admin)
    first = receive(admin, "k1", ("N1", "A1", 10), ("N2", "A1", 5))
    again = receive(admin, "k1", ("N1", "A1", 10), ("N2", "A1", 5))
    assert first.status_code == 201
    assert again.json() == first.json()
    assert on_hand(admin) == {("N1", "A1"): 10, ("N2", "A1"): 5}
    ledger = admin.get("/v1/stock/movements").json()["items"]
    assert [(row["quantity"], row["from_place"], row["to_place"]) for row in ledger] == [
        (10, "supplier", "N1:shelf"),
        (5, "supplier", "N2:shelf"),
    ]


def test_one_unknown_name_undoes_the_whole_batch(client: Client) -> None:
    admin = client()
    small_network(admin)
    refused = receive(admin, "k1", ("N1", "A1", 10), ("N1", "nothing", 1))
    assert refused.status_code == 422
    assert refused.json()["code"] == "unknown_sku"
    assert refused.json()["errors"][0]["pointer"] == "/movements/1/sku"
    assert on_hand(admin) == {}


def counts(*lines: tuple[str, str, int], atomic: bool = True) -> dict[str, Any]:
    return {"counts": [{"node": n, "sku": s, "quantity": q} for n, s, q in lines], "atomic": atomic}


def test_two_counts_of_one_position_change_nothing(client: Client) -> None:
    admin = client()
    small_network(admin)
    twice = ("N1", "A1", 4), ("N2", "A1", 5), ("N1", "A1", 3), ("N9", "A1", 1)
    refused = admin.put("/v1/stock/counts", json=counts(*twice))
    assert (refused.status_code, refused.json()["code"]) == (422, "duplicate_line")
    assert [(fault["pointer"], fault["code"]) for fault in refused.json()["errors"]] == [
        ("/counts/0", "duplicate_line"),
        ("/counts/2", "duplicate_line"),
        ("/counts/3/node", "unknown_node"),
    ]
    assert on_hand(admin) == {}
    each = put(admin, "/v1/stock/counts", counts(*twice, atomic=False))["results"]
    assert [(line["on_hand"], line["code"]) for line in each] == [
        (None, "duplicate_line"),
        (5, None),
        (None, "duplicate_line"),
        (None, "unknown_node"),
    ]
    none = put(admin, "/v1/stock/counts", counts(twice[0], twice[2], atomic=False))["results"]
    assert [line["code"] for line in none] == ["duplicate_line"] * 2
    assert on_hand(admin) == {("N2", "A1"): 5}


def test_two_settings_of_one_position_are_refused(client: Client) -> None:
    admin = client()
    small_network(admin)
    line = {"node": "N1", "sku": "A1", "quantity": 2}
    fence = {**line, "name": "launch", "channels": ["app"]}
    for path, one, other in (
        ("/v1/stock/safety-stock", line, {**line, "quantity": 3}),
        ("/v1/stock/fences", fence, {**fence, "channels": ["web"]}),
    ):
        refused = admin.put(path, json={"lines": [one, other]})
        assert (refused.status_code, refused.json()["code"]) == (422, "duplicate_line"), path
        assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/lines/0", "/lines/1"]
    put(admin, "/v1/stock/fences", {"lines": [fence, {**fence, "name": "other"}]})
    assert [row["safety_stock"] for row in admin.get("/v1/stock").json()["items"]] == [0]


def test_line_by_line_the_good_ones_go_through(client: Client) -> None:
    admin = client()
    small_network(admin)
    answer = receive(admin, "k1", ("N1", "A1", 10), ("N9", "A1", 1), atomic=False).json()
    assert [line["code"] for line in answer["results"]] == [None, "unknown_node"]
    assert on_hand(admin) == {("N1", "A1"): 10}


def test_a_count_becomes_a_movement_for_the_difference(client: Client) -> None:
    admin = client()
    small_network(admin)
    receive(admin, "k1", ("N1", "A1", 10))
    put(admin, "/v1/stock/counts", {"counts": [{"node": "N1", "sku": "A1", "quantity": 7}]})
    newest = admin.get("/v1/stock/movements").json()["items"][-1]
    assert (newest["cause"], newest["quantity"], newest["to_place"]) == ("count", 3, "N1:missing")


def test_a_till_sale_of_more_than_the_books_have_is_a_fact(client: Client) -> None:
    admin = client()
    small_network(admin)
    receive(admin, "k1", ("N1", "A1", 1))
    sale = {"movements": [{"node": "N1", "sku": "A1", "cause": "sale", "quantity": 3}]}
    answer = admin.post("/v1/stock/movements", json=sale, headers={"Idempotency-Key": "k2"})
    assert answer.json()["results"][0]["on_hand"] == 0


def test_safety_stock_fences_and_blocks_take_from_what_is_available(client: Client) -> None:
    admin = client()
    small_network(admin)
    receive(admin, "k1", ("N1", "A1", 10))
    line = {"node": "N1", "sku": "A1"}
    put(admin, "/v1/stock/safety-stock", {"lines": [{**line, "quantity": 2}]})
    fence = {**line, "name": "launch", "channels": ["app"], "quantity": 3}
    put(admin, "/v1/stock/fences", {"lines": [fence]})
    assert admin.get("/v1/stock").json()["items"][0]["available"] == 5
    put(admin, "/v1/stock/blocks", {"lines": [line], "blocked": True})
    assert admin.get("/v1/stock").json()["items"][0]["available"] == 0
    put(admin, "/v1/stock/blocks", {"lines": [line], "blocked": False})
    assert admin.get("/v1/stock").json()["items"][0]["available"] == 5


def test_a_stores_staff_sees_and_moves_its_own_stock_only(client: Client) -> None:
    admin = client()
    small_network(admin)
    receive(admin, "k1", ("N1", "A1", 10), ("N2", "A1", 5))
    staff = client(Role.STAFF, nodes=["N1"])
    assert on_hand(staff) == {("N1", "A1"): 10}
    assert staff.get("/v1/stock", params={"node": "N2"}).status_code == 404
    assert receive(staff, "k2", ("N2", "A1", 1)).json()["code"] == "forbidden"
    assert receive(staff, "k3", ("N1", "A1", 1)).status_code == 201
    places = {row["to_place"] for row in staff.get("/v1/stock/movements").json()["items"]}
    assert places == {"N1:shelf"}


def test_quantities_that_cannot_be_are_refused(client: Client) -> None:
    admin = client()
    small_network(admin)
    for number, quantity in enumerate((0, -1, 1.5, 10**12, "1")):
        line = {"node": "N1", "sku": "A1", "cause": "receive", "quantity": quantity}
        answer = admin.post(
            "/v1/stock/movements", json={"movements": [line]}, headers={"Idempotency-Key": f"q{number}"}
        )
        assert answer.status_code in (400, 422), (quantity, answer.text)
        assert answer.json()["errors"][0]["pointer"].startswith("/movements/0")
    assert on_hand(admin) == {}
