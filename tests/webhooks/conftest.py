"""A process whose webhooks may go to loopback, with a clock of its own, and receivers to send to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from standardwebhooks import Webhook

from api.app import create_app
from oms.actors import SYSTEM, Role
from oms.adapters.resolver import Resolve
from oms.adapters.webhook_sender import Patience
from oms.bootstrap import Runtime, start
from oms.delivering import Deliverer
from oms.settings import Settings
from oms.store import outbox, webhook_deliveries
from oms.store.webhook_waking import plan_and_wake
from oms.usecases.keys import create_key
from oms.work import Work, transact
from tests.coroutines import run
from tests.support import Watch
from tests.webhooks.receiver import Received, Receiver, receiving

QUICK = Patience(connect_s=3.0, read_s=3.0, total_s=3.0)


@dataclass
class Hooks:
    """The world of webhooks; `work` does by hand what the background does."""

    runtime: Runtime
    watch: Watch
    admin: TestClient
    deliverer: Deliverer

    def __post_init__(self) -> None:
        self._keys = count(1)

    def post(self, path: str, body: Any = None, key: str | None = None) -> Any:
        headers = {"Idempotency-Key": key or f"k{next(self._keys)}"}
        return self.admin.post(path, json=body, headers=headers)

    def register(self, url: str, **more: Any) -> Any:
        answer = self.post("/v1/webhooks", {"url": url, **more})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def happen(self, *subjects: str, type: str = "order.placed", data: Any = None) -> None:
        """One event each, in one transaction."""

        def tell(work: Work) -> None:
            for one in subjects:
                work.emit(type, "order", one, data or {"units": 2})

        transact(self.runtime, SYSTEM, tell)

    def due(self) -> list[str]:
        """Publish, plan, and tell which endpoints are due something now."""
        with self.runtime.engine.begin() as conn:
            outbox.publish(conn)
        with self.runtime.engine.begin() as conn:
            plan_and_wake(conn, self.watch.now())
            return webhook_deliveries.due(conn, self.watch.now())

    def work(self) -> int:
        """Publish, plan and deliver until nothing is due at this instant; return the attempts made."""
        made = 0
        while due := self.due():
            made += sum(run(self._deliver(due)))
        return made

    async def _deliver(self, due: list[str]) -> list[int]:
        return list(await asyncio.gather(*map(self.deliverer.deliver, due)))

    def seen(self, id: str) -> Any:
        return self.admin.get(f"/v1/webhooks/{id}").json()

    def deliveries(self, id: str, **query: Any) -> list[Any]:
        """The oldest first."""
        answer = self.admin.get(f"/v1/webhooks/{id}/deliveries", params={"limit": 200, **query})
        assert answer.status_code == 200, answer.text
        return list(reversed(answer.json()["items"]))

    def events(self) -> list[Any]:
        found: list[Any] = self.admin.get("/v1/events?limit=200").json()["items"]
        return found

    def scalar(self, statement: str) -> Any:
        with self.runtime.engine.connect() as conn:
            return conn.scalar(text(statement))

    def resolving(self, resolve: Resolve, private: bool) -> Hooks:
        """The same world seen by a process that resolves names so."""
        settings = replace(self.runtime.settings, webhook_private=private)
        runtime = replace(self.runtime, resolve=resolve, settings=settings)
        client = TestClient(create_app(runtime), headers=dict(self.admin.headers))
        return Hooks(runtime, self.watch, client, Deliverer(runtime, patience=QUICK))


def verified(secret: str, received: Received) -> Any:
    """The event, once a client with the official library has verified it."""
    return Webhook(secret).verify(received.body, dict(received.headers))


@pytest.fixture
def hooks(engine: Engine, database_url: str, tmp_path: Path) -> Iterator[Hooks]:
    """Time begins at the real present, which the library compares with."""
    watch = Watch(datetime.now(UTC))
    settings = Settings(database_url=database_url, data_dir=tmp_path, webhook_private=True)
    runtime = start(settings, clock=watch)
    made = transact(runtime, SYSTEM, lambda work: create_key(work, name="test", role=Role.ADMIN))
    runtime.refresher.look()
    deliverer = Deliverer(runtime, chance=lambda: 0.0, patience=QUICK)
    with TestClient(create_app(runtime), headers={"Authorization": f"Bearer {made.secret}"}) as admin:
        yield Hooks(runtime, watch, admin, deliverer)
    deliverer.close()
    runtime.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """One that takes everything."""
    with receiving() as one:
        yield one


@pytest.fixture
def receivers() -> Iterator[Callable[[], Receiver]]:
    """Makes more of them."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(receiving())
