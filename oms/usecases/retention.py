"""What goes by itself once its time is over."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from oms.bootstrap import Runtime
from oms.one_by_one import one_by_one
from oms.retention import month_before
from oms.store.erasing import (
    AT_ONCE,
    forget_addresses,
    forget_contacts,
    forget_leftovers,
    forget_reports,
)
from oms.store.partitions import partitioned_tables
from oms.store.proofs import forget_pictures
from oms.store.retiring import detach, finish, months_until, unfinished
from oms.store.tables import metadata
from oms.store.two_clocks import agreed

log = logging.getLogger(__name__)

ARCHIVE = "archive"


def retire_months(runtime: Runtime) -> list[str]:
    """Let the months go that the retailer's rules keep no longer; return their names. What cannot go now is
    tried again the next time, and so is what a crash left half done.
    """
    rules, at = runtime.networks.current.retention, runtime.clock.now()
    for table in partitioned_tables(metadata):
        kept = rules.months(table)
        if kept is None:
            continue
        with runtime.engine.connect() as conn:
            names = months_until(conn, table, month_before(agreed(conn, at), kept))
        for name in names:
            if not detach(runtime.engine, table, name, at):
                log.warning("The month %s cannot go yet; it is tried again tomorrow", name)
                break
    with runtime.engine.connect() as conn:
        leaving = unfinished(conn)
    folder = runtime.settings.data_dir / ARCHIVE if rules.archive else None
    for name in leaving:
        finish(runtime.engine, name, at, folder)
        log.info("The month %s is gone%s", name, "" if folder is None else ", and kept as a file")
    return leaving


def forget_personal(runtime: Runtime) -> dict[str, int]:
    """Take out the personal data that the retailer's rules keep no longer, in portions; how much of each.
    A kind that breaks holds up none of the others.
    """
    rules = runtime.networks.current.retention
    with runtime.engine.connect() as conn:
        at = agreed(conn, runtime.clock.now())
    due: list[tuple[str, int | None, Callable[[Connection, datetime], int]]] = [
        ("contacts", rules.contact_days, forget_contacts),
        ("addresses", rules.address_days, forget_addresses),
        ("reports", rules.courier_days, forget_reports),
        ("pictures", rules.courier_days, partial(forget_pictures, most=AT_ONCE)),
        ("leftovers", 0, forget_leftovers),
    ]
    gone = dict.fromkeys((name for name, _, _ in due), 0)
    forgetting = {
        name: partial(_all_of, runtime, forget, at - timedelta(days=days))
        for name, days, forget in due
        if days is not None
    }

    def forget(name: str) -> int:
        gone[name] = forgetting[name]()
        return gone[name]

    one_by_one(forgetting, forget)
    return gone


def _all_of(runtime: Runtime, forget: Callable[[Connection, datetime], int], before: datetime) -> int:
    gone = 0
    while True:
        with runtime.engine.begin() as conn:
            portion = forget(conn, before)
        gone += portion
        if portion < AT_ONCE:
            return gone
