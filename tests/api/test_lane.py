"""The short way answers as the framework's way does: the same bodies, refusals, headers and figures."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import orjson
import pytest
from httpx import Response

from api import lane
from api.app import create_app
from oms.actors import Actor, Role
from tests.checkout.conftest import Shop
from tests.checkout.conftest import shop as shop
from tests.coroutines import run
from tests.support import HOME

LINES = [{"id": "1", "sku": "A1", "quantity": 2}, {"id": "2", "sku": "C3", "quantity": 1}]
ALIKE: list[tuple[str, Any]] = [
    ("availability", {"skus": ["A1", "K1"]}),
    ("availability", {"skus": ["A1"], "near": {"lat": 40.75, "lon": -73.99}, "methods": ["pickup"]}),
    ("availability", {"skus": ["A1", "C3"], "detail": "node", "limit_nodes": 2}),
    ("availability", {"skus": ["A1", "C3", "A1"], "methods": ["pickup", "ship", "pickup"]}),
    ("availability", {"skus": ["A1", "NOWHERE"]}),
    ("availability", {"skus": ["A1"], "channel": "shop"}),
    ("availability", {"skus": []}),
    ("availability", {"skus": ["A1\u0000"]}),
    ("availability", {"skus": ["A1"], "limit_nodes": 2.0}),
    ("promises", {"lines": LINES, "destination": HOME}),
    ("promises", {"lines": LINES, "destination": HOME, "methods": ["pickup", "pickup"]}),
    ("promises", {"lines": LINES, "pickup_node": "ST-2", "methods": ["pickup"]}),
    ("promises", {"lines": [LINES[0], LINES[0]], "destination": HOME}),
    ("promises", {"lines": LINES}),
    ("promises", {"lines": [LINES[0] | {"quantity": 0}], "destination": HOME}),
    ("promises", {"lines": LINES, "destination": HOME, "reservation_id": "res_nobody"}),
    ("promises", {"lines": LINES, "destination": HOME, "reserve": {"option": "cheapest"}}),
]
PASSING = {"date", "quote_id", "request_id", "x-request-id", "ratelimit", "as_of", "version"}


@pytest.mark.parametrize(("room", "body"), ALIKE)
def test_both_ways_say_the_same(shop: Shop, room: str, body: Any) -> None:
    """A media type with a parameter is as good, but not plain."""
    raw = orjson.dumps(body)
    before = _counted(shop, room)
    quick, ordinary = (
        shop.web.post(f"/v1/{room}", content=raw, headers={"Content-Type": kind})
        for kind in ("application/json", "application/json; charset=utf-8")
    )
    assert _said(quick) == _said(ordinary)
    after = _counted(shop, room)
    assert {key: after[key] - before[key] for key in after if after[key] != before[key]} == {
        str(quick.status_code): 2
    }, "each way counts once, under the same route"


@pytest.mark.parametrize("raw", [b"", b"{", b"null", b"\xff", b"\xef\xbb\xbf{}", b"[]"])
def test_what_cannot_be_read_is_refused_alike(shop: Shop, raw: bytes) -> None:
    quick, ordinary = (
        shop.web.post("/v1/availability", content=raw, headers={"Content-Type": kind})
        for kind in ("application/json", "application/json; charset=utf-8")
    )
    assert quick.status_code in (400, 422)
    assert _said(quick) == _said(ordinary)


def test_each_request_is_counted_once_against_the_limit(shop: Shop) -> None:
    client = shop.client(Role.STOREFRONT, channels=["web"], rate_per_minute=3)
    asked = [
        client.post("/v1/availability", json={"skus": skus}) for skus in (["A1"], [], ["NOWHERE"], ["A1"])
    ]
    assert [answer.status_code for answer in asked] == [200, 422, 422, 429]
    assert asked[3].headers["retry-after"] == str(asked[3].json()["retry_after_s"])


def test_roles_and_keys_are_judged(shop: Shop) -> None:
    courier = shop.client(Role.COURIER)
    assert courier.post("/v1/promises", json={"lines": LINES, "destination": HOME}).status_code == 403
    unknown = shop.web.post(
        "/v1/availability", json={"skus": ["A1"]}, headers={"Authorization": "Bearer x.y"}
    )
    assert unknown.status_code == 401


def test_a_failure_on_the_short_way_is_told_and_counted(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*asked: Any) -> Any:
        raise ValueError("broken")

    before = _counted(shop, "availability")
    monkeypatch.setattr(Actor, "require_channel", broken)
    answer = shop.web.post("/v1/availability", json={"skus": ["A1"]})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    monkeypatch.undo()
    assert _counted(shop, "availability") - before == Counter({"500": 1})


def test_a_body_that_does_not_come_is_refused(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane, "BODY_S", 0.05)
    key = shop.web.headers["authorization"].encode()
    headers = [(b"authorization", key), (b"content-type", b"application/json"), (b"content-length", b"9")]
    scope = {"type": "http", "method": "POST", "path": "/v1/availability", "query_string": b""}
    sent: list[Any] = []

    async def receive() -> Any:
        await asyncio.sleep(60)

    async def send(message: Any) -> None:
        sent.append(message)

    run(create_app(shop.runtime)(scope | {"headers": headers}, receive, send))
    assert sent[0]["status"] == 408 and b'"too_slow"' in sent[1]["body"]


def _said(answer: Response) -> tuple[int, dict[str, str], Any]:
    headers = {name: value for name, value in answer.headers.items() if name not in PASSING}
    document = {name: value for name, value in answer.json().items() if name not in PASSING}
    if "quote_id" in answer.json():
        headers.pop("content-length")
    return answer.status_code, headers, document


def _counted(shop: Shop, room: str) -> Counter[str]:
    """Answers of the endpoint by status."""
    begin = f'anyshelf_http_requests_total{{method="POST",route="/v1/{room}",status="'
    lines = shop.admin.get("/metrics").text.splitlines()
    found = [line.removeprefix(begin) for line in lines if line.startswith(begin)]
    return Counter({line[:3]: int(float(line.rpartition(" ")[2])) for line in found})
