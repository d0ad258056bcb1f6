"""Availability and promises are answered on the event loop's own thread, whichever way they come in."""

from __future__ import annotations

import asyncio
import threading
from datetime import datetime
from typing import Any, NoReturn

import anyio.to_thread
import orjson
import pytest

from api.app import create_app
from tests.checkout.conftest import Shop
from tests.checkout.conftest import shop as shop
from tests.coroutines import run
from tests.support import HOME

LINES = [{"id": "1", "sku": "A1", "quantity": 2}, {"id": "2", "sku": "C3", "quantity": 1}]
ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "availability": ("/v1/availability", {"skus": ["A1", "K1"]}),
    "availability by node": (
        "/v1/availability",
        {"skus": ["A1"], "detail": "node", "near": {"lat": 40.75, "lon": -73.99}},
    ),
    "promises": ("/v1/promises", {"lines": LINES, "destination": HOME}),
    "promises at a counter": (
        "/v1/promises",
        {"lines": LINES, "pickup_node": "ST-2", "methods": ["pickup"]},
    ),
    "promises in part": ("/v1/promises", {"lines": LINES, "destination": HOME, "allow_partial": True}),
}


def handed_over(*_: Any, **__: Any) -> NoReturn:
    raise AssertionError("work was handed to another thread")


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8"])
@pytest.mark.parametrize(("path", "body"), ASKED.values(), ids=list(ASKED))
def test_nothing_is_handed_over(
    shop: Shop, path: str, body: dict[str, Any], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A media type with a parameter takes the framework's way, any other the short one."""
    raw, app = orjson.dumps(body), create_app(shop.runtime)
    key = shop.web.headers["authorization"].encode()
    length = str(len(raw)).encode()
    said = ((b"authorization", key), (b"content-type", kind.encode()), (b"content-length", length))
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b""}
    at_work: list[int] = []
    sent: list[Any] = []
    instant = shop.watch.now()

    def noted() -> datetime:
        at_work.append(threading.get_ident())
        return instant

    async def receive() -> Any:
        return {"type": "http.request", "body": raw, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    async def ask() -> int:
        await app({**scope, "headers": list(said)}, receive, send)
        return threading.get_ident()

    monkeypatch.setattr(shop.watch, "now", noted)  # each of them asks what time it is
    monkeypatch.setattr(asyncio.BaseEventLoop, "run_in_executor", handed_over)
    monkeypatch.setattr(anyio.to_thread, "run_sync", handed_over)
    loop = run(ask())
    assert (sent[0]["status"], set(at_work)) == (200, {loop}), sent
    assert orjson.loads(b"".join(part.get("body", b"") for part in sent[1:]))


def test_what_may_take_long_is(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the watch above is known to see it: a reservation of one's own lies in the database."""
    body = {"lines": LINES, "destination": HOME, "reservation_id": "res_nobody"}
    handed: list[Any] = []
    real = anyio.to_thread.run_sync

    async def noted(fn: Any, *given: Any, **more: Any) -> Any:
        handed.append(fn)
        return await real(fn, *given, **more)

    monkeypatch.setattr(anyio.to_thread, "run_sync", noted)
    assert shop.web.post("/v1/promises", json=body).status_code in (404, 422)
    assert handed
