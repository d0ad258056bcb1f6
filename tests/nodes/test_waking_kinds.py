"""Whatever leaves more units or more room than before wakes re-sourcing: measured in the tables, not by the
list of events that are said to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from inventory.catalogue_edit import put_nodes
from oms.steps.expiring import expire_reservations
from oms.store.versions import bump
from oms.usecases.collecting import expire_pickups
from oms.usecases.import_jobs import run_imports
from oms.usecases.offers import expire_offers
from oms.usecases.releasing import release_due
from oms.usecases.resourcing import resource_orders
from tests.checkout.conftest import Shop, basket
from tests.checkout.scenes import Scenes
from tests.checkout.scenes_by_room import scenes_of
from tests.checkout.test_every_post import documented
from tests.handover.work import packed
from tests.nodes.conftest import did, jobs, offered
from tests.nodes.test_waking import QUEUED
from tests.support import HOME, NODES, node_row, stock_up
from tests.waves.conftest import crossed, wave

FREE = """
    SELECT 'shelf', s.id, n.id, '', CASE WHEN p.blocked OR NOT s.active THEN 0 ELSE p.on_hand - p.reserved
        - p.safety_stock - coalesce((SELECT sum(f.quantity) FROM fence f
            WHERE f.sku_no = p.sku_no AND f.node_no = p.node_no), 0) END AS units
    FROM position p JOIN sku s ON s.no = p.sku_no JOIN node n ON n.no = p.node_no
    UNION ALL SELECT 'fence', s.id, n.id, f.name, f.quantity
    FROM fence f JOIN sku s ON s.no = f.sku_no JOIN node n ON n.no = f.node_no
    UNION ALL SELECT 'coming', s.id, i.id, '', greatest(l.quantity - l.received - l.promised, 0)
    FROM inbound i JOIN inbound_line l ON l.inbound_id = i.id JOIN sku s ON s.no = l.sku_no
    WHERE i.state = 'open'
    UNION ALL SELECT 'room', n.id, CAST(c.day AS text), c.bucket, -c.held
    FROM capacity c JOIN node n ON n.no = c.node_no
"""
WAITS = "w-1"


def free(shop: Shop) -> dict[tuple[str, ...], int]:
    """What is there for whoever asks next; of a node's day how much of it is not taken, from 0 down."""
    with shop.runtime.engine.connect() as conn:
        rows = conn.execute(text(FREE)).all()
    return {tuple(map(str, row[:-1])): row[-1] for row in rows}


def more(shop: Shop, before: dict[tuple[str, ...], int]) -> list[tuple[str, ...]]:
    """Of what there is more than before."""
    return [key for key, units in free(shop).items() if units > before.get(key, 0)]


def asleep(shop: Shop) -> None:
    with shop.runtime.engine.begin() as conn:
        conn.execute(text("DELETE FROM procrastinate_jobs"))


@pytest.fixture
def waiting(shop: Shop) -> Shop:
    """An order waits, and the warehouse counts what it sends."""
    limited = [node_row(replace(one, limits={"ship": 300})) for one in NODES if one.id == "WH"]
    with shop.runtime.engine.begin() as conn:
        put_nodes(conn, limited)
        bump(conn, "network")
    shop.runtime.feed.look()
    shop.runtime.refresher.look()
    did(shop, offered(shop, WAITS, ("D4", 2)), "reject", reason="node_closed")
    shop.runtime.feed.look()
    return shop


def test_no_post_leaves_more_without_waking(waiting: Shop) -> None:
    scenes = Scenes(waiting)
    by_path = scenes_of(scenes)
    woke, slept = set[str](), set[str]()
    for path, example in documented(waiting).items():
        asked = by_path[path]() if path in by_path else (path, example)
        before = free(waiting)
        asleep(waiting)
        answer = waiting.post(*asked, waiting.admin)
        assert answer.status_code < 300, (path, answer.text)
        if more(waiting, before):
            (woke if waiting.scalar(QUEUED) else slept).add(path)
    assert slept == set()
    assert woke >= {
        "/v1/reservations/{id}/void",
        "/v1/reservations/void",
        "/v1/orders/{id}/cancel",
        "/v1/fulfilment-orders/{id}/reject",
        "/v1/fulfilment-orders/{id}/cancel",
        "/v1/fulfilment-orders/{id}/move",
        "/v1/inbound",
        "/v1/inbound/{id}/receive",
        "/v1/transfers/{id}/receive",
        "/v1/transfers/{id}/cancel",
        "/v1/returns/{id}/inspect",
    }


def placed(shop: Shop, order_id: str, *lines: tuple[str, int], **wish: Any) -> None:
    answer = shop.place(order_id, *lines, **{"method": "ship", **wish})
    assert answer.status_code == 201, answer.text
    shop.runtime.feed.look()


def held(shop: Shop, units: int, **wish: Any) -> str:
    """A cart with handles."""
    ask = {"lines": basket(("A1", units)), "destination": HOME, "reserve": {"option": "cheapest"}}
    answer = shop.post("/v1/promises", {**ask, **wish})
    assert answer.status_code == 200, answer.text
    found: str = answer.json()["reservation"]["reservation_id"]
    return found


def soon(shop: Shop) -> None:
    """Whatever is placed is offered at once."""
    assert shop.admin.put("/v1/work", json={"lead_minutes": 40_000}).status_code in (200, 201)


def cart_expired(shop: Shop) -> Callable[[], object]:
    held(shop, 2)
    shop.watch.forward(hours=1)
    return lambda: expire_reservations(shop.runtime)


def cart_made_smaller(shop: Shop) -> Callable[[], object]:
    first = held(shop, 3)
    return lambda: held(shop, 1, reservation_id=first)


def offer_expired(shop: Shop) -> Callable[[], object]:
    soon(shop)
    placed(shop, "o-1", ("A1", 2))
    assert release_due(shop.runtime) == 1
    shop.watch.forward(hours=2)
    return lambda: expire_offers(shop.runtime)


def pickup_expired(shop: Shop) -> Callable[[], object]:
    packed(shop, "o-1", ("A1", 2), method="pickup", pickup_node="ST-1")
    shop.watch.forward(days=30)
    return lambda: expire_pickups(shop.runtime)


def moved_by_a_wave(shop: Shop) -> Callable[[], object]:
    crossed(shop)
    return lambda: wave(shop)


def moved_by_hand(shop: Shop) -> Callable[[], object]:
    placed(shop, "o-1", ("A1", 2))
    [(id, (node, _))] = jobs(shop, "o-1").items()
    other = "WH" if node == "ST-1" else "ST-1"
    return lambda: shop.post(f"/v1/fulfilment-orders/{id}/move", {"node": other}, shop.admin)


def sent_from_elsewhere(shop: Shop) -> Callable[[], object]:
    """A count took the units of an order at the warehouse, whose day was still taken."""
    placed(shop, "o-1", ("A1", 4))
    assert jobs(shop, "o-1").popitem()[1][0] == "WH"
    count(shop, "WH", "A1", 0)
    stock_up(shop.runtime, ("FAR", "A1", 9))
    return lambda: resource_orders(shop.runtime)


def count(shop: Shop, node: str, sku: str, units: int) -> None:
    counts = {"counts": [{"node": node, "sku": sku, "quantity": units}]}
    assert shop.admin.put("/v1/stock/counts", json=counts).status_code == 200
    shop.runtime.feed.look()


def counted(shop: Shop) -> Callable[[], object]:
    return lambda: count(shop, "WH", "A1", 99)


def less_kept(shop: Shop, what: str, **less: Any) -> Callable[[], object]:
    line = {"node": "WH", "sku": "A1"}

    def put(**values: Any) -> None:
        flag = {"blocked": values.pop("blocked")} if "blocked" in values else {}
        answer = shop.admin.put(f"/v1/stock/{what}", json={"lines": [line | values], **flag})
        assert answer.status_code == 200, answer.text

    first = {"blocked": True} if "blocked" in less else {**less, "quantity": 4}
    put(**first)
    return lambda: put(**less)


def sold_again(shop: Shop) -> Callable[[], object]:
    def put(active: bool) -> None:
        shown = {"name": "Handle", "weight_g": 300, "unit_price_minor": 1299, "active": active}
        answer = shop.admin.put("/v1/skus/A1", json=shown)
        assert answer.status_code == 200, answer.text

    put(False)
    return lambda: put(True)


def imported(shop: Shop, name: str, content: str) -> Callable[[], object]:
    answer = shop.post("/v1/imports", {"files": {name: content}}, shop.admin)
    assert answer.status_code == 202, answer.text

    def done() -> None:
        run_imports(shop.runtime)
        said = shop.admin.get(answer.headers["location"]).json()
        assert said["state"] == "done", said

    return done


def sold_again_by_import(shop: Shop) -> Callable[[], object]:
    sold_again(shop)
    return imported(shop, "skus.csv", "id,weight_g,name\nA1,300,Handle\n")


KINDS: dict[str, Callable[[Shop], Callable[[], object]]] = {
    "a cart's time is up": cart_expired,
    "a cart is made smaller": cart_made_smaller,
    "an offer's time is up": offer_expired,
    "a pickup's time is up": pickup_expired,
    "a wave moves orders": moved_by_a_wave,
    "somebody moves an order": moved_by_hand,
    "an order is sent from elsewhere": sent_from_elsewhere,
    "a shelf is counted": counted,
    "less safety stock": lambda shop: less_kept(shop, "safety-stock", quantity=0),
    "a smaller fence": lambda shop: less_kept(shop, "fences", quantity=0, name="own", channels=["elsewhere"]),
    "a shelf is open again": lambda shop: less_kept(shop, "blocks", blocked=False),
    "a SKU is sold again": sold_again,
    "a SKU is sold again, by import": sold_again_by_import,
    "an import of stock": lambda shop: imported(shop, "stock.csv", "node,sku,on_hand\nWH,A1,500\n"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_leaves_more_wakes(waiting: Shop, kind: str) -> None:
    act = KINDS[kind](waiting)
    before = free(waiting)
    asleep(waiting)
    act()
    assert more(waiting, before), "the test is about what leaves more"
    assert waiting.scalar(QUEUED) == 1


def test_what_takes_wakes_nobody(waiting: Shop) -> None:
    """An order and a cart above all, of which there are thousands."""
    soon(waiting)
    asleep(waiting)
    held(waiting, 1)
    placed(waiting, "o-1", ("A1", 1))
    assert release_due(waiting.runtime) == 1
    [id] = jobs(waiting, "o-1")
    did(waiting, id, "accept")
    assert waiting.scalar(QUEUED) == 0
