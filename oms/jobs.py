"""What happens by itself: events get their numbers, old things go, room is made ahead.

Periodic jobs run on procrastinate, a queue inside PostgreSQL: however many processes work, each job runs
once.
The publisher is no job but a loop, because a tenth of a second matters to it.
"""

import asyncio
import logging
import signal
import threading
from collections.abc import Callable
from datetime import timedelta

import procrastinate
from sqlalchemy.exc import SQLAlchemyError

from oms.actors import SYSTEM
from oms.bootstrap import Runtime, start
from oms.expiring import expire_reservations
from oms.settings import Settings
from oms.store import outbox, requests
from oms.store.database import conninfo
from oms.store.partitions import ONE_AT_A_TIME, ensure_months
from oms.store.tables import metadata
from oms.usecases.collecting import expire_pickups
from oms.usecases.import_jobs import run_imports
from oms.usecases.offers import expire_offers
from oms.usecases.releasing import alarm_stuck, release_due
from oms.usecases.resourcing import resource_orders
from oms.usecases.retention import retire_months
from oms.work import Work, transact

log = logging.getLogger(__name__)

PUBLISH_EVERY_S = 0.1
PATIENCE_S = 10.0
"""How long a closing process waits for its running jobs."""


def make_partitions(running: Runtime) -> list[str]:
    """See to it that this month and the next two have their partitions; return the new ones."""

    def make(work: Work) -> list[str]:
        work.conn.execute(ONE_AT_A_TIME)
        return ensure_months(work.conn, metadata, work.at)

    return transact(running, SYSTEM, make)


def forget_requests(running: Runtime) -> int:
    """Delete the answers kept for idempotency keys that have had their time."""
    kept = timedelta(hours=running.networks.current.retention.answer_hours)
    return transact(running, SYSTEM, lambda work: requests.forget_old(work.conn, work.at, kept))


PERIODIC: tuple[tuple[str, Callable[[Runtime], object]], ...] = (
    ("* * * * * */5", expire_reservations),
    ("* * * * * */2", run_imports),
    ("* * * * * */10", resource_orders),
    ("* * * * * */30", expire_pickups),
    ("* * * * * */2", release_due),
    ("* * * * * */5", expire_offers),
    ("* * * * *", alarm_stuck),
    ("17 * * * *", forget_requests),
    ("23 3 * * *", make_partitions),
    ("53 3 * * *", retire_months),
)
"""When (cron, with seconds last where there are six fields) and what."""


class Background:
    """The publisher and a worker of the job queue, each in a thread of this process."""

    def __init__(self, running: Runtime) -> None:
        self._running = running
        self._stop = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._worker: asyncio.Task[None] | None = None
        self._threads = [
            threading.Thread(target=self._publish, name="publisher", daemon=True),
            threading.Thread(target=self._work, name="worker", daemon=True),
        ]

    def start(self) -> None:
        """Begin; what should exist already is made at once."""
        make_partitions(self._running)
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End after the jobs at hand."""
        self._stop.set()
        self._loop.call_soon_threadsafe(self._cancel)
        for thread in self._threads:
            thread.join(PATIENCE_S)

    def _publish(self) -> None:
        while not self._stop.wait(PUBLISH_EVERY_S):
            try:
                with self._running.engine.begin() as conn:
                    outbox.publish(conn)
            except SQLAlchemyError as error:
                log.warning("Events wait for the database (%s)", type(error).__name__)

    def _work(self) -> None:
        asyncio.set_event_loop(self._loop)
        while not self._stop.is_set():
            self._worker = self._loop.create_task(_serve_queue(self._running))
            try:
                self._loop.run_until_complete(self._worker)
            except asyncio.CancelledError:
                break
            except (procrastinate.exceptions.ConnectorException, OSError) as error:
                log.warning("Jobs wait for the database (%s)", type(error).__name__)
                self._stop.wait(1.0)
        self._loop.close()

    def _cancel(self) -> None:
        if self._worker is not None:
            self._worker.cancel()


def run_worker(settings: Settings) -> None:
    """Work until told to stop (SIGINT or SIGTERM). What `anyshelf work` does."""
    running = start(settings)
    background = Background(running)
    told = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.set())
    background.start()
    told.wait()
    background.close()
    running.close()


async def _serve_queue(running: Runtime) -> None:
    connector = procrastinate.PsycopgConnector(conninfo=conninfo(running.url), min_size=1, max_size=3)
    app = procrastinate.App(connector=connector)
    for cron, job in PERIODIC:
        _schedule(app, cron, job, running)
    async with app.open_async():
        await app.run_worker_async(
            concurrency=2,  # a month on its way to a file must not keep the others waiting
            install_signal_handlers=False,
            delete_jobs=procrastinate.jobs.DeleteJobCondition.ALWAYS,
            shutdown_graceful_timeout=PATIENCE_S / 2,
        )


def _schedule(app: procrastinate.App, cron: str, job: Callable[[Runtime], object], running: Runtime) -> None:
    name = job.__name__

    @app.periodic(cron=cron)
    @app.task(name=name, queueing_lock=name, lock=name)
    def run(timestamp: int) -> None:
        job(running)
