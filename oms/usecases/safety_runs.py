"""Safety stocks reckoned by themselves, once a night, of nodes that a rule fits; set where it says so."""

from __future__ import annotations

import logging
from dataclasses import asdict
from functools import partial
from typing import Any

from sqlalchemy import Connection

from oms.actors import SYSTEM, Actor
from oms.bootstrap import Runtime
from oms.refusals import not_found
from oms.safety_rules import SafetyRule
from oms.store import safety_stocks as store
from oms.store.couriers import node_known
from oms.store.database import OUTAGES, ended_alone
from oms.store.safety_stocks import SafetyRun
from oms.usecases.safety_stocks import Costs, Proposal, propose
from oms.work import Work, transact
from routing.forecast.methods import NoForecasts

log = logging.getLogger(__name__)

FURTHEST = 20
"""SKUs of a node that are written down, those that were reckoned furthest from what stood."""


def reckon_safety_stocks(runtime: Runtime) -> int:
    """Of every node that a rule fits; returns of how many. One that breaks off holds up no other, and has set
    whole blocks at most; a process that closes leaves the rest to the next night.
    """
    rules, done = runtime.networks.current.safety_stock, 0
    if not rules.rules:
        return 0
    with runtime.engine.connect() as conn:
        nodes = store.nodes_by_market(conn)
    for node, market in nodes:
        rule = rules.of(node, market)
        if runtime.closing.is_set():
            break
        if rule is None:
            continue
        try:
            run = _reckoned(runtime, node, rule)
        except Exception as error:
            if isinstance(error, OUTAGES) and not ended_alone(error):
                raise
            log.exception("Safety stocks of node %r were not reckoned; they stay as they are", node)
            run = SafetyRun(
                node, runtime.clock.now(), rule.apply, detail=f"It broke off ({type(error).__name__})"
            )
        if run is not None:
            transact(runtime, SYSTEM, partial(_keep, run))
            done += not run.detail
    return done


def node_run(conn: Connection, actor: Actor, node: str) -> SafetyRun | None:
    """The node's last run; None where there was none. Raises Refused: not_found, also to those who may not
    see the node.
    """
    actor.must_see(actor.may_node(node) and node_known(conn, node), "node")
    return store.last_run(conn, node)


def get_run(conn: Connection, actor: Actor, node: str) -> SafetyRun:
    """The node's last run. Raises Refused: not_found, also where there was none."""
    found = node_run(conn, actor, node)
    if found is None:
        raise not_found("safety stock run")
    return found


def _reckoned(runtime: Runtime, node: str, rule: SafetyRule) -> SafetyRun | None:
    """None where the process closed before the end."""
    costs = Costs(rule.margin, rule.cancel_minor, rule.lag_days)
    stop = runtime.closing.is_set
    try:
        found = propose(runtime, SYSTEM, node, costs, set_it=rule.apply, stop=stop)
    except NoForecasts as missing:
        log.warning("Safety stocks of node %r were not reckoned: %s", node, missing)
        return SafetyRun(node, runtime.clock.now(), rule.apply, detail=str(missing))
    if stop():
        return None
    other = sorted((one for one in found.rows if one.safety_stock != one.now), key=_nearest_last)
    return SafetyRun(
        node=node,
        at=runtime.clock.now(),
        applied=rule.apply,
        skus=len(found.rows),
        without_price=found.without_price,
        differing=len(other),
        changed=found.changed,
        furthest=[_shown(one) for one in other[:FURTHEST]],
    )


def _nearest_last(one: Proposal) -> tuple[int, str]:
    return -abs(one.safety_stock - one.now), one.sku


def _shown(one: Proposal) -> dict[str, Any]:
    told = asdict(one) | {"safety_stock": one.safety_stock}
    return {name: value for name, value in told.items() if name != "node"}


def _keep(run: SafetyRun, work: Work) -> None:
    store.write_run(work.conn, run)
