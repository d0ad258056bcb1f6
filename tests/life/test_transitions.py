"""Every row of every lifecycle table is taken by the product's own verbs and by time; every other pair that a
caller can try is refused by name and changes nothing.

A row that is added to a table without a verb that takes it fails here, and so does a state nobody reaches.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import pytest
from sqlalchemy import text

from oms.courier.lifecycle import RunEvent, RunState
from oms.machine import Machine
from tests.checkout.conftest import Shop
from tests.checkout.conftest import shop as shop
from tests.life import ways_back, ways_hooks, ways_node, ways_road
from tests.life.ledger import check, replay
from tests.life.tables import tables, watched
from tests.life.test_tables import KNOWN, states_of
from tests.life.ways import Ways
from tests.life.world import World
from tests.webhooks.receiver import receiving

ORDERS = {
    "fulfilment order": ways_node.fulfilment_orders,
    "pick list": ways_node.pick_lists,
    "pick task": ways_node.pick_tasks,
    "pickup": ways_node.pickups,
    "shipment": ways_road.shipments,
    "stop": ways_road.stops,
    "run": ways_road.runs,
    "return": ways_back.returns,
    "refund": ways_back.refunds,
}
HOOKS = {"webhook": ways_hooks.endpoints, "delivery": ways_hooks.deliveries}
ILLEGAL, TAKEN = "illegal_transition", ("done", "applied")
TABLES = text(
    """SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition
    AND relnamespace = 'public'::regnamespace"""
)
DIGEST = """SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM "{}" t"""
ASIDE = {"request", "version", "outbox_progress"}
"""Tables that also a refusal may write to: its answer is kept for the next time it is asked."""


@pytest.fixture
def world(shop: Shop) -> World:
    return World(shop)


@pytest.fixture
def ways(world: World, what: str) -> Iterator[Ways]:
    """Those of one table, in a world with nothing else."""
    if what in ORDERS:
        yield ORDERS[what](world)
        return
    with receiving() as receiver:
        line = ways_hooks.Line(world, receiver)
        yield HOOKS[what](line)
        line.close()


class Extra(StrEnum):
    """What no table lists."""

    ABANDON = "abandon"


def not_taken(world: World, ways: Ways, machine: Machine[Any, Any]) -> list[str]:
    """The rows that nothing takes, each with why. One thing goes on as long as there is a row for it."""
    faults = []
    left = dict(machine.transitions)
    while left:
        (state, event), id = next(iter(left)), None
        while (state, event) in left:
            after = left.pop((state, event))
            try:
                id = taken(world, ways, machine, id, state, event)
            except (KeyError, AssertionError) as error:
                faults.append(f"{state} {event}: {error!r}")
                break
            state, event = after, next((e for s, e in left if s is after and (s, e) not in ways.own), None)
    return faults


def taken(
    world: World, ways: Ways, machine: Machine[Any, Any], id: str | None, state: Any, event: Any
) -> str:
    """A thing that took the row: this one, or a fresh one."""
    with watched() as took:
        if (state, event) in ways.own:
            id = ways.own[state, event]()
        else:
            id = id or ways.reach[state]()
            ways.happen(id, event)
    assert took[machine.what, state.value, event.value], "another way was gone"
    after = machine.transitions[state, event]
    if not any((what, at) == (machine.what, after.value) for what, at, _ in took):  # it went on at once
        _stands(world, machine, id, after)
    with world.shop.runtime.engine.begin() as conn:
        check(conn)
    return id


def _stands(world: World, machine: Machine[Any, Any], id: str, after: Any) -> None:
    now = world.state(machine.what, id)
    assert now == after.value, f"now {now}, not {after}"


@pytest.mark.slow
@pytest.mark.parametrize("what", sorted(KNOWN))
def test_every_listed_transition_is_taken(world: World, ways: Ways, what: str) -> None:
    faults = not_taken(world, ways, tables()[what])
    assert not faults, "\n".join(faults)
    replay(world.shop)


def digests(shop: Shop, aside: frozenset[str]) -> dict[str, Any]:
    """All that is written in the database, by table."""
    with shop.runtime.engine.connect() as conn:
        names = sorted(set(conn.scalars(TABLES)) - ASIDE - aside)
        each = ", ".join(f"""({DIGEST.format(name)}) AS "{name}\"""" for name in names)
        return dict(conn.execute(text(f"SELECT {each}")).mappings().one())


@pytest.mark.slow
@pytest.mark.parametrize("what", sorted(KNOWN))
def test_what_is_not_listed_is_refused_and_changes_nothing(world: World, ways: Ways, what: str) -> None:
    machine, faults = tables()[what], []
    for state in states_of(machine):
        id = ways.reach[state]()
        _stands(world, machine, id, state)
        before = digests(world.shop, ways.rows)
        for event in ways.unlisted(machine, state):
            expected = ways.otherwise.get((state, event), ILLEGAL)
            said = ways.verbs[event](id) if expected not in TAKEN else expected
            if said != expected:
                faults.append(f"{state} {event}: {said}, not {expected}")
        after = digests(world.shop, ways.rows)
        faults += [f"{state}: {name} changed" for name in after if after[name] != before[name]]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("what", ["run"])
def test_a_row_that_nothing_takes_is_found(world: World, ways: Ways) -> None:
    """Of a verb that refuses, and of an event that no verb is for."""
    rows: dict[Any, Any] = {(RunState.ENDED, RunEvent.START): RunState.STARTED}
    rows[RunState.PLANNED, Extra.ABANDON] = RunState.CANCELLED
    faults = not_taken(world, ways, Machine("run", rows))
    assert [one.partition(":")[0] for one in faults] == ["ended start", "planned abandon"]
