"""Every kind of answer carries the headers that protect a browser: asked of every route there is."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from oms.actors import Role
from oms.steps.recording import ORDER
from tests.api.walking import endpoints, filled, pages, shielded, sign_in
from tests.checkout.conftest import Shop
from tests.checkout.conftest import shop as shop

ENDLESS = "/v1/events/stream"
STATUSES = {200, 303, 400, 401, 403, 404, 422}


def test_every_route_answers_with_them(shop: Shop) -> None:
    """To a stranger, and to an admin who asks for what is not there or cannot be meant."""
    seen: set[int] = set()
    stranger = shop.client(Role.ADMIN)
    del stranger.headers["authorization"]
    token = shop.runtime.signer.sign(ORDER, "x")
    asked = [*pages(), *endpoints()]
    assert len(asked) > 200
    for client in (stranger, sign_in(shop.client(Role.ADMIN))):
        for method, path in asked:
            if path == ENDLESS and client is not stranger:
                continue
            body: Any = None if method in ("GET", "DELETE") else {}
            more = {"params": {"token": token}} if path.startswith("/track") else {}
            answer = client.request(method, filled(path), json=body, follow_redirects=False, **more)
            seen.add(shielded(answer).status_code)
    assert seen >= STATUSES


def test_so_do_answers_that_are_of_no_route(shop: Shop) -> None:
    office = sign_in(shop.client(Role.BACKOFFICE))
    assert shop.place("o-1", ("A1", 1), method="ship").status_code == 201
    for status, path in [
        (200, "/app/static/page.css"),
        (200, "/app/orders/o-1"),
        (200, f"/track/o-1?token={shop.runtime.signer.sign(ORDER, 'o-1')}"),
        (404, "/app/static/none.css"),
        (404, "/app/none"),
        (404, "/track/none/none"),
        (404, "/none"),
        (400, "/app/orders/%00"),
        (303, "/"),
        (307, "/app/orders/"),
    ]:
        assert shielded(office.get(path, follow_redirects=False)).status_code == status, path
    assert shielded(office.patch("/v1/orders/x")).status_code == 405
    assert shielded(office.put("/app/orders")).status_code == 405


def test_so_do_refusals_of_what_is_too_much(shop: Shop) -> None:
    office = sign_in(shop.client(Role.BACKOFFICE, rate_per_minute=10))
    large = b"x" * 3_000_000
    json = {"content-type": "application/json", "idempotency-key": "k"}
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert shielded(office.post("/v1/customers", content=large, headers=json)).status_code == 413
    assert shielded(office.post("/app/customers", content=large, headers=form)).status_code == 413
    assert shielded(office.post("/app/sign-in", content=large, headers=form)).status_code == 413
    while office.get("/v1/events").status_code == 200:
        pass
    assert shielded(office.get("/v1/events")).status_code == 429
    assert shielded(office.get("/app/orders")).status_code == 429


def test_so_do_faults_of_ours(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **more: Any) -> Any:
        raise ValueError("cannot be")

    monkeypatch.setattr("oms.usecases.order_reading.list_orders", broken)
    with TestClient(create_app(shop.runtime), raise_server_exceptions=False) as client:
        client.headers["authorization"] = shop.admin.headers["authorization"]
        sign_in(client)
        for path in ("/v1/orders", "/app/orders"):
            assert shielded(client.get(path)).status_code == 500, path
