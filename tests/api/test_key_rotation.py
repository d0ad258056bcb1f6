"""A key gets another secret without a moment in which it opens nothing, and without losing what it holds."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from oms.actors import SYSTEM, Role
from oms.bootstrap import Runtime, start
from oms.settings import Settings
from oms.usecases.keys import SECRETS_MOST, rotate_key
from oms.work import transact
from tests.api.conftest import Client, make_key
from tests.api.test_events import happen, read_frames, serving
from tests.api.test_problems import assert_problem
from tests.api.test_sessions import Visitor
from tests.platform.waiting import eventually
from tests.support import Watch


@pytest.fixture
def other(running: Runtime, tmp_path: Path) -> Iterator[Runtime]:
    """Another process on the same database, whose clock is years behind."""
    runtime = start(Settings(database_url=running.url, data_dir=tmp_path), clock=Watch())
    yield runtime
    runtime.close()


def id_of(secret: str) -> str:
    return secret.partition(".")[0]


def rotate(admin: TestClient, key_id: str, key: str, **body: Any) -> httpx.Response:
    headers = {"Idempotency-Key": key}
    answer: httpx.Response = admin.post(f"/v1/keys/{key_id}/rotate", json=body, headers=headers)
    return answer


def opens(running: Runtime, *secrets: str) -> list[bool]:
    return [running.keys.open(secret) is not None for secret in secrets]


def test_the_key_stays_and_both_secrets_open_it_for_a_while(
    client: Client, running: Runtime, other: Runtime
) -> None:
    admin = client()
    scope = {"channels": ["web"], "grants": ["cost"], "rate_per_minute": 77}
    first = make_key(running, Role.STOREFRONT, **scope)
    before = running.keys.open(first)
    turned = rotate(admin, id_of(first), "k", overlap_s=1)
    assert turned.status_code == 200
    second = turned.json()["key"]
    assert second != first and id_of(second) == id_of(first)
    assert {name: turned.json()[name] for name in scope} == scope and turned.json()["name"] == "test"
    assert opens(running, first, second) == [True, True]
    shown = next(key for key in admin.get("/v1/keys").json()["items"] if key["id"] == id_of(first))
    assert shown == {name: value for name, value in turned.json().items() if name != "key"}
    assert shown["old_secret_until"] is not None
    other.refresher.look()
    assert opens(other, first, second) == [True, True]
    assert before is not None and (after := running.keys.open(second)) is not None
    assert after[1] == before[1], "whoever asks with either is the same: orders, runs and replays are his"
    # The second of overlap, and one within which everybody knows.
    assert eventually(lambda: opens(running, first) + opens(other, first) == [False, False], seconds=2)
    assert opens(running, second) + opens(other, second) == [True, True]
    refused = client(None).get("/v1/events", headers={"Authorization": f"Bearer {first}"})
    assert_problem(refused, 401, "unauthorised")
    shown = next(key for key in admin.get("/v1/keys").json()["items"] if key["id"] == id_of(first))
    assert (shown["old_secret_until"], shown["revoked_at"]) == (None, None)


def test_without_an_overlap_the_secret_before_ends_at_once(
    client: Client, running: Runtime, other: Runtime
) -> None:
    first = make_key(running)
    second = rotate(client(), id_of(first), "k", overlap_s=0).json()["key"]
    assert opens(running, first, second) == [False, True]
    assert eventually(lambda: opens(other, first, second) == [False, True], seconds=1)


def test_no_process_s_clock_moves_the_end(client: Client, running: Runtime, other: Runtime) -> None:
    assert isinstance(other.clock, Watch)
    first = make_key(running)
    rotate(client(), id_of(first), "k", overlap_s=3600)
    other.clock.forward(hours=2)
    other.refresher.look()
    assert opens(other, first) == [True]
    transact(other, SYSTEM, lambda work: rotate_key(work, id_of(first), timedelta(seconds=1)))
    other.clock.forward(hours=-48)
    assert eventually(lambda: opens(running, first) + opens(other, first) == [False, False], seconds=2)


def test_a_rotation_done_again_leaves_the_secret_in_use_its_time(client: Client, running: Runtime) -> None:
    """The answer was lost, so nobody has the second secret."""
    admin = client()
    first = make_key(running)
    lost = rotate(admin, id_of(first), "k1", overlap_s=3600)
    repeated = rotate(admin, id_of(first), "k1", overlap_s=3600)
    assert repeated.json() == lost.json() | {"key": None}
    third = rotate(admin, id_of(first), "k2", overlap_s=7200).json()
    assert opens(running, first, lost.json()["key"], third["key"]) == [True, True, True]
    ends = "SELECT until FROM former_secret WHERE key_id = :id ORDER BY until"
    with running.engine.begin() as conn:
        until = conn.scalars(text(ends), {"id": id_of(first)}).all()
        assert until[1] - until[0] > timedelta(minutes=59), "the first ends when it was said to"
    now = rotate(admin, id_of(first), "k3", overlap_s=0).json()
    assert opens(running, first, lost.json()["key"], third["key"], now["key"]) == [False, False, False, True]


def test_one_request_at_once_shows_one_secret_that_opens(client: Client, running: Runtime) -> None:
    admin, first, gate = client(), make_key(running), Barrier(4)

    def ask(_: int) -> httpx.Response:
        gate.wait()
        return rotate(admin, id_of(first), "k", overlap_s=0)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, range(4)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    shown = [answer.json()["key"] for answer in answers if answer.status_code == 200]
    told = [secret for secret in shown if secret is not None]
    assert len(told) == 1 and opens(running, told[0]) == [True]


def test_what_a_rotation_refuses(client: Client, running: Runtime) -> None:
    admin = client()
    assert_problem(rotate(admin, "key_none", "k1"), 404, "not_found")
    assert_problem(rotate(admin, "key_none", "k2", overlap_s=8 * 86_400), 422, "invalid")
    gone = id_of(make_key(running))
    admin.delete(f"/v1/keys/{gone}")
    assert_problem(rotate(admin, gone, "k3"), 409, "illegal_transition")
    many = id_of(make_key(running))
    for turn in range(SECRETS_MOST):
        assert rotate(admin, many, f"turn-{turn}").status_code == 200
    assert_problem(rotate(admin, many, "too-many"), 409, "in_use")
    assert rotate(admin, many, "none-goes-on", overlap_s=0).status_code == 200


def test_revoking_ends_all_secrets(client: Client, running: Runtime) -> None:
    admin, first = client(), make_key(running)
    second = rotate(admin, id_of(first), "k").json()["key"]
    assert admin.delete(f"/v1/keys/{id_of(first)}").status_code == 204
    assert opens(running, first, second) == [False, False]
    shown = next(key for key in admin.get("/v1/keys").json()["items"] if key["id"] == id_of(first))
    assert shown["old_secret_until"] is None


def test_a_session_ends_with_the_secret_it_was_signed_in_with(
    client: Client, running: Runtime, other: Runtime
) -> None:
    first = make_key(running, Role.BACKOFFICE)
    other.refresher.look()
    mine, there = Visitor.signed_in(running, first), Visitor.signed_in(other, first)
    second = rotate(client(), id_of(first), "k", overlap_s=3600).json()["key"]
    fresh = Visitor.signed_in(running, second)
    assert mine.inside and there.inside and fresh.inside
    third = rotate(client(), id_of(first), "k2", overlap_s=0).json()["key"]
    assert not mine.inside and not fresh.inside
    assert eventually(lambda: not there.inside, seconds=1)
    assert Visitor.signed_in(running, third).inside


def test_a_session_from_before_secrets_were_named_signs_in_again(running: Runtime) -> None:
    key = make_key(running, Role.BACKOFFICE)
    until = (running.clock.now() + timedelta(hours=1)).isoformat()
    cookie = running.signer.sign("session", {"key": id_of(key), "csrf": "x", "until": until})
    assert not Visitor(running, f"anyshelf_session={cookie}").inside


def test_a_stream_goes_on_through_the_overlap_and_ends_with_its_secret(running: Runtime) -> None:
    first = make_key(running, Role.BACKOFFICE)
    headers = {"Authorization": f"Bearer {first}"}
    with (
        serving(running) as address,
        httpx.stream("GET", f"{address}/v1/events/stream", headers=headers, timeout=10) as stream,
    ):
        lines = stream.iter_lines()
        next(lines)
        transact(running, SYSTEM, lambda work: rotate_key(work, id_of(first), timedelta(hours=1)))
        running.refresher.look()
        happen(running, "a")
        told = [frame["event"] for frame in read_frames(lines, 3)]
        assert told == ["key.created", "key.rotated", "test.happened"]
        transact(running, SYSTEM, lambda work: rotate_key(work, id_of(first), timedelta(0)))
        assert [line for line in lines if line] == []
