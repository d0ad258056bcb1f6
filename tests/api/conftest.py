"""A process of our own on the worker's database, and clients with keys of every role."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from api.app import create_app
from oms.actors import SYSTEM, Role
from oms.bootstrap import Runtime, start
from oms.settings import Settings
from oms.usecases.keys import create_key
from oms.work import transact

Client = Callable[..., TestClient]


@pytest.fixture
def running(engine: Engine, database_url: str, tmp_path: Path) -> Iterator[Runtime]:
    """A started process on the emptied database."""
    runtime = start(Settings(database_url=database_url, data_dir=tmp_path))
    yield runtime
    runtime.close()


def make_key(running: Runtime, role: Role = Role.ADMIN, **scope: Any) -> str:
    """The text of a fresh key, known to `running`."""
    made = transact(running, SYSTEM, lambda work: create_key(work, name="test", role=role, **scope))
    running.refresher.look()
    return made.secret


@pytest.fixture
def client(running: Runtime) -> Iterator[Client]:
    """Makes clients of one application: `client()` is an admin's, `client(Role.STAFF, nodes=["N"])` a
    store's."""
    opened: list[TestClient] = []
    app = create_app(running)

    def make(role: Role | None = Role.ADMIN, **scope: Any) -> TestClient:
        headers = {} if role is None else {"Authorization": f"Bearer {make_key(running, role, **scope)}"}
        opened.append(TestClient(app, headers=headers))
        return opened[-1]

    yield make
    for one in opened:
        one.close()
