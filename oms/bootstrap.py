"""Puts a process together: database, clock, chance, memory, and what keeps the memory fresh."""

from dataclasses import dataclass, field
from functools import partial
from threading import Event

from sqlalchemy import Connection, Engine, select
from sqlalchemy.dialects.postgresql import insert

from inventory.feed import Feed
from inventory.pool import AvailabilityPool
from oms.adapters.clock import Clock, SystemClock
from oms.adapters.ids import Ids, RandomIds, new_secret
from oms.adapters.postgres import Embedded
from oms.adapters.resolver import Resolve, resolve_host
from oms.adapters.signer import Signer
from oms.group_commit import commit_group
from oms.memory.bid_prices import BidPrices
from oms.memory.ended_sessions import EndedSessions
from oms.memory.key_ring import KeyRing
from oms.memory.networks import Networks
from oms.memory.places import Places
from oms.memory.refresher import Refresher
from oms.reads import Reads
from oms.settings import Settings
from oms.store.database import connect, migrate
from oms.store.foundation_tables import secret
from oms.usecases.events import Tail
from oms.writer import Writer

STALE_S = 2.0
REPLICA_REACH_S = 2
"""Who reads can be sent to the primary instead, so nobody waits long for a replica that does not answer."""


class Closing(Exception):
    """The process is told to end before something was done."""


@dataclass(frozen=True)
class Runtime:
    """All that lives as long as the process. Made by `start`, ended by `close`. `closing` is set once it is
    told to end: what takes long looks at it, or asks whether to `go_on`.
    """

    settings: Settings
    url: str
    engine: Engine
    clock: Clock
    ids: Ids
    signer: Signer
    keys: KeyRing
    ended_sessions: EndedSessions
    networks: Networks
    places: Places
    tail: Tail
    pool: AvailabilityPool
    feed: Feed
    bid_prices: BidPrices
    refresher: Refresher
    writer: Writer
    reads: Reads
    embedded: Embedded | None = field(default=None, repr=False)
    resolve: Resolve = field(default=resolve_host, repr=False)
    closing: Event = field(default_factory=Event, repr=False)

    def close(self) -> None:
        """Stop the threads, give back the connections and the embedded server."""
        self.closing.set()
        self.writer.close()
        self.feed.close()
        self.refresher.close()
        self.reads.close()
        self.engine.dispose()
        if self.embedded is not None:
            self.embedded.close()

    def go_on(self) -> None:
        """Raises Closing once the process is told to end."""
        if self.closing.is_set():
            raise Closing

    def fresh(self) -> bool:
        """Whether memory follows the database: nothing in it is older than two seconds."""
        return max(self.refresher.age_s(), self.feed.age_s()) < STALE_S and self.feed.status.trouble is None


@dataclass(frozen=True)
class _Resources:
    """What the writer needs of the process it is part of."""

    engine: Engine
    clock: Clock
    ids: Ids


def start(settings: Settings, *, clock: Clock | None = None, ids: Ids | None = None) -> Runtime:
    """Reach the database (the embedded one is started and migrated first), load memory, keep it fresh.

    A database given by URL is used as it is: bringing its schema up to date is the operator's `anyshelf
    migrate`.
    Raises DatabaseUnavailable, WrongServer, StillInUse, sqlalchemy.exc.OperationalError.
    """
    embedded = None
    url = settings.database_url
    if url is None:
        embedded = Embedded(settings.data_dir)
        embedded.open()
        url = embedded.url()
    try:
        if embedded is not None:
            migrate(url)
        return _assemble(settings, url, clock or SystemClock(), ids or RandomIds(), embedded)
    except BaseException:
        if embedded is not None:
            embedded.close()
        raise


def _assemble(settings: Settings, url: str, clock: Clock, ids: Ids, embedded: Embedded | None) -> Runtime:
    engine = connect(
        url,
        statement_timeout_ms=settings.statement_timeout_ms,
        lock_timeout_ms=settings.lock_timeout_ms,
    )
    with engine.begin() as conn:
        signer = Signer(_signing_keys(conn, clock))
    keys = KeyRing()
    refresher = Refresher(engine)
    refresher.on("keys", keys.reload)
    ended_sessions = EndedSessions()
    refresher.on("sessions", ended_sessions.reload)
    networks = Networks()
    refresher.on("network", networks.reload)
    places = Places()
    refresher.on("places", places.reload)
    refresher.on("network", places.reload)
    bid_prices = BidPrices()
    refresher.on("bid_prices", bid_prices.reload)
    tail = Tail()
    refresher.on("events", tail.reload)
    refresher.start()
    pool = AvailabilityPool()
    feed = Feed(engine, pool)
    feed.start()
    writer = Writer(partial(commit_group, _Resources(engine, clock, ids)))
    writer.start()
    reads = Reads(engine, _replica(settings))
    reads.start()
    return Runtime(
        settings,
        url,
        engine,
        clock,
        ids,
        signer,
        keys,
        ended_sessions,
        networks,
        places,
        tail,
        pool,
        feed,
        bid_prices,
        refresher,
        writer,
        reads,
        embedded,
    )


def _replica(settings: Settings) -> Engine | None:
    if settings.database_read_url is None:
        return None
    return connect(
        settings.database_read_url,
        statement_timeout_ms=settings.statement_timeout_ms,
        lock_timeout_ms=settings.lock_timeout_ms,
        reach_s=REPLICA_REACH_S,
    )


def _signing_keys(conn: Connection, clock: Clock) -> list[str]:
    """The installation's signing key, made by whichever process comes first."""
    fresh = insert(secret).values(name="signing", value=new_secret(), at=clock.now())
    conn.execute(fresh.on_conflict_do_nothing())
    return list(conn.scalars(select(secret.c.value).where(secret.c.name == "signing")))
