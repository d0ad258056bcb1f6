"""A session on the pages ends when its key is revoked, when its time is up, and when somebody signs out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from api.app import create_app
from oms.actors import Role
from oms.bootstrap import Runtime, start
from oms.settings import Settings
from tests.api.conftest import Client, make_key
from tests.platform.waiting import eventually
from tests.support import Watch

DOOR = (303, "/app/sign-in?to=/app/orders")


@pytest.fixture
def other(running: Runtime, tmp_path: Path) -> Iterator[Runtime]:
    """Another process on the same database."""
    runtime = start(Settings(database_url=running.url, data_dir=tmp_path))
    yield runtime
    runtime.close()


class Visitor:
    """Somebody with a cookie, or who has kept one."""

    def __init__(self, runtime: Runtime, cookie: str = "") -> None:
        self.tab = TestClient(create_app(runtime), follow_redirects=False, headers={"Cookie": cookie})
        self.cookie = cookie

    @classmethod
    def signed_in(cls, runtime: Runtime, key: str) -> Visitor:
        answer = TestClient(create_app(runtime), follow_redirects=False).post(
            "/app/sign-in", data={"key": key}
        )
        assert answer.status_code == 303, answer.text
        return cls(runtime, answer.headers["set-cookie"].partition(";")[0])

    @property
    def inside(self) -> bool:
        answer = self.tab.get("/app/orders")
        assert answer.status_code == 200 or (answer.status_code, answer.headers["location"]) == DOOR
        return bool(answer.status_code == 200)

    def sign_out(self) -> None:
        (csrf,) = set(re.findall(r'name="csrf" value="([^"]+)"', self.tab.get("/app/orders").text))
        answer = self.tab.post("/app/sign-out", data={"csrf": csrf})
        assert (answer.status_code, answer.headers["location"]) == (303, "/app/sign-in")


def test_signing_out_ends_the_session_in_every_process(
    running: Runtime, other: Runtime, tmp_path: Path
) -> None:
    key = make_key(running, Role.BACKOFFICE)
    other.refresher.look()
    mine, at_home = Visitor.signed_in(running, key), Visitor.signed_in(running, key)
    stolen = Visitor(other, mine.cookie)
    assert mine.inside and stolen.inside
    mine.sign_out()
    assert not mine.inside, "here at once"
    assert eventually(lambda: not stolen.inside, seconds=1)
    assert at_home.inside and Visitor(other, at_home.cookie).inside, "another session of the same key goes on"
    late = start(Settings(database_url=running.url, data_dir=tmp_path))
    assert not Visitor(late, mine.cookie).inside, "nor does a process that starts later let it in"
    late.close()


def test_a_cookie_spelt_in_another_way_is_the_same_session(running: Runtime) -> None:
    """The last character of a signature has bits that nobody reads."""
    mine = Visitor.signed_in(running, make_key(running, Role.BACKOFFICE))
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    spelt = [Visitor(running, mine.cookie[:-1] + letter) for letter in letters]
    same = [one for one in spelt if one.inside]
    assert len(same) > 1
    mine.sign_out()
    assert not any(one.inside for one in same)


def test_a_session_ends_with_its_key(running: Runtime, other: Runtime, client: Client) -> None:
    key = make_key(running, Role.BACKOFFICE)
    other.refresher.look()
    here, there = Visitor.signed_in(running, key), Visitor.signed_in(other, key)
    assert here.inside and there.inside
    assert client().delete(f"/v1/keys/{key.partition('.')[0]}").status_code == 204
    assert eventually(lambda: not here.inside and not there.inside, seconds=1)
    again = here.tab.post("/app/sign-in", data={"key": key})
    assert again.status_code == 403


def test_a_session_ends_after_half_a_day_and_its_end_is_forgotten_then(
    engine: object, database_url: str, tmp_path: Path
) -> None:
    watch = Watch()
    running = start(Settings(database_url=database_url, data_dir=tmp_path), clock=watch)
    key = make_key(running, Role.BACKOFFICE)
    names = text("SELECT name FROM ended_session")
    first, second, third = (Visitor.signed_in(running, key) for _ in range(3))
    first.sign_out()
    watch.forward(hours=11.9)
    second.sign_out()
    with running.engine.connect() as conn:
        assert len(conn.scalars(names).all()) == 2
    assert third.inside
    watch.forward(hours=0.2)
    assert not third.inside
    Visitor.signed_in(running, key).sign_out()
    with running.engine.connect() as conn:
        assert len(conn.scalars(names).all()) == 1
    running.close()
