"""What orders came to cost since prices of looking ahead are felt, held against what was foretold for them.

Each whole day is looked at once, a day after it ended, so that most of what nodes refuse has been sent
otherwise by then. An order is foretold by the prices that were felt when it was placed: what the first orders
of their rehearsal came to, in proportion to what baskets cost on full shelves.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

from sqlalchemy import Connection

from oms.actors import SYSTEM
from oms.bootstrap import Runtime
from oms.steps.recent_ground import alone_minor
from oms.store import price_days as store
from oms.store.database import unhurried
from oms.store.price_days import Foretold
from oms.work import Work, transact
from routing.replay.trust import Day, Verdict, judged

WINDOW = timedelta(days=28)
"""What happened longer ago says nothing any more: prices that were switched off are tried again then."""
SETTLED = timedelta(days=1)
"""How long after its end a day is looked at."""


def watched(runtime: Runtime, market: str) -> Verdict:
    """Look at the days that have ended since the last time; the verdict on all of the window."""
    now = runtime.clock.now()
    first, last = (now - WINDOW).date(), (now - SETTLED).date()  # the last is not over for long enough yet
    with runtime.engine.connect() as conn:
        unhurried(conn)
        books = [one for one in store.foretold(conn, market, _midnight(first)) if one.times_alone > 0]
        known = {day.day for day in store.days_of(conn, market, first)}
        days = []
        for day in sorted(_felt_on(books) - known):
            if day >= last or runtime.closing.is_set():
                break
            days.append(_looked_at(runtime, conn, market, day, books))
    transact(runtime, SYSTEM, partial(_keep, market, days, first))
    with runtime.engine.connect() as conn:
        return judged(store.days_of(conn, market, first))


def _keep(market: str, days: Sequence[Day], first: date, work: Work) -> None:
    store.write_days(work.conn, market, days, first)


def _felt_on(books: Sequence[Foretold]) -> set[date]:
    """Days on which some prices were felt."""
    return {at.astimezone(UTC).date() for one in books if one.felt > 0 for at in (one.at, one.until)}


def _looked_at(runtime: Runtime, conn: Connection, market: str, day: date, books: Sequence[Foretold]) -> Day:
    begun = [one.at for one in books]
    rows, book = [], {}
    for row in store.orders_of_day(conn, market, _midnight(day)):
        last = bisect_right(begun, row.placed_at) - 1
        if last >= 0 and books[last].felt > 0 and row.placed_at < books[last].until:
            rows.append(row)
            book[row.id] = books[last]
    policy = runtime.networks.current.policy
    came = store.realised(conn, list(book), policy.parcel_minor, policy.late_day_minor)
    alone = alone_minor(runtime, conn, market, [row for row in rows if row.id in came])
    count = len(alone)
    return Day(
        day=day,
        orders=count,
        realised_minor=sum(came[id] for id in alone),
        foretold_minor=sum(cost * book[id].times_alone for id, cost in alone.items()),
        saving_minor=sum(book[id].saving_minor for id in alone),
        rehearsed=sum(book[id].soon_orders for id in alone) / max(1, count),
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), UTC)
