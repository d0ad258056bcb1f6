"""Offers that nobody accepted in time are taken back, and their orders routed anew at once."""

from __future__ import annotations

from functools import partial

from oms.actors import SYSTEM
from oms.bootstrap import Runtime
from oms.fulfilment.lifecycle import FulfilmentState
from oms.one_by_one import one_by_one
from oms.steps.at_work import at_work
from oms.store.node_queue import expired_offers
from oms.store.two_clocks import agreed
from oms.usecases.node_work import Aftermath, expire
from oms.usecases.resourcing import resource_at_once
from oms.work import Work, transact

AT_ONCE = 200


def expire_offers(runtime: Runtime) -> int:
    """Take back what was not accepted in time; returns how many fulfilment orders."""
    at = runtime.clock.now()
    with runtime.engine.connect() as conn:
        late = expired_offers(conn, agreed(conn, at), AT_ONCE)
    after = Aftermath()
    done = one_by_one(late, lambda id: transact(runtime, SYSTEM, partial(_expire, id, after)))
    resource_at_once(runtime, after.orders)
    return done


def _expire(id: str, after: Aftermath, work: Work) -> int:
    found = at_work(work, id)
    ends, job = found.job.offer_expires_at, found.job
    if job.state is not FulfilmentState.OFFERED or job.on_hold or ends is None:
        return 0
    if ends > agreed(work.conn, work.at):  # the work of a node is not taken away by one clock that jumped
        return 0
    expire(work, found, after)
    return 1
