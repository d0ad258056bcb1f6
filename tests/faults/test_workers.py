"""A worker that stood still for an hour, and two workers at one job: all is done, and once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from oms.actors import SYSTEM
from oms.bootstrap import Runtime
from oms.jobs import PERIODIC, WORKERS, Background
from oms.steps.expiring import expire_reservations
from oms.store import import_jobs, outbox
from oms.store.lost_jobs import forget_lost
from oms.usecases.import_jobs import run_imports
from oms.usecases.offers import expire_offers
from oms.usecases.releasing import release_due
from oms.work import transact
from tests.checkout.conftest import Shop, basket
from tests.platform.waiting import eventually
from tests.support import HOME

TOGETHER = 4


def reserve(shop: Shop, units: int = 1) -> str:
    ask = {"lines": basket(("A1", units)), "destination": HOME, "methods": ["ship"]}
    answer = shop.post("/v1/promises", ask | {"reserve": {"option": "cheapest", "ttl_s": 600}})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["reservation"]["reservation_id"])


def at_once(job: Callable[[Runtime], int], runtime: Runtime) -> int:
    """Several workers begin the same job in the same moment; what they did in all."""
    begin = threading.Barrier(TOGETHER)

    def work(_: int) -> int:
        begin.wait(30)
        return job(runtime)

    with ThreadPoolExecutor(TOGETHER) as pool:
        return sum(pool.map(work, range(TOGETHER)))


def count_of(shop: Shop, type: str) -> int:
    return int(shop.scalar("SELECT count(*) FROM outbox WHERE type = :type", type=type))


def test_two_workers_at_one_job_do_it_once(shop: Shop) -> None:
    for number in range(6):
        assert shop.place(f"o{number}", ("A1", 1), method="ship").status_code == 201
        reserve(shop)
    shop.watch.forward(minutes=30)
    at_once(expire_reservations, shop.runtime)
    assert count_of(shop, "reservation.expired") == 6
    shop.watch.forward(days=1)
    at_once(release_due, shop.runtime)
    assert shop.scalar("SELECT count(*) FROM fulfilment_order WHERE state = 'scheduled'") == 0
    assert count_of(shop, "fulfilment.offered") == 6
    shop.watch.forward(hours=1)
    assert at_once(expire_offers, shop.runtime) == 6
    assert count_of(shop, "fulfilment.rejected") + count_of(shop, "fulfilment.expired") >= 6


def test_two_publishers_number_every_event_once(shop: Shop) -> None:
    for number in range(10):
        assert shop.place(f"o{number}", ("A1", 1), method="ship").status_code == 201

    def publish(runtime: Runtime) -> int:
        with runtime.engine.begin() as conn:
            return outbox.publish(conn)

    waiting = shop.scalar("SELECT count(*) FROM outbox WHERE seq IS NULL")
    assert waiting > 10 and at_once(publish, shop.runtime) == waiting
    assert shop.scalar("SELECT count(DISTINCT seq) = count(*) AND max(seq) = count(*) FROM outbox")


def test_all_that_was_due_in_an_hour_without_a_worker_is_done_afterwards(shop: Shop) -> None:
    held = reserve(shop, 3)
    assert shop.place("o", ("A1", 1), method="ship").status_code == 201
    shop.watch.forward(days=1)
    release_due(shop.runtime)
    shop.watch.forward(hours=1)
    assert shop.place("late", ("A1", 12), method="ship").status_code == 201, "what is over holds nothing"
    background = Background(shop.runtime)
    background.start()
    try:
        late = "SELECT count(*) FROM fulfilment_order WHERE state = 'offered' AND offer_expires_at <= :at"
        assert eventually(lambda: shop.scalar("SELECT count(*) FROM outbox WHERE seq IS NULL") == 0, 60)
        assert eventually(lambda: shop.scalar(late, at=shop.watch.now()) == 0, 60)
    finally:
        background.close()
    assert shop.admin.get(f"/v1/reservations/{held}").json()["state"] == "expired"
    told = [one["type"] for one in shop.admin.get("/v1/events?limit=200").json()["items"]]
    assert told.count("order.placed") == 2 and told.count("reservation.expired") == 1
    for _, job in PERIODIC:
        job(shop.runtime)


def test_a_stopped_worker_that_comes_back_does_not_go_on_with_what_another_has_done(shop: Shop) -> None:
    """It stood still in the middle of an import; meanwhile another did it, and a newer one after it."""
    shelf = {"stock.csv": "node,sku,on_hand\nWH,A1,7\n"}
    later = {"stock.csv": "node,sku,on_hand\nWH,A1,9\n"}
    first = shop.post("/v1/imports", {"files": shelf}, shop.admin).headers["location"]
    stopped = transact(shop.runtime, SYSTEM, lambda work: import_jobs.claim(work.conn, work.at))
    assert stopped is not None
    shop.watch.forward(hours=1)
    second = shop.post("/v1/imports", {"files": later}, shop.admin).headers["location"]
    assert run_imports(shop.runtime) == 2
    resumed = shop.runtime, stopped
    assert not goes_on(*resumed), "the job is no longer its own"
    assert [shop.admin.get(where).json()["state"] for where in (first, second)] == ["done", "done"]
    on_hand = "SELECT on_hand FROM position p JOIN sku s ON s.no = p.sku_no JOIN node n ON n.no = p.node_no"
    assert shop.scalar(f"{on_hand} WHERE s.id = 'A1' AND n.id = 'WH'") == 9


def goes_on(runtime: Runtime, stopped: import_jobs.Claim) -> bool:
    """Whether a worker may write another part of an import it claimed long ago."""
    try:
        transact(runtime, SYSTEM, lambda work: import_jobs.keep(work.conn, stopped))
    except import_jobs.Taken:
        return False
    return True


def test_a_worker_process_that_was_stopped_takes_up_work_again(lone_url: str, lone_shop: Shop) -> None:
    """A machine asleep: its place in the queue is given up meanwhile, and it has to find another."""
    environment = os.environ | {"ANYSHELF_DATABASE_URL": lone_url, "ANYSHELF_DATA_DIR": str(Path("/nowhere"))}
    command = [sys.executable, "-c", "from api.cli import main; main()", "work"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    workers = "SELECT count(*) FROM procrastinate_workers"
    waiting = "SELECT count(*) FROM outbox WHERE seq IS NULL"
    try:
        assert eventually(lambda: lone_shop.scalar(workers) == WORKERS or process.poll() is not None, 120)
        assert eventually(lambda: given_up_asleep(process, lone_shop), 60)
        assert lone_shop.place("o", ("A1", 1), method="ship").status_code == 201
        process.send_signal(signal.SIGCONT)
        assert eventually(lambda: lone_shop.scalar(waiting) == 0, 60)
        assert eventually(lambda: lone_shop.scalar(workers) >= 1, 60)
        held = reserve(lone_shop)  # by the clock of the process its time is long up
        state = "SELECT state FROM reservation_group WHERE id = :id"
        assert eventually(lambda: lone_shop.scalar(state, id=held) == "expired", 60)
    finally:
        process.kill()
        process.wait(30)


def given_up_asleep(process: subprocess.Popen[bytes], shop: Shop) -> bool:
    """Stop it and give up its places in the queue; it goes on again if it stood within a transaction."""
    process.send_signal(signal.SIGSTOP)
    try:
        with shop.runtime.engine.begin() as conn:
            conn.execute(text("SET LOCAL lock_timeout = '500ms'"))
            conn.execute(text("DELETE FROM procrastinate_workers"))
    except OperationalError:
        process.send_signal(signal.SIGCONT)
        return False
    return True


def test_a_job_whose_end_was_not_written_down_blocks_nobody(shop: Shop) -> None:
    """The worker lives, but the database was away at the moment when it said that the job had ended."""
    with shop.runtime.engine.begin() as conn:
        worker = conn.scalar(text("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id"))
        for name, minutes in (("stuck", 11), ("under_way", 9)):
            job = conn.scalar(DOING, {"worker": worker, "name": name})
            conn.execute(STARTED, {"job": job, "minutes": minutes})
        assert forget_lost(conn) == 1
        left = conn.scalars(text("SELECT task_name FROM procrastinate_jobs WHERE status = 'doing'"))
        assert list(left) == ["under_way"]


DOING = text(
    """
    INSERT INTO procrastinate_jobs (queue_name, task_name, lock, status, args, worker_id)
    VALUES ('default', CAST(:name AS text), CAST(:name AS text), 'doing', '{}', :worker) RETURNING id
    """
)
STARTED = text(
    """
    INSERT INTO procrastinate_events (job_id, type, at)
    VALUES (:job, 'started', now() - make_interval(mins => :minutes))
    """
)
