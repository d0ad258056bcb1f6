"""Orders that wait for stock: none hides another, however many wait in vain before it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import text

from oms.adapters.clock import elapsed_s
from oms.jobs import Background
from oms.store.node_work import exclude, unroutable_of
from oms.usecases import resourcing
from oms.usecases.resourcing import resource_orders
from tests.checkout.conftest import Shop
from tests.faults.test_poison import poison
from tests.nodes.conftest import did, events, offered
from tests.nodes.test_waking import receive
from tests.platform.waiting import eventually
from tests.support import stock_up

MANY = 2_500
_OLDER = """
    INSERT INTO reservation_group (id, digest, channel, owner, reference, state, created_at)
    SELECT 'old-' || n, '', 'web', '', 'old-' || n, 'firm', :at FROM generate_series(1, :many) n
"""
_HOMELESS = """
    INSERT INTO resourcing (group_id, line_id, sku_no, quantity, cause, at)
    SELECT 'old-' || n, '1', (SELECT no FROM sku WHERE id = 'NONE'), 1, 'count', :at
    FROM generate_series(1, :many) n
"""


@contextmanager
def many_older(shop: Shop) -> Iterator[None]:
    """So many wait, for long, for a SKU that never comes."""
    values = {"at": shop.watch.now().replace(year=2025), "many": MANY}
    with shop.runtime.engine.begin() as conn:
        conn.execute(text(_OLDER), values)
        conn.execute(text(_HOMELESS), values)
    yield
    with shop.runtime.engine.begin() as conn:
        conn.execute(text("DELETE FROM resourcing WHERE group_id LIKE 'old-%'"))
        conn.execute(text("DELETE FROM reservation_group WHERE id LIKE 'old-%'"))


def sold_out(shop: Shop, *order_ids: str) -> None:
    """These orders of a lamp each wait for lamps, of which there are none."""
    for order_id in order_ids:
        assert shop.place(order_id, ("C3", 1), method="ship").status_code == 201
        shop.runtime.feed.look()
    zero = {"counts": [{"node": node, "sku": "C3", "quantity": 0} for node in ("FAR", "ST-2")]}
    assert shop.admin.put("/v1/stock/counts", json=zero).status_code == 200
    resource_orders(shop.runtime)
    assert waiting(shop) == len(order_ids)


def waiting(shop: Shop) -> int:
    """Orders of lamps that have no home."""
    found: int = shop.scalar("SELECT count(*) FROM order_line WHERE sku = 'C3' AND unrouted > 0")
    return found


def in_vain(shop: Shop, order_id: str) -> None:
    """An order that waits for units which lie on a shelf, of the only node that may not have it again."""
    did(shop, offered(shop, order_id, ("D4", 1)), "reject", reason="node_closed")
    shop.runtime.feed.look()


def test_thousands_that_wait_in_vain_hide_no_order_whose_stock_is_there(shop: Shop) -> None:
    sold_out(shop, "o-1")
    with many_older(shop):
        assert resource_orders(shop.runtime) == 0
        stock_up(shop.runtime, ("WH", "C3", 1))
        assert resource_orders(shop.runtime) == 1
    assert waiting(shop) == 0


def test_what_is_tried_in_vain_goes_to_the_end_of_the_line(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it is in vain for: no node may have it, or it breaks."""
    for order_id in ("a-nowhere", "b-nowhere"):
        in_vain(shop, order_id)
    sold_out(shop, "c-broken", "d-sound")
    poison(shop, "c-broken")
    monkeypatch.setattr(resourcing, "AT_ONCE", 1)
    shop.watch.forward(minutes=1)
    stock_up(shop.runtime, ("WH", "C3", 2))
    assert sum(resource_orders(shop.runtime) for _ in range(4)) == 1
    assert waiting(shop) == 1, "the broken one"


def test_a_back_order_that_no_plan_fits_goes_to_the_end_too_and_is_no_news(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    none = {"counts": [{"node": "FAR", "sku": "D4", "quantity": 0}]}
    assert shop.admin.put("/v1/stock/counts", json=none).status_code == 200
    shop.runtime.feed.look()
    assert shop.place("a-ahead", ("D4", 1), method="ship").status_code == 201
    sold_out(shop, "o-1")
    with shop.runtime.engine.begin() as conn:
        exclude(conn, "a-ahead", "FAR", "node_closed", shop.watch.now())
    shop.watch.forward(minutes=1)
    monkeypatch.setattr(resourcing, "AT_ONCE", 1)
    stock_up(shop.runtime, ("FAR", "D4", 1), ("WH", "C3", 1))
    assert sum(resource_orders(shop.runtime) for _ in range(2)) == 1
    assert waiting(shop) == 0
    assert "order.unroutable" not in events(shop, "a-ahead")
    with shop.runtime.engine.connect() as conn:
        assert unroutable_of(conn, "a-ahead") is None


def turns_to_come(shop: Shop) -> list[dict[str, int]]:
    """What the queued jobs of re-sourcing were told."""
    jobs = "SELECT args FROM procrastinate_jobs WHERE task_name = 'resource_orders' AND status = 'todo'"
    with shop.runtime.engine.connect() as conn:
        return list(conn.scalars(text(jobs)))


def forget_turns(shop: Shop) -> None:
    with shop.runtime.engine.begin() as conn:
        conn.execute(text("DELETE FROM procrastinate_jobs"))


@pytest.fixture
def one_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One order is looked up at a time, and a turn is over after it."""
    monkeypatch.setattr(resourcing, "AT_ONCE", 1)
    monkeypatch.setattr(resourcing, "TURN_S", 0.0)


def test_a_delivery_serves_all_that_wait_for_it_in_one_go(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    sold_out(shop, "o-1", "o-2", "o-3", "o-4")
    monkeypatch.setattr(resourcing, "AT_ONCE", 1)
    stock_up(shop.runtime, ("WH", "C3", 3))
    assert resource_orders(shop.runtime) == 3
    assert waiting(shop) == 1


@pytest.mark.usefixtures("one_at_once")
def test_what_a_turn_does_not_come_to_is_anothers_until_nothing_is_left(shop: Shop) -> None:
    """Two of four wait in vain. A turn that gave something a home begins anew, as a node's day may be free
    since; the others count down, so it comes to an end.
    """
    in_vain(shop, "a-nowhere")
    sold_out(shop, "b-broken", "c-sound", "d-sound")
    poison(shop, "b-broken")
    stock_up(shop.runtime, ("WH", "C3", 9))
    forget_turns(shop)
    told: list[dict[str, int]] = [{}]
    done: list[int] = []
    while told:
        assert len(told) == 1 and len(done) < 12, "round and round"
        shop.watch.forward(seconds=1)
        forget_turns(shop)
        done.append(resource_orders(shop.runtime, told[0].get("left")))
        told = turns_to_come(shop)
    assert sum(done) == 2 and waiting(shop) == 1, "the broken one"
    assert done[:4].count(1) == 2, "each was tried once before any was tried again"


@pytest.mark.usefixtures("one_at_once")
def test_stock_begins_anew_beside_a_turn_that_goes_on(shop: Shop) -> None:
    in_vain(shop, "a-nowhere")
    sold_out(shop, "o-1")
    stock_up(shop.runtime, ("WH", "C3", 2))
    forget_turns(shop)
    assert resource_orders(shop.runtime) == 0
    assert turns_to_come(shop) == [{"timestamp": 0, "left": 1}]
    receive(shop, "B2")
    receive(shop, "B2")
    assert turns_to_come(shop) == [{"timestamp": 0, "left": 1}, {"timestamp": 0}]
    shop.watch.forward(seconds=1)
    resource_orders(shop.runtime, 1)
    resource_orders(shop.runtime)
    assert waiting(shop) == 0


@pytest.mark.usefixtures("one_at_once")
def test_workers_take_turn_after_turn(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = elapsed_s()
    shown = shop.watch.now
    monkeypatch.setattr(shop.watch, "now", lambda: shown() + timedelta(seconds=elapsed_s() - begun))
    in_vain(shop, "a-nowhere")
    sold_out(shop, *(f"o-{no}" for no in range(4)))
    background = Background(shop.runtime)
    background.start()
    try:
        receive(shop, "C3")
        assert eventually(lambda: waiting(shop) == 0, 30)
        assert eventually(lambda: turns_to_come(shop) == [], 30)
    finally:
        background.close()
