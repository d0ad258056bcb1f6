"""A body that trickles in does not hold a place for ever."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from api import guard
from api.app import create_app
from tests.checkout.conftest import Shop
from tests.coroutines import run


def test_a_body_that_does_not_arrive_is_refused(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "BODY_S", 0.3)
    app = create_app(shop.runtime)
    key = shop.admin.headers["authorization"].encode()
    headers = [(b"authorization", key), (b"content-type", b"application/json"), (b"idempotency-key", b"k")]

    async def ask(pause_s: float) -> list[Any]:
        sent: list[Any] = []
        parts = iter([b'{"email": ', b'"slow@exam', b'ple.com"}'])

        async def receive() -> Any:
            part = next(parts, b"")
            await asyncio.sleep(pause_s if part else 60)
            return {"type": "http.request", "body": part, "more_body": not part.endswith(b"}")}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": "/v1/customers", "raw_path": b"/v1/customers"}
        scope |= {"query_string": b"", "headers": headers, "http_version": "1.1", "scheme": "http"}
        await asyncio.wait_for(app(scope, receive, send), 10)
        return sent

    slow = run(ask(0.2))
    assert slow[0]["status"] == 408 and b'"too_slow"' in slow[1]["body"]
    assert shop.scalar("SELECT count(*) FROM customer") == 0
    assert run(ask(0.01))[0]["status"] == 201
