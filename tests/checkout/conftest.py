"""A furnished process with a clock of its own, and clients with keys of every role."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import Engine, text

from api.app import create_app
from oms.actors import SYSTEM, Role
from oms.adapters.ids import Ids
from oms.audit import audit
from oms.bootstrap import Runtime, start
from oms.settings import Settings
from oms.usecases.keys import create_key
from oms.work import transact
from tests.support import HOME, Watch, furnish


@dataclass
class Shop:
    """The world over HTTP."""

    runtime: Runtime
    watch: Watch
    client: Callable[..., TestClient]

    def __post_init__(self) -> None:
        self.admin = self.client(Role.ADMIN)
        self.web = self.client(Role.STOREFRONT, channels=["web"])
        self._keys = count(1)

    def post(
        self, path: str, body: Any, client: TestClient | None = None, key: str | None = None
    ) -> Response:
        """A POST with a fresh Idempotency-Key, or the one given."""
        headers = {"Idempotency-Key": key or f"k{next(self._keys)}"}
        answer: Response = (client or self.web).post(path, json=body, headers=headers)
        return answer

    def promises(self, *lines: tuple[str, int], **more: Any) -> Any:
        """The answer for a basket bound for HOME."""
        body = {"lines": basket(*lines), "destination": HOME, **more}
        answer = self.web.post("/v1/promises", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def place(
        self, order_id: str, *lines: tuple[str, int], client: TestClient | None = None, **more: Any
    ) -> Response:
        """PUT an order bound for HOME."""
        body = {
            "channel": "web",
            "currency": "USD",
            "lines": [line | {"unit_price_minor": 1000} for line in basket(*lines)],
            "destination": HOME,
            **more,
        }
        answer: Response = (client or self.web).put(f"/v1/orders/{order_id}", json=body)
        return answer

    def audit(self) -> None:
        """Every number is what the facts behind it say."""
        with self.runtime.engine.begin() as conn:
            report = audit(conn)
        assert not report.differences, report

    def scalar(self, statement: str, **values: Any) -> Any:
        """One value out of the database."""
        with self.runtime.engine.connect() as conn:
            return conn.scalar(text(statement), values)


def basket(*lines: tuple[str, int]) -> list[dict[str, Any]]:
    """Lines numbered from 1."""
    return [{"id": str(n), "sku": sku, "quantity": units} for n, (sku, units) in enumerate(lines, 1)]


@contextmanager
def furnished(database_url: str, folder: Path, ids: Ids | None = None) -> Iterator[Shop]:
    """The furnished world on a database without rows; its numbers are audited afterwards."""
    watch = Watch()
    settings = Settings(database_url=database_url, data_dir=folder, webhook_private=True)
    runtime = start(settings, clock=watch, ids=ids)
    furnish(runtime)
    app = create_app(runtime)
    opened: list[TestClient] = []

    def make(role: Role = Role.ADMIN, **scope: Any) -> TestClient:
        made = transact(runtime, SYSTEM, lambda work: create_key(work, name="test", role=role, **scope))
        runtime.refresher.look()
        opened.append(TestClient(app, headers={"Authorization": f"Bearer {made.secret}"}))
        return opened[-1]

    shop = Shop(runtime, watch, make)
    try:
        yield shop
        shop.audit()
    finally:
        for one in opened:
            one.close()
        runtime.close()


@pytest.fixture
def shop(engine: Engine, database_url: str, tmp_path: Path) -> Iterator[Shop]:
    """The furnished world."""
    with furnished(database_url, tmp_path) as made:
        yield made
