"""What goes by itself once its time is over."""

from __future__ import annotations

import logging

from oms.bootstrap import Runtime
from oms.retention import month_before
from oms.store.partitions import partitioned_tables
from oms.store.retiring import detach, finish, months_until, unfinished
from oms.store.tables import metadata

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
            names = months_until(conn, table, month_before(at, kept))
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
