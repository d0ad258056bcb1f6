"""Only the public internet, at registration and at every delivery, whatever a name says in between."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

import pytest

from oms.adapters.resolver import Resolve, resolve_host
from tests.webhooks.conftest import QUICK, Hooks
from tests.webhooks.receiver import Receiver, Says

PUBLIC = "93.184.216.34"


def refused(hooks: Hooks, url: str) -> str:
    """The code of the fault that a registration is refused for."""
    answer = hooks.post("/v1/webhooks", {"url": url})
    assert answer.status_code == 422, answer.text
    (fault,) = answer.json()["errors"]
    assert fault["pointer"] == "/url"
    return str(fault["code"])


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "169.254.169.254",
        "0",
    ],
)
def test_a_private_host_is_refused_in_any_spelling(hooks: Hooks, host: str) -> None:
    closed = hooks.resolving(resolve_host, private=False)
    assert refused(closed, f"http://{host}/") in ("forbidden_address", "unresolvable_host", "bad_url")
    assert hooks.scalar("SELECT count(*) FROM webhook") == 0


@pytest.mark.parametrize(
    ("addresses", "code"),
    [
        (["10.0.0.7"], "forbidden_address"),
        ([PUBLIC, "10.0.0.7"], "forbidden_address"),
        ([PUBLIC, "fd00::1"], "forbidden_address"),
        ([], "unresolvable_host"),
    ],
)
def test_a_name_is_judged_by_all_its_addresses(hooks: Hooks, addresses: list[str], code: str) -> None:
    closed = hooks.resolving(lambda _: addresses, private=False)
    assert refused(closed, "https://hooks.example.com/") == code


def test_a_name_nobody_knows(hooks: Hooks) -> None:
    def unknown(host: str) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    assert refused(hooks.resolving(unknown, private=False), "https://nowhere.example/") == "unresolvable_host"


def test_moving_an_endpoint_is_judged_too(hooks: Hooks) -> None:
    closed = hooks.resolving(
        lambda host: [PUBLIC if host == "good.example.com" else "10.0.0.7"], private=False
    )
    made = closed.register("https://good.example.com/")
    moved = closed.admin.put(f"/v1/webhooks/{made['id']}", json={"url": "https://bad.example.com/"})
    assert moved.json()["errors"][0]["code"] == "forbidden_address"
    assert closed.seen(made["id"])["url"] == "https://good.example.com/"


def test_a_name_that_turns_private_after_registration_is_not_connected_to(
    hooks: Hooks, receiver: Receiver
) -> None:
    says = [PUBLIC]
    closed = hooks.resolving(lambda _: says, private=False)
    made = closed.register(f"http://hooks.example.com:{receiver.port}/hook", types=["order.placed"])
    says[:] = ["127.0.0.1"]
    closed.happen("o-1")
    assert closed.work() == 1
    (told,) = closed.deliveries(made["id"])
    assert (told["state"], told["outcome"], told["status"]) == ("waiting", "forbidden_address", None)
    assert receiver.got == []


def test_a_redirect_to_a_private_address_is_not_followed(
    hooks: Hooks, receivers: Callable[[], Receiver]
) -> None:
    """An endpoint that was judged may send on to one that would not be, even to where we could reach it."""
    outside, inside = receivers(), receivers()
    moved = {"Location": f"http://127.0.0.1:{inside.port}/admin"}
    seen = hooks.resolving(lambda _: ["127.0.0.1"], private=True)
    url = f"http://hooks.example.com:{outside.port}/hook"
    made = seen.register(url, types=["order.placed"])
    for status in (301, 302, 303, 307, 308):
        outside.answers = lambda _, status=status: Says(status, moved)  # type: ignore[misc]
        seen.happen(f"o-{status}")
        seen.work()
    told = seen.deliveries(made["id"])
    assert {(one["state"], one["outcome"]) for one in told} == {("waiting", "redirected")}
    assert [one["status"] for one in told] == [301, 302, 303, 307, 308]
    assert {got.path for got in outside.got} == {"/hook"} and inside.got == []


def changing(*answers: list[str]) -> tuple[Resolve, list[str]]:
    """A resolver that says something else each time, and what it was asked."""
    asked: list[str] = []

    def resolve(host: str) -> list[str]:
        asked.append(host)
        return answers[min(len(asked), len(answers)) - 1]

    return resolve, asked


def test_the_connection_goes_to_the_address_that_was_judged(hooks: Hooks, receiver: Receiver) -> None:
    """Resolved once per connection: there is no second look at the name that could say something else."""
    resolve, asked = changing(["127.0.0.1"], ["192.0.2.1"])
    seen = hooks.resolving(resolve, private=True)
    seen.register(f"http://hooks.example.com:{receiver.port}/hook", types=["order.placed"])
    seen.happen("o-1")
    assert seen.work() == 1
    assert asked == ["hooks.example.com"]
    (got,) = receiver.got
    assert got.headers["host"] == f"hooks.example.com:{receiver.port}"


def test_an_address_that_does_not_answer_gives_way_to_the_next(hooks: Hooks, receiver: Receiver) -> None:
    seen = hooks.resolving(lambda _: ["127.0.0.2", "127.0.0.1"], private=True)
    seen.register(f"http://hooks.example.com:{receiver.port}/hook", types=["order.placed"])
    seen.happen("o-1")
    seen.work()
    assert len(receiver.got) == 1


def answered_by(talk: Callable[[socket.socket], None]) -> tuple[int, threading.Thread]:
    """A port where one connection is answered by hand."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(10)

    def serve() -> None:
        with listening, listening.accept()[0] as taken:
            taken.settimeout(5)
            talk(taken)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return int(listening.getsockname()[1]), thread


def test_tls_names_the_host_not_the_address(hooks: Hooks) -> None:
    heard: list[bytes] = []
    port, thread = answered_by(lambda taken: heard.append(taken.recv(4096)))
    seen = hooks.resolving(lambda _: ["127.0.0.1"], private=True)
    made = seen.register(f"https://hooks.example.com:{port}/hook", types=["order.placed"])
    seen.happen("o-1")
    seen.work()
    thread.join(5)
    assert b"hooks.example.com" in heard[0]
    (told,) = seen.deliveries(made["id"])
    assert (told["state"], told["status"]) == ("waiting", None)


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "bad_answer"),
        (b"", "bad_answer"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 300_000, "bad_answer"),
    ],
)
def test_what_is_no_answer_is_told_as_such(hooks: Hooks, said: bytes, outcome: str) -> None:
    def talk(taken: socket.socket) -> None:
        taken.recv(1)
        with suppress(OSError):
            taken.sendall(said)
            taken.shutdown(socket.SHUT_WR)
            while taken.recv(65536):  # closing on what has not been read would take back what was said
                pass

    port, thread = answered_by(talk)
    made = hooks.register(f"http://127.0.0.1:{port}/", types=["order.placed"])
    hooks.happen("o-1")
    hooks.work()
    thread.join(5)
    assert [one["outcome"] for one in hooks.deliveries(made["id"])] == [outcome]


def test_headers_that_drip_end_with_the_time_for_all_of_it(hooks: Hooks) -> None:
    done = threading.Event()

    def talk(taken: socket.socket) -> None:
        taken.recv(65536)
        try:
            while not done.wait(0.1):
                taken.sendall(b"H")
        except OSError:
            pass

    port, thread = answered_by(talk)
    made = hooks.register(f"http://127.0.0.1:{port}/", types=["order.placed"])
    hooks.happen("o-1")
    hooks.work()
    done.set()
    thread.join(5)
    (told,) = hooks.deliveries(made["id"])
    assert told["outcome"] in ("timed_out", "bad_answer")
    assert told["took_ms"] < 1000 * (QUICK.total_s + 1)
