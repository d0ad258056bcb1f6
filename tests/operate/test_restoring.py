"""A backup of a shop that has sold comes back in another server: its books agree, and it goes on selling."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from oms.actors import SYSTEM, Role
from oms.bootstrap import Runtime, start
from oms.jobs import make_partitions
from oms.settings import Settings
from oms.store import outbox
from oms.usecases.keys import create_key
from oms.usecases.retention import retire_months
from oms.work import transact
from tests.checkout.conftest import Shop, furnished
from tests.support import Watch, stock_up

COUNTED = (
    "movement",
    "outbox",
    "decision",
    '"order"',
    "order_line",
    "reservation",
    "position",
    "ledger_opening",
)


@pytest.fixture
def source(fresh_database: Callable[[], str], tmp_path: Path) -> Iterator[Shop]:
    """Stock and open orders, some of a month that has left the ledger since, some after it."""
    with furnished(fresh_database(), tmp_path) as shop:
        make_partitions(shop.runtime)
        for n in range(4):
            assert shop.place(f"o-{n}", ("A1", 2), ("B2", 1), method="ship").status_code == 201
        with shop.runtime.engine.begin() as conn:
            outbox.publish(conn)
        shop.watch.forward(days=150)
        make_partitions(shop.runtime)
        rules = {"ledger_months": 2, "event_months": 2, "decision_months": 2}
        assert shop.admin.put("/v1/retention", json=rules).status_code == 200
        shop.runtime.refresher.look()
        assert "movement_2026_01" in retire_months(shop.runtime)
        stock_up(shop.runtime, ("WH", "A1", 40))
        assert shop.place("o-4", ("A1", 2), method="ship").status_code == 201
        assert shop.scalar("SELECT count(*) FROM movement") == 1
        assert shop.scalar("SELECT count(*) FROM ledger_opening") > 0
        yield shop


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """A data folder where no server has ever run; the account PostgreSQL runs as can enter it."""
    folder = Path(tempfile.mkdtemp(prefix="anyshelf-restored-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def anyshelf(*arguments: str, url: str | None = None, data: Path | None = None) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "ANYSHELF_DATABASE_URL"}
    environment |= {"ANYSHELF_DATABASE_URL": url} if url else {"ANYSHELF_DATA_DIR": str(data)}
    command = str(Path(sys.executable).with_name("anyshelf"))
    ran = subprocess.run(
        [command, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def counts(runtime: Runtime) -> list[int]:
    with runtime.engine.connect() as conn:
        return [conn.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one() for table in COUNTED]


def restored(shop: Shop, file: Path, folder: Path) -> Shop:
    """The shop in a server of its own under ``folder``, as it was when ``file`` was written."""
    before = counts(shop.runtime)
    anyshelf("backup", str(file), url=shop.runtime.url.replace("+psycopg", ""))
    assert shop.place("too-late", ("A1", 1), method="ship").status_code == 201
    anyshelf("restore", str(file), data=folder)
    watch = Watch(shop.watch.now())
    runtime = start(Settings(None, folder), clock=watch)
    assert runtime.embedded is not None and runtime.url != shop.runtime.url
    assert counts(runtime) == before
    app = create_app(runtime)

    def client(role: Role = Role.ADMIN, **scope: Any) -> TestClient:
        made = transact(runtime, SYSTEM, lambda work: create_key(work, name="t", role=role, **scope))
        runtime.refresher.look()
        return TestClient(app, headers={"Authorization": f"Bearer {made.secret}"})

    return Shop(runtime, watch, client)


def goes_on(shop: Shop) -> None:
    """Its books agree, before and after another order."""
    shop.audit()
    assert shop.admin.get("/v1/orders/o-1").status_code == 200
    assert shop.admin.get("/v1/orders/too-late").status_code == 404
    assert shop.place("o-9", ("A1", 3), method="ship").status_code == 201
    shop.audit()


@pytest.mark.slow
def test_a_shop_comes_back_in_a_new_server(source: Shop, elsewhere: Path, tmp_path: Path) -> None:
    assert source.scalar("SELECT sum(quantity) FROM reservation WHERE state = 'held'") == 14
    shop = restored(source, tmp_path / "shop.dump", elsewhere)
    try:
        goes_on(shop)
        assert make_partitions(shop.runtime) == [], "its months came with it"
        assert retire_months(shop.runtime) == [], "and the old ones stay away"
    finally:
        shop.runtime.close()
    audited = json.loads(anyshelf("audit", "--json", data=elsewhere))
    assert audited["differences"] == [] and audited["orders"] == 6
