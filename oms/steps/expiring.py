"""Reservations whose time is up."""

from inventory.stock_groups import expire_due
from oms.actors import SYSTEM
from oms.bootstrap import Runtime
from oms.work import Work, transact

AT_ONCE = 200


def expire_reservations(running: Runtime) -> int:
    """Free what nobody turned into an order in time; return how many reservations."""

    def some(work: Work) -> int:
        released = expire_due(work.conn, work.at, AT_ONCE)
        for group in released:
            work.emit("reservation.expired", "reservation", group.group_id, {})
        return len(released)

    done = 0
    while (count := transact(running, SYSTEM, some)) > 0:
        done += count
    return done
