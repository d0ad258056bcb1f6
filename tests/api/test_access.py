"""Role × endpoint × own or foreign: who is let in, who is not, and that nobody reaches around their scope."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from api.access import ACCESS, Rule
from api.app import ROUTERS
from oms.actors import Role
from tests.api.conftest import Client
from tests.api.net import NODE, SKU, put, small_network

ROUTES = [
    (method, route.path)
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute)
    for method in sorted(route.methods or ())
]
UNREADABLE = {"Content-Type": "application/json", "Idempotency-Key": "k", "Last-Event-ID": "none"}


def test_every_endpoint_has_its_row_and_every_row_its_endpoint() -> None:
    assert sorted(ROUTES) == sorted(ACCESS)


def filled(path: str, value: str = "nothing") -> str:
    """The path with its parameters given."""
    return re.sub(r"\{[^}]+\}", value, path)


@pytest.mark.parametrize("role", [None, *Role], ids=lambda role: role or "nobody")
def test_the_matrix(client: Client, role: Role | None) -> None:
    """The gate opens for exactly the roles of the row. The body is nonsense: who is let in fails only at
    that."""
    caller = client(role)
    for method, path in ROUTES:
        rule = ACCESS[method, path]
        answer = caller.request(
            method, filled(path), content=b"{" if method != "GET" else None, headers=UNREADABLE
        )
        assert answer.status_code < 500, (method, path, answer.text)
        expected = {401} if role is None else {403}
        closed = rule.scope != "public" and (role is None or role not in rule.roles)
        assert (answer.status_code in expected) == closed, (method, path, answer.text)


def examples(client: TestClient, rule_scope: str) -> Iterator[tuple[str, str, Any]]:
    """Method, path and a documented body of every endpoint with this scope that takes one."""
    document = client.get("/openapi.json").json()
    for (method, path), rule in ACCESS.items():
        operation = document["paths"].get(path, {}).get(method.lower())
        if operation is None or rule.scope != rule_scope or "requestBody" not in operation:
            continue
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        named = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        for example in named.get("examples", ()):
            yield method, path, example


def placed_at(value: Any, node: str) -> Any:
    """The body with every node it names replaced."""
    if isinstance(value, dict):
        return {
            name: node if name in ("node", "from_node", "to_node") else placed_at(member, node)
            for name, member in value.items()
        }
    return [placed_at(member, node) for member in value] if isinstance(value, list) else value


@pytest.fixture
def shop(client: Client) -> TestClient:
    """An admin on a network with a node and SKUs."""
    admin = client()
    small_network(admin)
    return admin


def test_staff_of_one_node_changes_nothing_at_another(client: Client, shop: TestClient) -> None:
    staff = client(Role.STAFF, nodes=["N1"])
    tried = 0
    for number, (method, path, body) in enumerate(examples(shop, "node")):
        there = placed_at(body, "N2")
        if there == body or Role.STAFF not in ACCESS[method, path].roles:
            continue
        headers = {"Idempotency-Key": f"k{number}"}
        answer = staff.request(method, filled(path), json=there, headers=headers)
        assert answer.status_code in (403, 404, 422), (method, path, answer.text)
        tried += 1
    assert tried >= 4
    assert shop.get("/v1/stock").json()["items"] == []


def test_staff_of_one_node_sees_nothing_of_another(client: Client, shop: TestClient) -> None:
    movement = {"node": "N2", "sku": "A1", "cause": "receive", "quantity": 7}
    received = shop.post(
        "/v1/stock/movements", json={"movements": [movement]}, headers={"Idempotency-Key": "k"}
    )
    assert received.status_code == 201
    staff = client(Role.STAFF, nodes=["N1"])
    listed = [path for (method, path), rule in ACCESS.items() if _lists(method, path, rule)]
    assert len(listed) >= 3
    for path in listed:
        own = staff.get(path)
        assert own.status_code == 200, (path, own.text)
        assert "N2" not in own.text, path
        foreign = staff.get(path, params={"node": "N2"})
        assert foreign.status_code in (403, 404, 422) or foreign.json()["items"] == [], (path, foreign.text)


def _lists(method: str, path: str, rule: Rule) -> bool:
    open_to_staff = rule.scope == "node" and Role.STAFF in rule.roles
    return method == "GET" and open_to_staff and "{" not in path and (method, path) in ROUTES


def test_a_storefront_of_one_channel_cannot_speak_for_another(client: Client, shop: TestClient) -> None:
    storefront = client(Role.STOREFRONT, channels=["elsewhere"])
    for number, (method, path, body) in enumerate(examples(shop, "channel")):
        if "channel" not in body:
            continue
        headers = {"Idempotency-Key": f"k{number}"}
        answer = storefront.request(method, filled(path, f"o{number}"), json=body, headers=headers)
        assert answer.status_code == 403, (method, path, answer.text)


def test_editing_is_for_the_office(client: Client, shop: TestClient) -> None:
    for role in (Role.STOREFRONT, Role.STAFF, Role.COURIER):
        caller = client(role)
        assert caller.put("/v1/nodes/N1", json=NODE).status_code == 403
        assert caller.put("/v1/skus/A1", json=SKU).status_code == 403
    put(client(Role.BACKOFFICE), "/v1/skus/A1", SKU)
