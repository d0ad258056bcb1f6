"""Learn once a day how often each node cannot send what it is asked for; routing reckons with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import Connection

from inventory.requests import ShortRule
from oms.actors import SYSTEM
from oms.bootstrap import Runtime
from oms.memory.network_load import read
from oms.reasons import Occasion
from oms.store import failing as store
from oms.store.database import unhurried
from oms.store.failing import Evidence, Learned
from oms.store.versions import bump
from oms.usecases.network import NETWORK
from oms.work import Work, transact
from routing.network_spec import NodeSpec
from routing.on_shelf import PLAIN, failure_rates
from routing.problem import Floats

MOVED = 0.002
"""By how much some chance must have changed for what was learned to be kept, and processes to load it."""


def learn_failing(runtime: Runtime) -> int:
    """Learn from the last months; returns for how many nodes and goods. Nothing is known while no node has
    done anything. Kept is only what differs from what was learned before.
    """
    now = runtime.clock.now()
    reasons = runtime.networks.current.reasons.of(Occasion.REJECT)
    of_stock = [reason.code for reason in reasons if reason.stock is not ShortRule.NONE]
    with runtime.engine.connect() as conn:
        unhurried(conn)
        found = store.evidence(conn, now, of_stock)
        nodes = read(conn)[0].nodes
    if not found:
        return 0
    after = _rates(nodes, found, now)
    transact(runtime, SYSTEM, lambda work: _keep(work, after))
    return len(after)


def learned_chances(conn: Connection) -> list[Learned]:
    """What was learned last, by node and goods."""
    return store.learned(conn)


def _keep(work: Work, after: Sequence[Learned]) -> None:
    """Small steps wait in the evidence until they add up: written without a bump, only processes that start
    later would know of them.
    """
    before, news = _chances(store.learned(work.conn)), _chances(after)
    if before.keys() == news.keys() and all(abs(before[key] - news[key]).max() < MOVED for key in news):
        return
    store.replace_learned(work.conn, after)
    bump(work.conn, NETWORK)


def _chances(rows: Sequence[Learned]) -> dict[tuple[str, str], Floats]:
    return {(row.node, row.goods): np.array([row.not_found, row.not_sent]) for row in rows}


def _rates(nodes: Sequence[NodeSpec], found: Sequence[Evidence], now: datetime) -> list[Learned]:
    goods = {kind: g for g, kind in enumerate(sorted({PLAIN, *(one.goods for one in found)}))}
    shape = (len(nodes), len(goods))
    tried, missing, refused = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    place = {node.id: n for n, node in enumerate(nodes)}
    for one in found:
        if one.node in place:
            at = place[one.node], goods[one.goods]
            tried[at], missing[at], refused[at] = one.tried, one.missing, one.refused
    told = np.array([node.reject_probability or np.nan for node in nodes])
    not_sent = failure_rates(tried, missing + refused, told)
    not_found = np.minimum(failure_rates(tried, missing, np.full(len(nodes), np.nan)), not_sent)
    counted = np.stack([tried, missing, refused, not_found, not_sent], axis=-1).round(6)
    return [
        Learned(node.id, kind, lines, lacked, refusals, lost, not_had, now)
        for node, rows in zip(nodes, counted.tolist(), strict=True)
        for kind, (lines, lacked, refusals, lost, not_had) in zip(goods, rows, strict=True)
    ]
