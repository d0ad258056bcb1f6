"""Orders of one day at one node share a slot: work for one of them waits for none of the others."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import Connection, Engine, text

from inventory import stock, stock_groups, stock_pick
from inventory.movements import Change
from inventory.outcomes import FellShort, InHand, Posted, Released, Reserved
from inventory.requests import (
    CapacityLine,
    NodeLine,
    PartLine,
    PickRequest,
    PostRequest,
    ReserveLine,
    ReserveRequest,
    Shelf,
    ShortRequest,
    ShortRule,
    VoidRequest,
)
from inventory.stock_reserve import reserve
from tests.inventory.ledger_check import faults
from tests.inventory.shop import T0, furnish, minutes

DAY = date(2026, 1, 6)
HERE, THERE = (CapacityLine(node, DAY, "ship", 1, 9) for node in ("N0", "N1"))


def shop(engine: Engine) -> None:
    """Ten of S0 and S1 at N0 and N1."""
    with engine.begin() as conn:
        furnish(conn, 2, 2)
        stock.receive(conn, T0, [Change(f"N{i}", f"S{j}", 10) for i in range(2) for j in range(2)])


def order(conn: Connection, group: str, sku: str, node: str, *capacity: CapacityLine) -> object:
    """Four units for a firm group."""
    line = ReserveLine("1", sku, 4, Shelf(node), minutes(60))
    return type(reserve(conn, T0, [ReserveRequest(group, "web", "ann", "", (line,), None, capacity)])[0])


def pick(conn: Connection, group: str, node: str) -> object:
    return type(stock_pick.pick(conn, T0, [PickRequest(group, (NodeLine("1", node, 2),))])[0])


def post(conn: Connection, group: str, node: str) -> object:
    return type(stock_groups.post(conn, T0, [PostRequest(group, (PartLine("1", 2, node),))])[0])


def void_some(conn: Connection, group: str, node: str) -> object:
    return type(stock_groups.void(conn, T0, [VoidRequest(group, (PartLine("1", 1, node),))])[0])


def short_some(conn: Connection, group: str, node: str) -> object:
    request = ShortRequest(group, (NodeLine("1", node, 1),), ShortRule.NONE, "a_reason")
    return type(stock_pick.short(conn, T0, [request]).outcomes[0])


def void(conn: Connection, group: str, node: str) -> object:
    return type(stock_groups.void(conn, T0, [VoidRequest(group)])[0])


def held(conn: Connection) -> list[int]:
    """Units of work at N0 and N1."""
    return list(conn.scalars(text("SELECT held FROM capacity ORDER BY node_no")))


@pytest.mark.parametrize(
    ("verb", "says"),
    [(pick, InHand), (post, Posted), (void_some, Released), (short_some, FellShort)],
)
def test_what_keeps_its_capacity_does_not_wait_for_who_takes_some(
    engine: Engine, verb: Callable[[Connection, str, str], object], says: object
) -> None:
    shop(engine)
    with engine.begin() as conn:
        assert order(conn, "mine", "S0", "N0", HERE) is Reserved
    with engine.begin() as other, engine.begin() as conn:
        assert order(other, "theirs", "S1", "N0", HERE) is Reserved  # and the slot is theirs until they end
        conn.execute(text("SET LOCAL lock_timeout = '1s'"))
        assert verb(conn, "mine", "N0") is says
    with engine.begin() as conn:
        assert held(conn) == [2]
        assert faults(conn) == {}


def test_capacity_given_back_waits_for_who_takes_some_and_adds_up(engine: Engine) -> None:
    shop(engine)
    with engine.begin() as conn:
        assert order(conn, "mine", "S0", "N0", HERE, THERE) is Reserved
    with ThreadPoolExecutor(1) as pool:
        with engine.begin() as other:
            assert order(other, "theirs", "S1", "N0", HERE) is Reserved
            voiding = pool.submit(_alone, engine, void, "mine", "N0")
            _until_somebody_waits(engine)
            assert not voiding.done()
        assert voiding.result(20) is Released
    with engine.begin() as conn:
        assert held(conn) == [1, 0]
        assert faults(conn) == {}


def test_verbs_one_after_the_other_do_not_dead_lock_over_slots_they_leave_alone(engine: Engine) -> None:
    """One transaction works for an order of N1 and then for one of N0, another for one of both: in the days
    of the demo a picker's gave way to what left with the carrier.
    """
    shop(engine)
    with engine.begin() as conn:
        assert order(conn, "there", "S0", "N1", THERE) is Reserved
        assert order(conn, "here", "S1", "N0", HERE) is Reserved
        assert order(conn, "both", "S0", "N0", HERE, THERE) is Reserved
    with ThreadPoolExecutor(1) as pool, engine.begin() as conn:
        assert post(conn, "there", "N1") is Posted
        picking = pool.submit(_alone, engine, pick, "both", "N0")
        assert picking.result(20) is InHand
        assert post(conn, "here", "N0") is Posted
    with engine.begin() as conn:
        assert faults(conn) == {}


def _alone(engine: Engine, verb: Callable[[Connection, str, str], object], group: str, node: str) -> object:
    with engine.begin() as conn:
        return verb(conn, group, node)


def _until_somebody_waits(engine: Engine) -> None:
    waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        while not conn.scalar(waits):
            pass
