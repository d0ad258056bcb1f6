"""One order or import that breaks whatever touches it: told in the log, and in nobody else's way."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from oms.actors import SYSTEM
from oms.steps.expiring import expire_reservations
from oms.store import import_jobs
from oms.usecases import waves
from oms.usecases.collecting import expire_pickups
from oms.usecases.import_jobs import run_imports
from oms.usecases.offers import expire_offers
from oms.usecases.releasing import alarm_stuck, release_due
from oms.usecases.resourcing import resource_orders
from oms.usecases.retention import forget_personal
from oms.work import transact
from routing.wave.problem import WaveResult
from routing.wave.solve import solve_wave
from tests.checkout.conftest import Shop, basket
from tests.handover.work import packed
from tests.nodes.conftest import jobs, offered
from tests.support import HOME, stock_up
from tests.waves.conftest import crossed, wave


def poison(shop: Shop, order_id: str) -> Any:
    """A hand in the database left the order with a promise nobody can read; what stood there."""
    with shop.runtime.engine.begin() as conn:
        before = conn.scalar(text('SELECT promise FROM "order" WHERE id = :id'), {"id": order_id})
        conn.execute(text("UPDATE \"order\" SET promise = '{}' WHERE id = :id"), {"id": order_id})
    return before


def cure(shop: Shop, order_id: str) -> None:
    """The promise of another order, which is as good."""
    heal = 'UPDATE "order" SET promise = (SELECT promise FROM "order" WHERE id = :other) WHERE id = :id'
    with shop.runtime.engine.begin() as conn:
        conn.execute(text(heal), {"id": order_id, "other": "healthy"})


def states(shop: Shop) -> dict[str, str]:
    with shop.runtime.engine.connect() as conn:
        found = conn.execute(text("SELECT order_id, state FROM fulfilment_order ORDER BY no"))
        return {row.order_id: row.state for row in found}


def test_an_order_that_breaks_holds_up_no_release_and_no_offer(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    for id in ("a-broken", "healthy"):
        assert shop.place(id, ("A1", 1), method="ship").status_code == 201
    poison(shop, "a-broken")
    shop.watch.forward(days=1)
    release_due(shop.runtime)
    assert states(shop) == {"a-broken": "scheduled", "healthy": "offered"}
    assert "a-broken breaks a job and is passed over" in caplog.text
    cure(shop, "a-broken")
    release_due(shop.runtime)
    assert set(states(shop).values()) == {"offered"}
    poison(shop, "a-broken")
    shop.watch.forward(hours=1)
    assert expire_offers(shop.runtime) == 1
    cure(shop, "a-broken")
    assert expire_offers(shop.runtime) == 1


def test_an_order_that_breaks_holds_up_nobody_who_waits_for_stock(shop: Shop) -> None:
    for id in ("a-broken", "healthy"):
        assert shop.place(id, ("C3", 2), method="ship").status_code == 201
    zero = {"counts": [{"node": node, "sku": "C3", "quantity": 0} for node in ("FAR", "ST-2")]}
    assert shop.admin.put("/v1/stock/counts", json=zero).status_code == 200
    waiting = "SELECT count(*) FROM order_line WHERE unrouted > 0"
    assert shop.scalar(waiting) == 2
    poison(shop, "a-broken")
    stock_up(shop.runtime, ("FAR", "C3", 9))
    assert resource_orders(shop.runtime) == 1
    cure(shop, "a-broken")
    assert resource_orders(shop.runtime) == 1 and shop.scalar(waiting) == 0


def queued(shop: Shop, name: str) -> str:
    files = {"skus.csv": f"id,weight_g,name\n{name},750,Loaf\n"}
    answer = shop.post("/v1/imports", {"files": files}, shop.admin)
    assert answer.status_code == 202, answer.text
    return str(answer.headers["location"])


def test_an_import_that_breaks_is_given_up_and_the_next_one_runs(shop: Shop) -> None:
    broken, sound = queued(shop, "X1"), queued(shop, "X2")
    with shop.runtime.engine.begin() as conn:
        garbage = text("UPDATE import_job SET files = 'no such thing' WHERE id = :id")
        conn.execute(garbage, {"id": broken.rpartition("/")[2]})
    assert run_imports(shop.runtime) == 2
    said = shop.admin.get(broken).json()
    assert said["state"] == "failed" and "It broke off" in said["faults"][0]["detail"]
    assert shop.admin.get(sound).json()["state"] == "done"


def test_an_import_that_no_process_survives_is_given_up(shop: Shop) -> None:
    """It is begun and its process ends, again and again."""
    deadly = queued(shop, "X1")
    for attempt in range(1, import_jobs.ATTEMPTS_MOST + 1):
        mine = transact(shop.runtime, SYSTEM, lambda work: import_jobs.claim(work.conn, work.at))
        assert mine is not None and mine.attempt == attempt
        assert run_imports(shop.runtime) == 0, "somebody is at it"
        shop.watch.forward(minutes=3)
    sound = queued(shop, "X2")
    assert run_imports(shop.runtime) == 1
    said = shop.admin.get(deadly).json()
    assert said["state"] == "failed" and "never came to an end" in said["faults"][0]["detail"]
    assert shop.admin.get(sound).json()["state"] == "done"


def test_an_order_that_breaks_holds_up_no_wave_and_is_counted(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    crossed(shop)
    assert shop.place("o-0", ("B2", 1), method="ship").status_code == 201
    poison(shop, "o-0")
    done = wave(shop)
    assert done["state"] == "done" and done["orders"] == 2
    assert {move["order_id"]: move["outcome"] for move in done["moves"]} == {"o-1": "moved", "o-2": "moved"}
    assert done["detail"] == "Passed over because they break a wave, the log says where: 1 (o-0)"
    assert "o-0 breaks a job and is passed over" in caplog.text and "KeyError" in caplog.text


def test_a_wave_of_nothing_but_what_breaks_says_so(shop: Shop) -> None:
    for id in ("o-1", "o-2"):
        assert shop.place(id, ("B2", 1), method="ship").status_code == 201
        poison(shop, id)
    done = wave(shop)
    assert done["state"] == "done"
    assert done["detail"].startswith("No open order of this market could move; Passed over")
    assert done["detail"].endswith("2 (o-1, o-2)")


def test_an_order_that_breaks_while_the_wave_is_solved_stays_and_is_counted(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    crossed(shop)

    def slowly(*given: Any, **more: Any) -> WaveResult:
        result = solve_wave(*given, **more)
        poison(shop, "o-2")
        return result

    monkeypatch.setattr(waves, "solve_wave", slowly)
    done = wave(shop)
    assert done["state"] == "done" and "2 (o-1, o-2)" in done["detail"]
    assert {move["outcome"] for move in done["moves"]} == {"changed"}


def test_a_pickup_that_breaks_holds_up_no_other(shop: Shop) -> None:
    for id in ("a-broken", "healthy"):
        packed(shop, id, ("A1", 1), method="pickup", pickup_node="ST-1")
    poison(shop, "a-broken")
    shop.watch.forward(days=30)
    assert expire_pickups(shop.runtime) == 1
    cure(shop, "a-broken")
    assert expire_pickups(shop.runtime) == 1


@pytest.mark.parametrize("state", ["scheduled", "offered"], ids=["another state's", "its own state's"])
def test_work_that_breaks_holds_up_no_alarm(shop: Shop, caplog: pytest.LogCaptureFixture, state: str) -> None:
    """An instant that nobody can read, of the state in which it stands, or of an earlier one."""
    for id in ("a-broken", "healthy"):
        offered(shop, id, ("A1", 1))
    shop.watch.forward(days=10)
    garbage = """
        UPDATE fulfilment_order SET instants = instants || jsonb_build_object(CAST(:state AS text), 'no day')
        WHERE order_id = 'a-broken'
    """
    with shop.runtime.engine.begin() as conn:
        conn.execute(text(garbage), {"state": state})
    assert alarm_stuck(shop.runtime) == 1
    assert "breaks a job and is passed over" in caplog.text
    assert alarm_stuck(shop.runtime) == 0
    heal = "UPDATE fulfilment_order SET instants = (SELECT instants FROM fulfilment_order WHERE id = :other)"
    with shop.runtime.engine.begin() as conn:
        conn.execute(text(heal), {"other": next(iter(jobs(shop, "healthy")))})
    assert alarm_stuck(shop.runtime) == 1


def test_a_reservation_that_breaks_holds_up_no_other_and_no_order(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    """A hand in the database gave back what one cart holds, so that giving it back once more breaks."""
    ask = {"destination": HOME, "reserve": {"option": "cheapest"}}
    for sku, units in (("D4", 1), ("C3", 7), ("A1", 2)):
        assert shop.post("/v1/promises", {"lines": basket((sku, units)), **ask}).status_code == 200
    taken = (
        "UPDATE position SET reserved = reserved + :units WHERE sku_no = (SELECT no FROM sku WHERE id = 'D4')"
    )
    with shop.runtime.engine.begin() as conn:
        conn.execute(text(taken), {"units": -1})
    shop.watch.forward(hours=1)
    assert shop.place("o-2", ("C3", 8), method="ship").status_code == 409, "of lamps there are seven"
    assert "breaks a job and is passed over" in caplog.text
    over = "SELECT count(*) FROM reservation_group WHERE state = 'expired'"
    assert shop.scalar(over) == 2, "the others' carts went, before the order was refused for its lamps"
    assert shop.place("o-1", ("C3", 7), method="ship").status_code == 201
    assert expire_reservations(shop.runtime) == 0
    with shop.runtime.engine.begin() as conn:
        conn.execute(text(taken), {"units": 1})
    assert expire_reservations(shop.runtime) == 1


def test_personal_data_that_cannot_go_holds_up_no_other_kind(lone_shop: Shop) -> None:
    """The retailer's own table refers to contacts, so they cannot be deleted."""
    shop = lone_shop
    placed = shop.place("o-1", ("A1", 1), method="ship", customer={"email": "kim@example.com"})
    assert placed.status_code == 201
    customer = shop.scalar("SELECT id FROM customer")
    said = {"direction": "note", "note": "Rings at noon"}
    assert shop.post(f"/v1/customers/{customer}/contacts", said, shop.admin).status_code < 300
    assert shop.post("/v1/orders/o-1/cancel", {}, shop.admin).status_code == 200
    rules = {"contact_days": 1, "address_days": 1}
    assert shop.admin.put("/v1/retention", json=rules).status_code in (200, 201)
    with shop.runtime.engine.begin() as conn:
        conn.execute(text("CREATE TABLE own AS SELECT id FROM contact"))
        conn.execute(text("ALTER TABLE own ADD FOREIGN KEY (id) REFERENCES contact (id)"))
    shop.runtime.refresher.look()
    shop.watch.forward(days=60)
    gone = forget_personal(shop.runtime)
    assert (gone["contacts"], gone["addresses"]) == (0, 1)
    with shop.runtime.engine.begin() as conn:
        conn.execute(text("DROP TABLE own"))
    assert forget_personal(shop.runtime)["contacts"] == 1
