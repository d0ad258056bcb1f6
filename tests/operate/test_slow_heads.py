"""A head without an end, in size or in time, does not hold a connection or memory; nor does silence."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import orjson
import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api import heads
from api.frame import SECURITY
from api.protocol import Protocol
from tests.platform.waiting import eventually

WAIT_S = 0.6
BEGUN = b"POST /v1/orders HTTP/1.1\r\nhost: x\r\n"
WHOLE = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"


async def answering(scope: Any, receive: Any, send: Any) -> None:
    """Whatever is asked: at once, at /slow after some time, at /read with the size of the body."""
    if scope["type"] == "lifespan":
        return
    body = 0
    if scope["path"] == "/slow":
        await asyncio.sleep(3 * WAIT_S)
    while scope["path"] == "/read":
        part = await receive()
        body += len(part.get("body", b""))
        if not part.get("more_body"):
            break
    said = b"%d" % body
    headers = [(b"content-length", b"%d" % len(said))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": said})


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The address of a server as `anyshelf serve` has it, with less patience."""
    monkeypatch.setattr(heads, "HEAD_S", WAIT_S)
    monkeypatch.setattr(heads, "LINGER_S", WAIT_S)
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(answering, http=Protocol, log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    assert eventually(lambda: server.started, 30)
    yield listening.getsockname()
    server.should_exit = True
    thread.join(30)
    listening.close()


def dripped(door: Any, begun: bytes, drip: bytes, pause_s: float = 0.05) -> tuple[bytes, float]:
    """What comes back, and after how long the connection ends, while ``drip`` is sent again and again."""
    with socket.create_connection(door) as line:
        line.sendall(begun)
        since, said = time.monotonic(), b""
        line.settimeout(pause_s)
        while time.monotonic() - since < 20:
            try:
                part = line.recv(65536)
            except TimeoutError:
                with suppress(OSError):
                    line.sendall(drip)
                continue
            except ConnectionError:
                part = b""
            if not part:
                return said, time.monotonic() - since
            said += part
    pytest.fail("still open after 20 s")


def refusal(said: bytes) -> Any:
    """The one answer that came, and that it is like every other."""
    head, _, body = said.partition(b"\r\n\r\n")
    assert all(b"%b: %b" % pair in head for pair in (*SECURITY, (b"connection", b"close")))
    told = orjson.loads(body)
    assert head.startswith(b"HTTP/1.1 %d " % told["status"])
    assert told["request_id"].encode() in head
    return told["status"], told["code"]


@pytest.mark.parametrize("drip", [b"x: y\r\n", b"a"], ids=["headers", "one header"])
def test_a_head_that_drips_is_refused_in_time(door: Any, drip: bytes) -> None:
    said, took_s = dripped(door, BEGUN, drip)
    assert refusal(said) == (408, "too_slow")
    assert WAIT_S / 2 < took_s < 5 * WAIT_S


@pytest.mark.parametrize("before", [b"", b"\r\n"], ids=["silent", "blank lines"])
def test_a_connection_that_says_nothing_ends_quietly(door: Any, before: bytes) -> None:
    said, took_s = dripped(door, before, before)
    assert said == b"" and took_s < 5 * WAIT_S


@pytest.mark.parametrize(
    "more",
    [b"x-%d: " + b"y" * 1000 + b"\r\n", b"y" * 1000],
    ids=["many headers", "one header without an end"],
)
def test_a_head_without_an_end_is_refused_before_it_is_large(door: Any, more: bytes) -> None:
    with socket.create_connection(door) as line:
        line.settimeout(10)
        line.sendall(BEGUN + b"x: ")
        sent = 0
        with suppress(OSError):
            while sent < 50_000_000:
                sent += line.send(more * 100)
        assert sent < 50_000_000
    with socket.create_connection(door) as line:
        line.settimeout(10)
        line.sendall(BEGUN + b"x: " + more * 80)
        assert refusal(b"".join(iter(lambda: line.recv(65536), b""))) == (431, "head_too_large")


def test_a_whole_head_is_measured_too(door: Any) -> None:
    def asked(size: int) -> bytes:
        with socket.create_connection(door) as line:
            line.settimeout(10)
            line.sendall(b"GET / HTTP/1.1\r\nconnection: close\r\nx: " + b"y" * size + b"\r\n\r\n")
            return b"".join(iter(lambda: line.recv(65536), b""))

    assert refusal(asked(heads.LARGEST_HEAD)) == (431, "head_too_large")
    assert asked(heads.LARGEST_HEAD - 1000).startswith(b"HTTP/1.1 200 OK")


def test_blank_lines_after_a_request_keep_nothing_open(door: Any) -> None:
    said, took_s = dripped(door, WHOLE, b"\r\n")
    assert said.count(b"HTTP/1.1 200 OK") == 1 and said.endswith(b"\r\n\r\n0")
    assert took_s < 5 * WAIT_S


def test_the_rest_of_a_body_that_was_answered_already_has_an_end(door: Any) -> None:
    said, took_s = dripped(door, b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n", b"a")
    assert said.count(b"HTTP/1.1 ") == 1 and took_s < 5 * WAIT_S


def test_what_follows_a_body_in_chunks_is_bounded(door: Any) -> None:
    begun = b"POST /read HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
    with socket.create_connection(door) as line:
        line.settimeout(10)
        line.sendall(begun)
        sent = 0
        with suppress(OSError):
            while sent < 50_000_000:
                sent += line.send((b"x: " + b"y" * 1000 + b"\r\n") * 100)
        assert sent < 50_000_000


def test_bodies_in_many_chunks_are_no_heads(door: Any) -> None:
    body = b"1\r\na\r\n" * 100_000 + b"4000\r\n" + b"b" * 0x4000 + b"\r\n0\r\nafter: it\r\n\r\n"
    with socket.create_connection(door) as line:
        line.settimeout(30)
        line.sendall(b"POST /read HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n" + body)
        assert line.recv(65536).endswith(b"\r\n\r\n%d" % (100_000 + 0x4000))


def test_an_answer_that_takes_its_time_is_not_cut_off(door: Any) -> None:
    """Neither alone, nor while the next head is begun."""
    for begun in (b"", BEGUN):
        with socket.create_connection(door) as line:
            line.settimeout(10)
            line.sendall(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n" + begun)
            assert line.recv(65536).startswith(b"HTTP/1.1 200 OK")


def test_a_connection_is_used_for_longer_than_one_head_may_take(door: Any) -> None:
    with socket.create_connection(door) as line:
        line.settimeout(10)
        for _ in range(8):
            for part in (WHOLE[:20], WHOLE[20:]):
                line.sendall(part)
                time.sleep(WAIT_S / 4)
            assert line.recv(65536).startswith(b"HTTP/1.1 200 OK")


def test_requests_sent_ahead_are_measured_one_by_one(door: Any) -> None:
    """Many whole requests in one write are more than a head may be, and no head is."""
    many = 3 * heads.LARGEST_HEAD // len(WHOLE)
    with socket.create_connection(door) as line:
        line.settimeout(30)
        line.sendall(WHOLE * many + b"GET / HTTP/1.1\r\nconnection: close\r\n\r\n")
        said = b"".join(iter(lambda: line.recv(65536), b""))
    assert said.count(b"HTTP/1.1 200 OK") == many + 1


def test_what_is_built_upon_is_there() -> None:
    """An update of uvicorn that renames it shows here."""
    methods = ("on_headers_complete", "on_body", "send_400_response", "connection_made")
    assert all(hasattr(HttpToolsProtocol, name) for name in methods)
