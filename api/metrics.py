"""What the process counts and how it fares, as Prometheus reads it.

Labels are routes as written in the code, statuses, codes and names of jobs: few, known beforehand, and
nobody's. Counts of all processes that `anyshelf serve` started are added up; `process` figures are of the
one that answers.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool
from starlette.types import Scope

from oms.bootstrap import Runtime
from oms.reads import Reads
from oms.store.pulse import Pulse, pulse_of

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which the processes of one server find each other's counts."""

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"})
PLACING = ("PUT", "/v1/orders/{id}")
CREATED = 201
UNMATCHED = "unmatched"
"""What is counted as the route of a request without one."""
CLIENT_LEFT = 499
"""The status counted when a client went away before it had an answer."""

_own = CollectorRegistry()
_requests = Counter(
    "anyshelf_http_requests", "Answers by route and status", ["method", "route", "status"], registry=_own
)
_seconds = Histogram(
    "anyshelf_http_request_seconds",
    "From the first byte asked to the last answered",
    ["method", "route"],
    buckets=BUCKETS,
    registry=_own,
)
_refusals = Counter("anyshelf_http_refusals", "Noes by route and name", ["route", "code"], registry=_own)
_placed = Counter("anyshelf_orders_placed", "Orders placed, each once", registry=_own)
_refused = Counter("anyshelf_orders_refused", "Orders not placed, by name", ["code"], registry=_own)


def route_of(scope: Scope) -> str:
    """The route's template, never the path itself; `unmatched` where there is none."""
    route = scope.get("route")
    if route is None:
        return UNMATCHED
    root, path = scope.get("root_path"), str(route.path)
    return f"{root}{path}" if root else path


def method_of(method: str) -> str:
    """The method as a label: a client may send any word for one."""
    return method if method in METHODS else "other"


def count(method: str, route: str, status: int, seconds: float, code: str | None) -> None:
    """Count one answer; `code` is the name of a refusal."""
    answers, spans = _figures_of(method, route, status)
    answers.inc()
    spans.observe(seconds)
    if code is not None:
        _refusals.labels(route, code).inc()
    if (method, route) == PLACING:
        if status == CREATED:
            _placed.inc()
        elif code is not None:
            _refused.labels(code).inc()


@cache
def _figures_of(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """Looking labels up costs more than counting."""
    return _requests.labels(method, route, str(status)), _seconds.labels(method, route)


def exposition(running: Runtime) -> bytes:
    """All figures, at this instant. A database that does not answer leaves its figures out and says so."""
    registry = CollectorRegistry()
    if os.environ.get(MULTIPROCESS):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(_Counted())
    registry.register(_Faring(running))
    return generate_latest(registry)


class _Counted(Collector):
    def collect(self) -> Iterable[Metric]:
        return _own.collect()


class _Faring(Collector):
    def __init__(self, running: Runtime) -> None:
        self._running = running

    def collect(self) -> Iterator[Metric]:
        """Read when asked, so nothing is out of date."""
        running = self._running
        age = (running.clock.now() - running.feed.status.as_of).total_seconds()
        yield _gauge("anyshelf_process_pool_age_seconds", "Age of the stock in memory", max(0.0, age))
        lag = running.refresher.age_s()
        yield _gauge("anyshelf_process_feed_lag_seconds", "Since memory was last compared", lag)
        yield CounterMetricFamily(
            "anyshelf_process_feed_looks", "Looks at the database for stock", running.feed.status.looks
        )
        writer = running.writer
        groups, requests = "anyshelf_process_writer_groups", "anyshelf_process_writer_requests"
        yield CounterMetricFamily(groups, "Transactions of the writer", writer.groups)
        yield CounterMetricFamily(requests, "Orders and reservations in them", writer.written)
        yield from _read_by(running.reads)
        pool = running.engine.pool
        assert isinstance(pool, QueuePool)
        yield _gauge("anyshelf_process_db_connections_in_use", "Taken now", pool.checkedout())
        yield _gauge("anyshelf_process_db_connections_most", "As many as there may be", pool.size())
        try:
            with running.engine.connect() as conn:
                found = pulse_of(conn)
        except SQLAlchemyError:
            yield _gauge("anyshelf_database_up", "Whether it answers", 0)
            return
        yield _gauge("anyshelf_database_up", "Whether it answers", 1)
        yield from _shared(found)


def _read_by(reads: Reads) -> Iterator[Metric]:
    if not reads.replicated:
        return
    age_s = reads.age_s()
    if age_s is not None:
        yield _gauge("anyshelf_process_replica_age_seconds", "At most, of what the replica shows", age_s)
    counts = CounterMetricFamily(
        "anyshelf_process_reads", "Reads that may go to the replica, by where they went", labels=["server"]
    )
    counts.add_metric(["replica"], reads.of_replica)
    counts.add_metric(["primary"], reads.of_primary)
    yield counts


def _shared(found: Pulse) -> Iterator[Metric]:
    yield _gauge("anyshelf_events_unpublished", "Events without a number yet", found.events)
    yield _gauge("anyshelf_events_unpublished_seconds", "Age of the oldest of them", found.oldest_event_s)
    yield _gauge("anyshelf_workers_alive", "Background workers heard of lately", found.workers)
    yield _gauge("anyshelf_worker_heartbeat_seconds", "Since the last was heard of", found.heartbeat_s)
    jobs = GaugeMetricFamily("anyshelf_jobs_waiting", "Jobs that are due, by name", labels=["job"])
    for name, units in sorted(found.jobs.items()):
        jobs.add_metric([name], units)
    yield jobs


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value)
