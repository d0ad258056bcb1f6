"""Prices of a market's units and of its nodes' days, solved anew by the hour: from its latest orders, its
shelves, what comes in, and what its nodes may still send.

Solved outside any transaction, by the code that the replay lab plays as ``lookahead``. Before they are felt
they are rehearsed on the latest orders: where they do not pay they are written down as 0. Once they are felt
they are watched: where orders surely cost more than was foretold they are shrunk, or written down as 0 too. A
process that fails leaves the last ones, which end by themselves.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inventory.catalogue import Catalogue
from oms.actors import SYSTEM
from oms.bootstrap import Closing, Runtime
from oms.steps.recent_ground import Recent, recent
from oms.store.bid_prices import CELL, DAY_CELL, Solved, newest_solved, write_solved
from oms.store.database import OUTAGES, ended_alone, unhurried
from oms.store.versions import bump
from oms.store.waves import markets_of_nodes
from oms.usecases.price_watch import watched
from oms.work import Work, transact
from routing.ahead import above_least, days_above_least
from routing.problem import Floats
from routing.replay.foresight import Foresight, Outlook
from routing.replay.rehearsal import Rehearsal, rehearsed

log = logging.getLogger(__name__)

LEARNED = timedelta(days=91)
"""How far back orders are looked at."""
HOLDS = timedelta(hours=3)
"""How long prices are felt: two solves may fail before routing goes on without."""
OUTLOOK = Outlook(solves=4, scenarios=5, rounds=10)
LEAST_MINOR = 1.0
"""Prices below are not kept: nobody decides by less."""


def look_ahead(runtime: Runtime) -> int:
    """Solve the prices of every market, unless the policy does not look ahead; returns of how many."""
    if runtime.networks.current.policy.lookahead_weight <= 0:
        return 0
    with runtime.engine.connect() as conn:
        markets = markets_of_nodes(conn)
    solved = 0
    for market in markets:
        if runtime.closing.is_set():
            break
        try:
            solved += solve_prices(runtime, market) is not None
        except Exception as error:
            if isinstance(error, OUTAGES) and not ended_alone(error):
                raise
            log.exception("The prices of market %r were not solved; the last ones hold for a while", market)
    return solved


def solve_prices(runtime: Runtime, market: str, outlook: Outlook = OUTLOOK) -> Solved | None:
    """Solve, rehearse and write down the prices of one market; None where no order was to be learned from, or
    the process is closing. Another solve's are returned where that began later and was done before.
    """
    now = runtime.clock.now()
    horizon = timedelta(days=runtime.networks.current.policy.lookahead_days)
    with runtime.engine.connect() as conn:
        unhurried(conn)
        seen = recent(runtime, conn, market, now - LEARNED, now + horizon)
    if seen is None:
        return None
    coming = _coming(seen, now, horizon)
    try:
        return _solved(runtime, market, seen, coming, replace(outlook, told=lambda _: runtime.go_on()))
    except Closing:
        return None


def _solved(runtime: Runtime, market: str, seen: Recent, coming: float, outlook: Outlook) -> Solved | None:
    """Raises Closing, before each round of a solve, which takes a pass over the orders."""
    now, catalogue = runtime.clock.now(), runtime.pool.catalogue
    trial = rehearsed(seen.ground, seen.stream, coming, outlook)
    runtime.go_on()
    verdict, (soon, times_alone) = watched(runtime, market), _soon(trial, seen)
    cells, days = np.zeros(0, CELL), np.zeros(0, DAY_CELL)
    if trial.scale * verdict.trust > 0:
        ahead = Foresight(seen.ground, seen.stream, replace(outlook, scale=trial.scale * verdict.trust))
        worth = ahead.worth(len(seen.stream.order_ids), coming, seen.ground.on_hand, seen.ahead)
        cells = _cells(catalogue, seen, above_least(worth.units, seen.ground.on_hand))
        days = _day_cells(catalogue, seen, days_above_least(worth.days))
    solved = Solved(
        market=market,
        at=now,
        until=now + HOLDS,
        orders=len(seen.stream.order_ids),
        coming=coming,
        rehearsed=trial.orders,
        scale=trial.scale,
        without_minor=trial.without_minor,
        with_minor=trial.with_minor,
        foretold_minor=trial.foretold_minor,
        priced=len(cells),
        soon_orders=soon,
        times_alone=times_alone,
        trust=verdict.trust,
        since_days=verdict.days,
        since_orders=verdict.orders,
        since_minor=verdict.realised_minor,
        since_foretold_minor=verdict.foretold_minor,
        since_surely_minor=verdict.surely_minor,
    )
    return transact(runtime, SYSTEM, partial(_write, solved, cells, days))


def _coming(seen: Recent, now: datetime, horizon: timedelta) -> float:
    """Orders to expect until the horizon, at the pace of the latest; of a pace of less than a day's nothing
    is known, so it counts as a day's.
    """
    return len(seen.stream.order_ids) * (horizon / max(now - seen.since, timedelta(days=1)))


def _soon(trial: Rehearsal, seen: Recent) -> tuple[int, float]:
    """How many orders rehearsed first got all they asked for, and what these cost with prices, in what they
    would cost on full shelves; 0 where nobody knows.
    """
    first = len(seen.alone_minor) - trial.orders
    costs = seen.alone_minor[first : first + len(trial.soon_minor)]
    both = ~np.isnan(trial.soon_minor + costs)
    full = float(costs[both].sum())
    return int(both.sum()), float(trial.soon_minor[both].sum()) / full if full > 0 else 0.0


def _cells(catalogue: Catalogue, seen: Recent, worth: Floats) -> NDArray[Any]:
    """The prices worth telling, as they are stored."""
    skus = np.array([catalogue.skus[sku].no for sku in seen.ground.sku_ids], np.int64)
    nodes = np.array([catalogue.nodes[node].no for node in seen.ground.node_ids], np.int64)
    line, node = np.nonzero(worth >= LEAST_MINOR)
    cells = np.zeros(len(line), CELL)
    cells["sku"], cells["node"], cells["minor"] = skus[line], nodes[node], worth[line, node]
    cells.sort(order=("sku", "node"))
    return cells


def _day_cells(catalogue: Catalogue, seen: Recent, worth: Floats) -> NDArray[Any]:
    """The prices of days worth telling, as they are stored."""
    first = int((seen.stream.placed_at[0].astype("datetime64[D]")).astype(np.int64))
    nodes = np.array([catalogue.nodes[node].no for node in seen.ground.node_ids], np.int64)
    node, day = np.nonzero(worth >= LEAST_MINOR)
    cells = np.zeros(len(node), DAY_CELL)
    cells["node"], cells["day"], cells["minor"] = nodes[node], first + day, worth[node, day]
    cells.sort(order=("node", "day"))
    return cells


def _write(solved: Solved, cells: NDArray[Any], days: NDArray[Any], work: Work) -> Solved | None:
    before = newest_solved(work.conn, solved.market)
    if write_solved(work.conn, solved, cells, days):
        bump(work.conn, "bid_prices")
        _tell(work, 1.0 if before is None else before.trust, solved)
    return newest_solved(work.conn, solved.market)


def _tell(work: Work, before: float, solved: Solved) -> None:
    """Say so where trust is lost, wholly or in part, or found again; steps in between are in the figures."""
    if [before == 1, before == 0] == [solved.trust == 1, solved.trust == 0]:
        return
    told = {
        "market": solved.market,
        "trust": solved.trust,
        "days": solved.since_days,
        "orders": solved.since_orders,
        "realised_minor": solved.since_minor,
        "foretold_minor": solved.since_foretold_minor,
        "surely_minor": solved.since_surely_minor,
    }
    work.emit("bid_prices.trust_changed", "bid_prices", solved.market, told)
    log.warning(
        "Prices of market %r are felt at %.0f %% of what was rehearsed: %d orders of %d days cost %.1f each, "
        "foretold %.1f, surely %.1f more",
        solved.market,
        100 * solved.trust,
        solved.since_orders,
        solved.since_days,
        solved.since_minor,
        solved.since_foretold_minor,
        solved.since_surely_minor,
    )
