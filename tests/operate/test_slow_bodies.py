"""A body that trickles in does not hold a place for ever."""

from __future__ import annotations

import asyncio
from itertools import chain, repeat
from typing import Any

import pytest

from api import guard
from api.app import create_app
from api.pages import forms as forms_of_pages
from oms.actors import Role
from oms.steps.recording import ORDER
from tests.api.walking import filled, forms
from tests.checkout.conftest import Shop
from tests.coroutines import run

FORM = (b"application/x-www-form-urlencoded", b"key=")
PARTS = (b"multipart/form-data; boundary=x", b'--x\r\ncontent-disposition: form-data; name="key"\r\n\r\n')


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


@pytest.mark.parametrize(("kind", "begun"), [FORM, PARTS], ids=["plain", "in parts"])
def test_no_form_is_waited_for_without_end(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, kind: bytes, begun: bytes
) -> None:
    monkeypatch.setattr(guard, "BODY_S", 0.3)
    monkeypatch.setattr(forms_of_pages, "BYTES_MOST", 1024)
    app = create_app(shop.runtime)
    key = shop.client(Role.ADMIN).headers["authorization"].removeprefix("Bearer ")
    signed_in = shop.admin.post("/app/sign-in", data={"key": key}, follow_redirects=False)
    cookie = signed_in.headers["set-cookie"].partition(";")[0].encode()
    token = f"token={shop.runtime.signer.sign(ORDER, 'x')}".encode()

    async def ask(path: str) -> tuple[int, bytes]:
        sent: list[Any] = []
        parts = chain([begun], repeat(b"a"))

        async def receive() -> Any:
            await asyncio.sleep(0.1)
            return {"type": "http.request", "body": next(parts), "more_body": True}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"content-type", kind), (b"cookie", cookie), (b"host", b"x")]
        scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode()}
        scope |= {"query_string": token, "headers": headers, "http_version": "1.1", "scheme": "http"}
        await asyncio.wait_for(app(scope, receive, send), 10)
        return sent[0]["status"], sent[1]["body"]

    async def ask_all() -> list[Any]:
        return await asyncio.gather(*(ask(filled(path)) for path in forms()), return_exceptions=True)

    told = dict(zip(forms(), run(ask_all()), strict=True))
    slow = {path: said for path, said in told.items() if not isinstance(said, tuple) or said[0] != 408}
    assert slow == {} and len(told) > 20
    assert all(b"took too long to arrive" in page for _, page in told.values())
