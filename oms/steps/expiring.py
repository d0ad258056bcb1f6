"""Reservations whose time is up."""

from collections.abc import Collection, Sequence

from inventory.outcomes import Released
from inventory.stock_groups import expire_due, expire_due_of
from oms.actors import SYSTEM
from oms.bootstrap import Runtime
from oms.work import Work, transact

AT_ONCE = 200


def expire_reservations(running: Runtime) -> int:
    """Free what nobody turned into an order in time; return how many reservations."""

    def some(work: Work) -> int:
        return _told(work, expire_due(work.conn, work.at, AT_ONCE))

    done = 0
    while (count := transact(running, SYSTEM, some)) > 0:
        done += count
    return done


def expire_all_of(running: Runtime, skus: Collection[str]) -> int:
    """The same, and then wait for those that hold these SKUs and that somebody is busy with: for whoever
    would be refused. Return how many reservations were freed.
    """
    swept = expire_reservations(running)
    return swept + transact(
        running, SYSTEM, lambda work: _told(work, expire_due_of(work.conn, work.at, skus))
    )


def _told(work: Work, released: Sequence[Released]) -> int:
    for group in released:
        work.emit("reservation.expired", "reservation", group.group_id, {})
    return len(released)
