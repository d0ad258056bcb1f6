"""What happens by itself: events get their numbers and are delivered, old things go, room is made ahead.

Jobs run on procrastinate, a queue inside PostgreSQL: however many processes work, each job runs once.
Webhooks have a queue of their own, so that a receiver who is slow holds nothing else up; so have what-ifs
and what learns from the past, both of which may take long.
The publisher is no job but a loop, because a tenth of a second matters to it.
"""

import asyncio
import logging
import signal
import socket
import threading
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial

import procrastinate

from oms.actors import SYSTEM
from oms.adapters.clock import elapsed_s
from oms.bootstrap import Runtime, start
from oms.delivering import AT_ONCE, Deliverer, queue_connector, queue_worker
from oms.settings import Settings
from oms.steps.expiring import expire_reservations
from oms.store import outbox, requests, webhook_deliveries
from oms.store.brief_locks import TRIES
from oms.store.lost_jobs import forget_lost
from oms.store.partitions import ensure_months
from oms.store.tables import metadata
from oms.store.two_clocks import agreed
from oms.store.webhook_waking import QUEUE, plan_and_wake
from oms.usecases.collecting import expire_pickups
from oms.usecases.failing import learn_failing
from oms.usecases.import_jobs import run_imports
from oms.usecases.looking_ahead import look_ahead
from oms.usecases.offers import expire_offers
from oms.usecases.releasing import alarm_stuck, release_due
from oms.usecases.resourcing import resource_orders
from oms.usecases.retention import forget_personal, retire_months
from oms.usecases.safety_runs import reckon_safety_stocks
from oms.usecases.waves import plan_waves, run_waves
from oms.usecases.what_ifs import run_what_ifs
from oms.work import Work, transact

log = logging.getLogger(__name__)

PUBLISH_EVERY_S = 0.1
WAKE_EVERY_S = 1.0
"""How often it is looked for webhooks whose next attempt is due."""
AGAIN_S = 1.0
"""How long after a failure it is tried again."""
PATIENCE_S = 10.0
"""How long a closing process waits for its running jobs."""


def make_partitions(running: Runtime, tries: int = TRIES) -> list[str]:
    """See to it that this month and the next two have their partitions; return the new ones. What cannot be
    made now is tried again the next time.
    """
    return ensure_months(
        running.engine, metadata, running.clock.now(), tries=tries, pause=running.closing.wait
    )


def forget_requests(running: Runtime) -> int:
    """Delete the answers kept for idempotency keys that have had their time."""
    kept = timedelta(hours=running.networks.current.retention.answer_hours)
    return transact(running, SYSTEM, lambda work: requests.forget_old(work.conn, work.at, kept))


def forget_deliveries(running: Runtime) -> int:
    """Delete deliveries of webhooks that ended long ago."""

    def forget(work: Work) -> int:
        return webhook_deliveries.forget_old(work.conn, agreed(work.conn, work.at))

    return transact(running, SYSTEM, forget)


PERIODIC: tuple[tuple[str, Callable[[Runtime], object]], ...] = (
    ("* * * * * */5", expire_reservations),
    ("* * * * * */2", run_imports),
    ("* * * * * */10", resource_orders),
    ("* * * * * */30", expire_pickups),
    ("* * * * * */2", release_due),
    ("* * * * * */5", expire_offers),
    ("* * * * *", alarm_stuck),
    ("* * * * * */2", run_waves),
    ("* * * * * */2", run_what_ifs),
    ("7 * * * *", plan_waves),
    ("37 * * * *", look_ahead),
    ("17 * * * *", forget_requests),
    ("*/10 * * * *", forget_deliveries),
    ("23 * * * *", make_partitions),
    ("41 3 * * *", forget_personal),
    ("53 3 * * *", retire_months),
    ("11 4 * * *", learn_failing),
    ("29 4 * * *", reckon_safety_stocks),
)
"""When (cron, with seconds last where there are six fields) and what."""

QUEUES: Mapping[str, frozenset[Callable[[Runtime], object]]] = {
    "what_ifs": frozenset({run_what_ifs}),
    "learning": frozenset({look_ahead, learn_failing, reckon_safety_stocks}),
}
"""Jobs that may take long, by the queue where they wait for each other only. All others are in `default`."""
DEFAULT, DEFAULT_AT_ONCE = "default", 3
WORKERS = 2 + len(QUEUES)
"""Of a process, the one for webhooks too."""


class _Worker:
    """One worker of the job queue: a thread with an event loop, begun again when the database was away."""

    def __init__(self, name: str, serve: Callable[[], Coroutine[None, None, None]]) -> None:
        self._serve = serve
        self._stop = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._task: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end after the jobs at hand."""
        self._stop.set()
        with suppress(RuntimeError):  # its loop is closed: it has just ended by itself
            self._loop.call_soon_threadsafe(self._cancel)

    def join(self, timeout_s: float) -> None:
        """Wait for its end. Who goes on is told once more: a cancellation that meets an answer of the
        database is lost (``asyncio.wait_for`` before Python 3.12).
        """
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            self.stop()
            self._thread.join(timeout_s)

    def _work(self) -> None:
        asyncio.set_event_loop(self._loop)
        while not self._stop.is_set():
            self._task = self._loop.create_task(self._serve())
            try:
                self._loop.run_until_complete(self._task)
            except asyncio.CancelledError:
                continue  # told to stop, or the queue ended itself
            except Exception as error:  # whatever it is, there must be a worker again
                log.warning("Jobs wait for the database (%s)", type(error).__name__)
                self._stop.wait(AGAIN_S)
        self._loop.close()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()


class Background:
    """The publisher and the workers of the job queue, each in a thread of this process."""

    def __init__(self, running: Runtime) -> None:
        self._running = running
        self._stop = threading.Event()
        self._deliverer = Deliverer(running)
        self._publisher = threading.Thread(target=self._publish, name="publisher", daemon=True)
        self._workers = [
            _Worker("worker", lambda: _serve_periodic(running, DEFAULT, DEFAULT_AT_ONCE)),
            *(_Worker(queue, partial(_serve_periodic, running, queue, 1)) for queue in QUEUES),
            _Worker("webhooks", lambda: _serve_webhooks(running, self._deliverer)),
        ]

    def start(self) -> None:
        """Begin; what should exist already is made at once, if that can be."""
        try:
            make_partitions(self._running, tries=1)
        except Exception as error:  # whatever it is, rows have a place without it, and orders must come in
            log.warning("The months ahead are made later (%s)", type(error).__name__)
        self._publisher.start()
        for worker in self._workers:
            worker.start()

    def close(self) -> None:
        """End after the jobs at hand."""
        self._stop.set()
        self._running.closing.set()
        for worker in self._workers:
            worker.stop()
        self._publisher.join(PATIENCE_S)
        for worker in self._workers:
            worker.join(PATIENCE_S)
        self._deliverer.close()

    def _publish(self) -> None:
        woken_s, more = elapsed_s(), True
        while not self._stop.wait(PUBLISH_EVERY_S):
            try:
                with self._running.engine.begin() as conn:
                    published = outbox.publish(conn)
                if published or more or elapsed_s() - woken_s >= WAKE_EVERY_S:
                    with self._running.engine.begin() as conn:
                        more = plan_and_wake(conn, self._running.clock.now())
                        forget_lost(conn)
                    woken_s = elapsed_s()
            except Exception as error:  # whatever it is, events must go on getting their numbers
                log.warning("Events wait for the database (%s)", type(error).__name__)
                self._stop.wait(AGAIN_S)


def run_worker(settings: Settings) -> None:
    """Work until told to stop (SIGINT or SIGTERM). What `anyshelf work` does."""
    running = start(settings)
    background = Background(running)
    heard, tell = socket.socketpair()
    with heard, tell:
        # The system writes to the socket, not Python's handler: a thread that is just giving up the
        # interpreter lock to wait for a flag would not hear that the handler is due, and wait for ever.
        tell.setblocking(False)
        signal.set_wakeup_fd(tell.fileno())
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        background.start()
        heard.recv(1)
        background.close()
        running.close()
        signal.set_wakeup_fd(-1)


async def _serve_periodic(running: Runtime, queue: str, at_once: int) -> None:
    connector = queue_connector(running.url, at_once)
    app = procrastinate.App(connector=connector)
    for cron, job in PERIODIC:
        if queue == queue_of(job):
            _schedule(app, queue, cron, job, running)
    await _serve(app, queue, at_once, listen=queue == DEFAULT)  # the others cost one connection each


def queue_of(job: Callable[[Runtime], object]) -> str:
    """In which queue a periodic job waits for its turn."""
    return next((queue for queue, jobs in QUEUES.items() if job in jobs), DEFAULT)


async def _serve_webhooks(running: Runtime, deliverer: Deliverer) -> None:
    await _serve(queue_worker(running, deliverer), QUEUE, AT_ONCE)


async def _serve(app: procrastinate.App, queue: str, concurrency: int, *, listen: bool = True) -> None:
    """``listen``: jobs begin at once, for which one connection waits; else within five seconds."""
    async with app.open_async():
        await app.run_worker_async(
            queues=[queue],
            concurrency=concurrency,
            listen_notify=listen,
            install_signal_handlers=False,
            delete_jobs=procrastinate.jobs.DeleteJobCondition.ALWAYS,
            shutdown_graceful_timeout=PATIENCE_S / 2,
        )


def _schedule(
    app: procrastinate.App, queue: str, cron: str, job: Callable[..., object], running: Runtime
) -> None:
    name = job.__name__

    @app.periodic(cron=cron)
    @app.task(name=name, queue=queue, queueing_lock=name, lock=name)
    def run(timestamp: int, **more: int) -> None:
        job(running, **more)  # more: what an earlier turn of the job hands on
