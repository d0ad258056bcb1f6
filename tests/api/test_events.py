"""The feed pages and the stream resumes; both are for the back office."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import httpx
import orjson
import pytest
import uvicorn

from api.app import create_app
from oms.actors import SYSTEM, Role
from oms.bootstrap import Runtime
from oms.store import outbox
from oms.usecases.keys import revoke_key
from oms.work import Work, transact
from tests.api.conftest import Client, make_key
from tests.api.test_problems import assert_problem
from tests.platform.waiting import eventually


def happen(running: Runtime, *names: str, type: str = "test.happened") -> None:
    """Events of these subjects, published."""
    for name in names:
        transact(running, SYSTEM, partial(_emit, type=type, name=name))
    with running.engine.begin() as conn:
        outbox.publish(conn)
    running.refresher.look()


def _emit(work: Work, type: str, name: str) -> None:
    work.emit(type, "test", name, {"n": 1})


@contextmanager
def serving(running: Runtime) -> Iterator[str]:
    """The application on a real socket: the address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(create_app(running), log_level="error", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    assert eventually(lambda: server.started)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()


def read_frames(lines: Iterator[str], count: int) -> list[dict[str, str]]:
    """The next events of a stream, comments and the like left out."""
    frames: list[dict[str, str]] = []
    frame: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            frame[name] = value
        else:
            if "data" in frame:
                frames.append(frame)
            if len(frames) == count:
                return frames
            frame = {}
    return frames


def test_the_feed_is_paged_by_sequence(client: Client, running: Runtime) -> None:
    happen(running, *"abcde")
    office = client(Role.BACKOFFICE)
    first = office.get("/v1/events?limit=2&type=test.happened")
    assert [event["subject_id"] for event in first.json()["items"]] == ["a", "b"]
    rest = office.get(first.links["next"]["url"]).json()
    assert [event["subject_id"] for event in rest["items"]] == ["c", "d"]
    last = office.get(f"/v1/events?after={rest['next']}&type=test.happened")
    assert [event["subject_id"] for event in last.json()["items"]] == ["e"]
    assert "next" not in last.links
    end = office.get(f"/v1/events?after={last.json()['next']}&type=test.happened").json()
    assert end == {"items": [], "next": last.json()["next"]}


def test_what_comes_in_between_pages_neither_doubles_nor_skips(client: Client, running: Runtime) -> None:
    happen(running, *"abc")
    office = client(Role.BACKOFFICE)
    seen: list[int] = []
    after = 0
    for round_ in range(10):
        page = office.get(f"/v1/events?after={after}&limit=2").json()
        seen += [event["seq"] for event in page["items"]]
        after = page["next"]
        if round_ < 4:
            happen(running, f"more {round_}")
    assert seen == list(range(1, running.tail.seq + 1))
    assert len(seen) > 7


@pytest.mark.parametrize("query", ["after=-1", "after=x", f"after={2**70}", "limit=0", "limit=201"])
def test_bad_cursors(client: Client, query: str) -> None:
    answer = client().get(f"/v1/events?{query}")
    assert_problem(answer, answer.status_code, "malformed" if answer.status_code == 400 else "invalid")


@pytest.mark.parametrize("cursor", ["x", "-1", "9" * 20, "٣"])
def test_bad_last_event_ids(client: Client, cursor: str) -> None:
    headers = {b"Last-Event-ID": cursor.encode()}
    assert_problem(client().get("/v1/events/stream", headers=headers), 400, "malformed")


@pytest.mark.parametrize("role", [Role.STOREFRONT, Role.STAFF, Role.COURIER])
@pytest.mark.parametrize("path", ["/v1/events", "/v1/events/stream"])
def test_events_are_for_the_back_office(client: Client, role: Role, path: str) -> None:
    assert_problem(client(role).get(path), 403, "forbidden")


def test_the_stream_tells_at_once_and_resumes_where_it_broke_off(running: Runtime) -> None:
    key = make_key(running, Role.BACKOFFICE)
    headers = {"Authorization": f"Bearer {key}"}
    happen(running, "before")
    with serving(running) as address, httpx.Client(base_url=address, headers=headers, timeout=10) as http:
        with http.stream("GET", "/v1/events/stream") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            lines = stream.iter_lines()
            assert next(lines).startswith("retry")
            happen(running, "a", "b")
            frames = read_frames(lines, 2)
        assert [orjson.loads(frame["data"])["subject_id"] for frame in frames] == ["a", "b"]
        assert frames[0]["event"] == "test.happened"
        happen(running, "c", type="other.happened")
        happen(running, "d")
        resumed = headers | {"Last-Event-ID": frames[0]["id"]}
        with http.stream("GET", "/v1/events/stream", headers=resumed) as stream:
            again = read_frames(stream.iter_lines(), 3)
        with http.stream("GET", "/v1/events/stream?type=other.happened", headers=resumed) as stream:
            other = read_frames(stream.iter_lines(), 1)
    ids = [int(frame["id"]) for frame in again]
    assert ids == list(range(int(frames[1]["id"]), int(frames[1]["id"]) + 3))
    assert [orjson.loads(frame["data"])["subject_id"] for frame in other] == ["c"]


def test_a_long_absence_is_caught_up_without_a_gap(running: Runtime) -> None:
    headers = {"Authorization": f"Bearer {make_key(running)}", "Last-Event-ID": "0"}
    names = [str(number) for number in range(450)]

    def many(work: Work) -> None:
        for name in names:
            _emit(work, "test.happened", name)

    transact(running, SYSTEM, many)
    happen(running, "last")
    with (
        serving(running) as address,
        httpx.stream("GET", f"{address}/v1/events/stream", headers=headers, timeout=10) as stream,
    ):
        frames = read_frames(stream.iter_lines(), 452)
    assert [int(frame["id"]) for frame in frames] == list(range(1, 453))


def test_the_stream_of_a_revoked_key_ends(running: Runtime) -> None:
    key = make_key(running, Role.BACKOFFICE)
    headers = {"Authorization": f"Bearer {key}"}
    with (
        serving(running) as address,
        httpx.stream("GET", f"{address}/v1/events/stream", headers=headers, timeout=10) as stream,
    ):
        lines = stream.iter_lines()
        next(lines)
        transact(running, SYSTEM, lambda work: revoke_key(work, key.partition(".")[0]))
        assert [line for line in lines if line] == []
