"""Waves in the product: orders swap nodes where that saves, together, and only as they were looked at."""

from __future__ import annotations

import random
from typing import Any

import pytest
from sqlalchemy import text

from oms.steps.wave_snapshot import held_by, in_wave, move_minor, open_order, read_orders
from oms.store import waves as store
from oms.usecases import waves
from oms.usecases.decisions import one_explained
from oms.usecases.waves import plan_waves, run_waves
from routing.promise import Capacity
from routing.wave.problem import WaveResult
from routing.wave.solve import solve_wave
from tests.nodes.conftest import did, jobs, release_at_last, seen, stands
from tests.support import stock_up
from tests.waves.conftest import Shop, crossed, nodes, wave

MOVE = round(0.04 * (1040 + 470) / 2)
"""What a move has to save at least, where one order costs 10.40 and the other 4.70."""


def test_orders_make_room_for_each_other(shop: Shop) -> None:
    crossed(shop)
    done = wave(shop)
    assert done["state"] == "done"
    assert nodes(shop, "o-1") == ["ST-1"]
    assert nodes(shop, "o-2") == ["WH"]
    assert done["orders"] == 2
    assert done["before_minor"] - done["after_minor"] == 1040 + 470 - 470 - 570 - 2 * MOVE
    assert done["bound_minor"] <= done["after_minor"]
    assert {move["order_id"]: move["outcome"] for move in done["moves"]} == {"o-1": "moved", "o-2": "moved"}
    assert stands(shop, "WH", "A1")[:2] == (1, 1)
    assert stands(shop, "ST-1", "A1")[:2] == (3, 1)


@pytest.mark.parametrize(("share", "moves"), [(0.0, True), (0.28, True), (0.32, False)])
def test_a_move_saves_a_share_of_what_an_order_costs(shop: Shop, share: float, moves: bool) -> None:
    """Both moves save 4.70 together, 31 % of 15.10; an order costs half of that, and each is paid for."""
    crossed(shop)
    answer = shop.admin.put("/v1/policy", json={"breadth_weight": 0, "move_share": share})
    assert answer.status_code in (200, 201), answer.text
    shop.runtime.refresher.look()
    done = wave(shop)
    assert [move["outcome"] for move in done["moves"]] == ["moved"] * (2 * moves)
    assert nodes(shop, "o-2") == (["WH"] if moves else ["ST-1", "WH"])
    assert done["before_minor"] - done["after_minor"] == moves * (470 - 2 * round(share * 755))


@pytest.mark.parametrize("scale", [1, 10, 1_000])
def test_the_price_of_a_move_means_the_same_in_every_currency(shop: Shop, scale: int) -> None:
    """Yen have no minor units, dinars a thousand."""
    crossed(shop)
    with shop.runtime.engine.begin() as conn:
        conn.execute(text("UPDATE fulfilment_order SET cost_minor = cost_minor * :scale"), {"scale": scale})
        found = [
            found for id in ("o-1", "o-2") if (found := open_order(read_orders(conn, [id]), id)) is not None
        ]
        held = held_by(conn, found)
        seen_as = (in_wave(shop.runtime, held, Capacity({}), one) for one in found)
        members = [one for one in seen_as if one is not None]
    assert len(members) == 2
    assert move_minor(members, 0.04) == round(0.04 * scale * (1040 + 470) / 2)
    assert move_minor(members, 1e-9) == 1 and move_minor(members, 0) == 0


def test_every_move_has_its_event_and_its_decision(shop: Shop) -> None:
    crossed(shop)
    done = wave(shop)
    moved = [event for event in seen(shop, "o-2")["timeline"] if event["type"] == "order.moved"]
    assert [event["reason"] for event in moved] == ["wave"]
    for order in ("o-1", "o-2"):
        [decided] = [
            decision
            for decision in shop.admin.get(f"/v1/orders/{order}/decisions").json()["decisions"]
            if decision["trigger"] == "wave"
        ]
        with shop.runtime.engine.connect() as conn:
            assert one_explained(conn, decided["id"])["recomputed"]
    told = "SELECT array_agg(type ORDER BY type) FROM outbox WHERE subject_id = :id"
    assert shop.scalar(told, id=done["id"]) == ["wave.done", "wave.queued"]


def test_a_second_wave_finds_nothing_to_move(shop: Shop) -> None:
    crossed(shop)
    wave(shop)
    again = wave(shop)
    assert again["moves"] == []
    assert again["before_minor"] == again["after_minor"]
    assert again["gap"] == 0


def test_what_is_being_picked_stays(shop: Shop) -> None:
    crossed(shop)
    first = offered_of(shop, "o-1")
    did(shop, first, "accept")
    made = shop.post("/v1/pick-waves", {"node": "WH"}, shop.admin)
    assert made.status_code == 201, made.text
    for one in made.json()["pick_lists"]:
        assert shop.post(f"/v1/pick-lists/{one['id']}/claim", None, shop.admin).status_code == 200
    before = nodes(shop, "o-1"), nodes(shop, "o-2")
    wave(shop)
    assert (nodes(shop, "o-1"), nodes(shop, "o-2")) == before


def offered_of(shop: Shop, order_id: str) -> str:
    release_at_last(shop)
    [id] = list(jobs(shop, order_id))
    return id


def test_an_order_changed_meanwhile_stays_as_it_is(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    crossed(shop)

    def slowly(*given: Any, **more: Any) -> WaveResult:
        result = solve_wave(*given, **more)
        answer = shop.post("/v1/orders/o-2/cancel", {}, shop.admin)
        assert answer.status_code == 200, answer.text
        return result

    monkeypatch.setattr(waves, "solve_wave", slowly)
    done = wave(shop)
    assert nodes(shop, "o-1") == ["WH"]
    assert {move["outcome"] for move in done["moves"]} <= {"changed", "taken"}
    assert done["before_minor"] == done["after_minor"]


def test_a_market_has_waves_of_its_own(shop: Shop) -> None:
    crossed(shop)
    other = wave(shop, market="elsewhere")
    assert (other["orders"], other["moves"]) == (0, [])
    assert nodes(shop, "o-2") == ["ST-1", "WH"]


def test_waves_are_queued_by_the_hour_once_each(shop: Shop) -> None:
    assert plan_waves(shop.runtime) == 0
    crossed(shop)
    assert plan_waves(shop.runtime) == 1
    assert plan_waves(shop.runtime) == 0
    assert run_waves(shop.runtime) == 1
    assert nodes(shop, "o-2") == ["WH"]


def test_what_is_on_hold_stays(shop: Shop) -> None:
    crossed(shop)
    assert shop.post("/v1/orders/o-2/holds", {"hold": "care"}, shop.admin).status_code == 200
    assert wave(shop)["orders"] == 1
    assert nodes(shop, "o-2") == ["ST-1", "WH"]


def test_what_a_wave_came_to_is_kept(shop: Shop) -> None:
    crossed(shop)
    done = wave(shop)
    with shop.runtime.engine.connect() as conn:
        assert store.outcomes_of(conn, done["id"]) == {"moved": 2}
        assert [row.id for row in store.waves(conn, 5)] == [done["id"]]
        assert [move.order_id for move in store.moves_of(conn, done["id"], 1)] == ["o-2"]


@pytest.mark.parametrize("seed", range(2))
def test_many_orders_of_all_kinds_keep_the_books(shop: Shop, seed: int) -> None:
    dice = random.Random(seed)
    stock_up(shop.runtime, ("WH", "C3", 2), ("ST-1", "C3", 1), ("ST-2", "A1", 6), ("ST-2", "B2", 9))
    for no in range(16):
        skus = dice.sample(["A1", "B2", "C3", "K1"], dice.randint(1, 3))
        method = dice.choice(["ship", "ship", "ship", "courier"])
        shop.place(f"o-{no}", *[(sku, dice.randint(1, 2)) for sku in skus], method=method)
        shop.runtime.feed.look()
    done = wave(shop)
    assert done["state"] == "done", done
    assert done["orders"] > 3
    assert done["bound_minor"] <= done["after_minor"] <= done["before_minor"]
    again = wave(shop)
    assert again["before_minor"] <= done["after_minor"]


def test_a_wave_that_nobody_asked_for_is_not_there(shop: Shop) -> None:
    assert shop.admin.get("/v1/waves/none").status_code == 404
    assert shop.post("/v1/waves", {"deadline_s": 0}, shop.admin).status_code == 422
    assert shop.post("/v1/waves", {}, shop.web).status_code == 403
