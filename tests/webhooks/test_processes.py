"""Whole processes: what is published arrives by itself; who is killed loses and doubles nothing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sqlalchemy import text

from oms.actors import SYSTEM
from oms.bootstrap import Runtime, start
from oms.delivering import LEASE, Deliverer
from oms.jobs import Background
from oms.settings import Settings
from oms.store import webhook_deliveries
from oms.usecases.webhooks import Wanted, register
from oms.webhooks.endpoint import Webhook
from oms.work import transact
from tests.coroutines import run
from tests.platform.waiting import eventually
from tests.support import Watch
from tests.webhooks.conftest import QUICK, Hooks, verified
from tests.webhooks.receiver import Received, Receiver, Says


@contextmanager
def process(url: str, folder: Path) -> Iterator[Runtime]:
    runtime = start(Settings(database_url=url, data_dir=folder, webhook_private=True))
    yield runtime
    runtime.close()


def endpoint(runtime: Runtime, url: str) -> Webhook:
    wanted = Wanted(url, ("order.placed", "order.changed"), "", True)
    return transact(runtime, SYSTEM, lambda work: register(work, wanted, None))


def happen(runtime: Runtime, type: str, order: str) -> None:
    transact(runtime, SYSTEM, lambda work: work.emit(type, "order", order, {}))


def test_what_happens_arrives_by_itself_and_soon(
    fresh_database: Callable[[], str], tmp_path: Path, receiver: Receiver
) -> None:
    with process(fresh_database(), tmp_path) as runtime:
        made = endpoint(runtime, receiver.url)
        background = Background(runtime)
        background.start()
        try:
            happen(runtime, "order.placed", "first")
            assert eventually(lambda: len(receiver.got) == 1)
            begun = time.monotonic()
            happen(runtime, "order.placed", "o-1")
            happen(runtime, "order.changed", "o-1")
            assert eventually(lambda: len(receiver.got) == 3)
            assert time.monotonic() - begun < 5
        finally:
            background.close()
        assert [verified(made.secret, got)["type"] for got in receiver.got[1:]] == [
            "order.placed",
            "order.changed",
        ]
        with runtime.engine.connect() as conn:
            left = conn.scalar(text("SELECT count(*) FROM procrastinate_jobs WHERE queue_name = 'webhooks'"))
        assert left == 0


def test_a_process_killed_while_it_sends_loses_nothing(
    fresh_database: Callable[[], str], tmp_path: Path, receiver: Receiver
) -> None:
    """The message under way when the process died is sent again, under its id; later ones were waiting."""
    url, hanging, killed = fresh_database(), threading.Event(), threading.Event()

    def hang(_: Received) -> Says:
        hanging.set()
        killed.wait(30)
        return Says()

    receiver.answers = hang
    with process(url, tmp_path) as runtime:
        made = endpoint(runtime, receiver.url)
        happen(runtime, "order.placed", "o-1")
        happen(runtime, "order.changed", "o-1")
        worker = work(url, tmp_path)
        try:
            assert hanging.wait(60)
        finally:
            worker.send_signal(signal.SIGKILL)
            worker.wait(30)
        killed.set()
        receiver.answers = lambda _: Says()
        watch = Watch(runtime.clock.now())
        watch.forward(minutes=1)
        later = replace(runtime, clock=watch)
        deliver(later, made.id)
        with runtime.engine.connect() as conn:
            rows = webhook_deliveries.list_page(conn, made.id, None, 10, None)
    assert [(row.seq, row.state, row.attempts) for row in reversed(rows)] == [
        (rows[1].seq, "delivered", 2),
        (rows[0].seq, "delivered", 1),
    ]
    assert receiver.ids() == [rows[1].message_id, rows[1].message_id, rows[0].message_id]


def work(url: str, folder: Path) -> subprocess.Popen[bytes]:
    environment = os.environ | {
        "ANYSHELF_DATABASE_URL": url,
        "ANYSHELF_DATA_DIR": str(folder),
        "ANYSHELF_WEBHOOK_PRIVATE": "1",
    }
    command = [sys.executable, "-c", "from api.cli import main; main()", "work"]
    return subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)


def deliver(runtime: Runtime, webhook_id: str) -> None:
    deliverer = Deliverer(runtime, patience=QUICK)
    assert run(deliverer.deliver(webhook_id)) == 2
    deliverer.close()


def test_a_backlog_of_a_day_is_looked_through_in_no_time(
    fresh_database: Callable[[], str], tmp_path: Path, receiver: Receiver
) -> None:
    """20,000 deliveries that nobody has counted yet for the planner of queries."""
    with process(fresh_database(), tmp_path) as runtime:
        made = endpoint(runtime, receiver.url)
        with runtime.engine.begin() as conn:
            conn.execute(BACKLOG, {"id": made.id, "at": runtime.clock.now()})
            begun = time.monotonic()
            assert webhook_deliveries.due(conn, runtime.clock.now()) == [made.id]
            taken = webhook_deliveries.take(conn, made.id, runtime.clock.now(), 8, LEASE)
            assert time.monotonic() - begun < 2
        assert [one.seq for one in taken] == list(range(1, 9))


BACKLOG = text(
    """
    INSERT INTO webhook_delivery (webhook_id, seq, message_id, type, subject, subject_id, created_at, next_at)
    SELECT :id, n, 'evt_' || n, 'order.placed', 'order', 'o-' || n % 7000, :at, :at
    FROM generate_series(1, 20000) AS n
    """
)


def test_a_job_of_a_killed_worker_blocks_nobody(fresh_database: Callable[[], str], tmp_path: Path) -> None:
    """A worker that was killed leaves its job marked as running, with the lock of its name."""
    with process(fresh_database(), tmp_path) as runtime:
        with runtime.engine.begin() as conn:
            conn.execute(
                text(
                    """
                    INSERT INTO procrastinate_jobs (queue_name, task_name, lock, status, args)
                    VALUES ('default', 'expire_reservations', 'expire_reservations', 'doing', '{}')
                    """
                )
            )
        background = Background(runtime)
        background.start()
        try:
            lost = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing' AND worker_id IS NULL"
            assert eventually(lambda: scalar(runtime, lost) == 0)
        finally:
            background.close()


def scalar(runtime: Runtime, statement: str) -> int:
    with runtime.engine.connect() as conn:
        return conn.scalar(text(statement)) or 0


def test_the_page_shows_deliveries_and_sends_again(hooks: Hooks, receiver: Receiver) -> None:
    receiver.answers = lambda _: Says(500)
    made = hooks.register(receiver.url, types=["order.placed"], description="status <mail>")
    hooks.happen("o-1")
    hooks.work()
    key = hooks.admin.headers["Authorization"].removeprefix("Bearer ")
    hooks.admin.post("/app/sign-in", data={"key": key})
    listed = hooks.admin.get("/app/webhooks")
    assert receiver.url in listed.text and "status &lt;mail&gt;" in listed.text
    path = f"/app/webhooks/{made['id']}"
    shown = hooks.admin.get(path)
    assert "refused 500" in shown.text and "order o-1" in shown.text
    assert made["secret"] not in shown.text
    receiver.answers = lambda _: Says()
    csrf = re.findall(r'name="csrf" value="([^"]+)"', shown.text)[-1]
    seq = hooks.deliveries(made["id"])[0]["seq"]
    form = {"csrf": csrf, "do": "one", "seq": str(seq), "once": "once_1"}
    assert hooks.admin.post(path, data=form, follow_redirects=False).status_code == 303
    assert hooks.work() == 1
    assert "accepted 204" in hooks.admin.get(f"{path}?state=delivered").text
    assert hooks.admin.post(path, data=form | {"seq": "no", "once": "once_2"}).status_code == 404
    assert hooks.admin.get("/app/webhooks/wh_none").status_code == 404
