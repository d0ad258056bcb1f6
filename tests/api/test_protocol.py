"""The server's short way before ASGI: what it answers, what it leaves to the ordinary way, and that nobody
can tell them apart."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import orjson
import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from api.app import create_app
from api.lane import Lane
from api.protocol import PATIENCE_S, Protocol
from oms.actors import Role
from tests.api.test_lane import ALIKE, _counted, _said
from tests.checkout.conftest import Shop
from tests.checkout.conftest import shop as shop
from tests.platform.waiting import eventually

ASK = b'{"skus":["A1"]}'


class Served:
    """A server with the shop's memory; ``at_once`` says of each request whether the short way took it."""

    def __init__(self, shop: Shop) -> None:
        at_once: list[bool] = []

        class Watched(Protocol):
            def _answer(self, cycle: RequestResponseCycle, lane: Lane) -> bool:
                at_once.append(super()._answer(cycle, lane))
                return at_once[-1]

        self.shop, self.at_once = shop, at_once
        self.door = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(create_app(shop.runtime), http=Watched, log_config=None, access_log=False)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, args=([self.door],))
        self.thread.start()
        assert eventually(lambda: self.server.started, 30)

    def post(self, path: str, body: bytes, key: str | None = None, **headers: str) -> httpx.Response:
        """Head and body in one write, as far as TCP will have it (the HTTP libraries send them apart)."""
        shown = {"Host": "x", "Authorization": key or self.shop.web.headers["authorization"]}
        shown |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
        shown |= {name.title().replace("_", "-"): value for name, value in headers.items()}
        lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in shown.items()), "", ""]
        with socket.create_connection(self.door.getsockname(), timeout=30) as line:
            line.sendall("\r\n".join(lines).encode() + body)
            answer = http.client.HTTPResponse(line)
            answer.begin()
            return httpx.Response(answer.status, headers=answer.getheaders(), content=answer.read())

    def raw(self, *parts: bytes, pause_s: float = 0.02) -> bytes:
        """What comes back on a connection over which these parts go, one after the other, to its end."""
        with socket.create_connection(self.door.getsockname()) as line:
            line.settimeout(10)
            for part in parts:
                line.sendall(part)
                threading.Event().wait(pause_s)
            line.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: line.recv(65536), b""))

    def request(self, body: bytes = ASK, *more: bytes, version: bytes = b"1.1") -> bytes:
        key = self.shop.web.headers["authorization"].encode()
        head = [b"POST /v1/availability HTTP/" + version, b"host: x", b"authorization: " + key]
        head += [b"content-type: application/json", b"content-length: %d" % len(body), *more]
        return b"\r\n".join(head) + b"\r\n\r\n" + body


@pytest.fixture
def served(shop: Shop) -> Iterator[Served]:
    running = Served(shop)
    yield running
    running.server.should_exit = True
    running.thread.join(30)
    running.door.close()


def _dated(answer: httpx.Response) -> float:
    """The second the answer says it was given in."""
    return parsedate_to_datetime(answer.headers["date"]).timestamp()


def test_both_ways_say_the_same(served: Served) -> None:
    for room, body in ALIKE:
        before = _counted(served.shop, room)
        quick, ordinary = (
            served.post(f"/v1/{room}", orjson.dumps(body), content_type=kind)
            for kind in ("application/json", "application/json; charset=utf-8")
        )
        assert _said(quick) == _said(ordinary)
        assert set(quick.headers) == set(ordinary.headers)
        assert 0 <= _dated(ordinary) - _dated(quick) < 30, "each answer tells its own second"
        assert served.at_once[-2:] == [quick.status_code == 200, False], body
        assert _counted(served.shop, room) - before == {str(quick.status_code): 2}


def test_the_request_id_is_kept_or_made(served: Served) -> None:
    assert served.post("/v1/availability", ASK, x_request_id="gw-1").headers["x-request-id"] == "gw-1"
    made = [served.post("/v1/availability", ASK, x_request_id=sent).headers["x-request-id"] for sent in " @"]
    assert made[0] != made[1] and made[0].startswith("req_")
    assert served.at_once == [True] * 3


def test_refusals_are_told_once_and_counted_once(served: Served) -> None:
    few = served.shop.client(Role.STOREFRONT, channels=["web"], rate_per_minute=3).headers["authorization"]
    asked = [
        served.post("/v1/availability", b'{"skus":["A1"],"channel":"%b"}' % channel, few)
        for channel in (b"web", b"shop", b"web", b"web")
    ]
    assert [answer.status_code for answer in asked] == [200, 403, 200, 429]
    assert [answer.headers["ratelimit"].split(";")[1] for answer in asked] == ["r=2", "r=1", "r=0", "r=0"]
    assert asked[1].json()["request_id"] == asked[1].headers["x-request-id"]
    courier = served.shop.client(Role.COURIER).headers["authorization"]
    assert served.post("/v1/availability", ASK, courier).status_code == 403
    assert served.post("/v1/availability", ASK, "Bearer x.y").status_code == 401


def test_requests_sent_ahead_are_answered_in_turn(served: Served) -> None:
    health = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"
    ask = served.request()
    said = served.raw(ask + health + ask + ask, ask)
    bodies = [b'"sku":"A1"', b'"ok":true', b'"sku":"A1"', b'"sku":"A1"', b'"sku":"A1"']
    answers = said.split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert [body in answer for body, answer in zip(bodies, answers, strict=True)] == [True] * 5
    assert served.at_once[:2] == [True, False], "those behind an ordinary one wait in uvicorn's own line"


@pytest.mark.parametrize("cut", [10, 60, -5])
def test_a_request_in_parts_is_answered(served: Served, cut: int) -> None:
    ask = served.request()
    said = served.raw(ask[:cut], ask[cut:])
    assert served.at_once == [True]
    assert said.startswith(b"HTTP/1.1 200 OK\r\n") and said.endswith(b'"nodes":null}]}')


def test_a_body_that_comes_late_is_waited_for_the_ordinary_way(served: Served) -> None:
    ask = served.request()
    said = served.raw(ask[:-5], ask[-5:], pause_s=4 * PATIENCE_S)
    assert served.at_once == [False]
    assert said.startswith(b"HTTP/1.1 200 OK\r\n") and said.endswith(b'"nodes":null}]}')


def test_whoever_leaves_before_the_body_is_counted(served: Served) -> None:
    before = _counted(served.shop, "availability")
    assert served.raw(served.request()[:-5], pause_s=0.0) == b""
    assert eventually(lambda: _counted(served.shop, "availability") - before == {"400": 1}, 10)


@pytest.mark.parametrize(
    ("more", "version", "says"),
    [
        (b"connection: close", b"1.1", b"connection: close"),
        (b"connection: keep-alive", b"1.0", b"content-length: "),
        (b"expect: 100-continue", b"1.1", b"HTTP/1.1 100 Continue"),
    ],
)
def test_what_is_not_plain_goes_the_ordinary_way(
    served: Served, more: bytes, version: bytes, says: bytes
) -> None:
    said = served.raw(served.request(ASK, more, version=version))
    assert says in said and b'"sku":"A1"' in said
    assert served.at_once == [False]


def test_what_cannot_be_read_ends_the_connection_as_ever(served: Served) -> None:
    said: Any = served.raw(served.request() + b"\x00nonsense\r\n\r\n")
    assert b"HTTP/1.1 400 Bad Request" in said
