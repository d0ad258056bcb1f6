"""Reservations whose time is up."""

import logging
from collections.abc import Collection, Sequence

from inventory.outcomes import Released
from inventory.reads import due_groups
from inventory.stock_groups import expire_due, expire_due_of
from oms.actors import SYSTEM
from oms.bootstrap import Runtime
from oms.one_by_one import one_by_one
from oms.store.database import OUTAGES
from oms.work import Work, transact

log = logging.getLogger(__name__)

AT_ONCE = 200


def expire_reservations(running: Runtime) -> int:
    """Free what nobody turned into an order in time; return how many reservations. One that breaks is passed
    over: as long as it does, the others go one by one.
    """
    done = 0
    while True:
        try:
            count = transact(
                running, SYSTEM, lambda work: _told(work, expire_due(work.conn, work.at, AT_ONCE))
            )
        except OUTAGES:
            raise
        except Exception as error:  # whichever of them it is: it shows when they go one by one
            log.warning("Reservations expire one by one (%s)", type(error).__name__)
            return done + _one_by_one(running)
        if not count:
            return done
        done += count


def _one_by_one(running: Runtime) -> int:
    def expire(id: str) -> int:
        return transact(running, SYSTEM, lambda work: _told(work, expire_due(work.conn, work.at, 1, [id])))

    with running.engine.connect() as conn:
        due = due_groups(conn, running.clock.now())
    return one_by_one(due, expire)


def expire_all_of(running: Runtime, skus: Collection[str]) -> int:
    """The same, and then wait for those that hold these SKUs and that somebody is busy with: for whoever
    would be refused. Return how many reservations were freed.
    """
    swept = expire_reservations(running)
    try:
        return swept + transact(
            running, SYSTEM, lambda work: _told(work, expire_due_of(work.conn, work.at, skus))
        )
    except OUTAGES:
        raise
    except Exception:  # one that breaks keeps its units; nobody's order is refused for that
        log.exception("A reservation that is over breaks and is passed over")
        return swept


def _told(work: Work, released: Sequence[Released]) -> int:
    for group in released:
        work.emit("reservation.expired", "reservation", group.group_id, {})
    return len(released)
