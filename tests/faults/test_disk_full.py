"""The disk of the database runs full: a clear no to what writes, and on again as soon as there is room."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from oms.adapters.postgres import Embedded, ready
from oms.store.database import migrate
from tests.checkout.conftest import Shop, furnished
from tests.faults.outage import refused
from tests.platform.waiting import eventually
from tests.support import stock_up

SIZE_MB = 200
MEGABYTE = 1 << 20
NO_ROOM = "no room left"


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of its own, so that it can be full while the machine is not."""
    folder = Path(tempfile.mkdtemp(prefix="anyshelf-full-"))
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m,mode=711", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        folder.rmdir()
        pytest.skip("No small file system can be mounted here (root can, outside of most containers)")
    yield folder
    assert eventually(lambda: subprocess.run(["umount", str(folder)], check=False).returncode == 0, 60)
    folder.rmdir()


@pytest.fixture
def server(small_disk: Path) -> Iterator[Embedded]:
    with Embedded(small_disk / "data") as server:
        migrate(server.url())
        yield server


@pytest.fixture
def shop(server: Embedded, tmp_path: Path) -> Iterator[Shop]:
    with furnished(server.url(), tmp_path) as made:
        stock_up(made.runtime, ("WH", "A1", 1_000))
        yield made


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Not a byte is left while the block runs."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * MEGABYTE)
    with ballast.open("ab", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    assert shutil.disk_usage(disk).free == 0
    try:
        yield
    finally:
        ballast.unlink()


def placed_until_refused(shop: Shop) -> tuple[list[str], str]:
    """Place orders, each with its answer; those that were acknowledged, and the one that was not."""
    acknowledged: list[str] = []
    while len(acknowledged) < 500:
        id = f"o{len(acknowledged)}"
        answer = shop.place(id, ("A1", 1), method="ship")
        if answer.status_code != 201:
            refused(answer, NO_ROOM)
            return acknowledged, id
        acknowledged.append(id)
    raise AssertionError("the disk never was full")


def orders(shop: Shop) -> set[str]:
    with shop.runtime.engine.connect() as conn:
        return set(conn.scalars(text('SELECT id FROM "order"')))


@pytest.mark.slow
def test_orders_are_refused_for_want_of_room_and_taken_when_there_is_some(
    small_disk: Path, shop: Shop
) -> None:
    with full(small_disk):
        acknowledged, open_order = placed_until_refused(shop)
        assert shop.promises(("A1", 1))["options"], "what needs only memory is answered"
        assert orders(shop) == set(acknowledged)
    assert shop.place(open_order, ("A1", 1), method="ship").status_code == 201
    assert orders(shop) == {*acknowledged, open_order}


@pytest.mark.slow
def test_a_server_that_fell_for_want_of_room_stands_up_by_itself(
    small_disk: Path, server: Embedded, shop: Shop
) -> None:
    """Without room for its log PostgreSQL gives up, and cannot even start before there is some."""
    assert shop.place("before", ("A1", 1), method="ship").status_code == 201
    with full(small_disk):
        with suppress(OperationalError):
            while True:
                with shop.runtime.engine.begin() as conn:
                    conn.execute(text("SELECT pg_logical_emit_message(false, 'fill', repeat('x', 1000000))"))
        assert eventually(lambda: not ready(server.home), 60)
        time.sleep(3)  # its warden has tried in vain by now
        assert not ready(server.home)
        answer = shop.place("during", ("A1", 1), method="ship")
        assert answer.status_code == 503 and answer.json()["code"] == "unavailable", answer.text
    assert eventually(lambda: ready(server.home), 90)
    assert eventually(lambda: shop.place("during", ("A1", 1), method="ship").status_code == 201, 30)
    assert orders(shop) == {"before", "during"}
    assert shop.place("before", ("A1", 1), method="ship").status_code == 200
