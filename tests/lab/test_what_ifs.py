"""What-ifs in the product: asked for, played by a worker on a copy, kept beside what was."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import pytest

from api.wire.what_ifs import WhatIfShown
from oms.actors import SYSTEM
from oms.adapters.folder_replay import replay_of
from oms.lab import apart
from oms.lab.apart import Broken, Stopped, play_apart
from oms.lab.changes import Changes, NewNode, changed
from oms.lab.history import read_history
from oms.lab.playing import Bounding, Task, Variant, World, play
from oms.refusals import Refused
from oms.store import what_ifs as store
from oms.usecases import what_ifs
from oms.usecases.what_ifs import WANTED, Wanted, run_what_ifs, submit_what_if
from oms.work import transact
from routing.replay.clairvoyant import USUAL_ROUNDS
from routing.replay.report import compare
from tests.lab.conftest import DAY, Shop, what_if
from tests.lab.test_history import DAYS

PASSES = 2 * (len(what_ifs.USUAL_POLICIES) + USUAL_ROUNDS)
UNTOUCHED = """
    SELECT jsonb_build_array((SELECT jsonb_agg(p ORDER BY p.sku_no, p.node_no) FROM position p),
        (SELECT jsonb_agg(o ORDER BY o.id) FROM "order" o), (SELECT count(*) FROM movement),
        (SELECT jsonb_agg(n ORDER BY n.no) FROM node n),
        (SELECT jsonb_agg(d ORDER BY d.kind, d.id) FROM network_document d))
"""


def test_closing_a_node_is_shown_beside_what_was(sold: Shop) -> None:
    before = sold.scalar(UNTOUCHED)
    done = what_if(sold, close=["WH"])
    assert sold.scalar(UNTOUCHED) == before
    WhatIfShown.model_validate(done, strict=False)
    assert (done["state"], done["done"], done["runs"]) == ("done", PASSES, PASSES)
    result = done["result"]
    assert (result["orders"], result["orders_changed"], result["left_out"]) == (4, 4, 1)
    base, shut = ({one["policy"]: one for one in result[world]} for world in ("base", "changed"))
    assert list(base) == list(shut) == list(what_ifs.USUAL_POLICIES)
    sent = {node["node"]: node["parcels"] for node in base["cheapest"]["nodes"]}
    assert sent["WH"] >= 2
    assert {node["node"]: node["parcels"] for node in shut["cheapest"]["nodes"]}["WH"] == 0
    assert shut["cheapest"]["cost_per_order_minor"] > base["cheapest"]["cost_per_order_minor"]
    parts = ("transport_per_order_minor", "fixed_per_order_minor", "pick_per_order_minor")
    assert sum(base["cheapest"][part] for part in parts) == pytest.approx(
        base["cheapest"]["paid_per_order_minor"]
    )
    assert base["cheapest"]["line_fill"] == 1


def test_it_is_the_same_as_a_replay_of_the_copy(sold: Shop) -> None:
    done = what_if(sold, policies=["cheapest"], demand=2.0, tariffs=[{"tariff": "*", "times": 1.1}])
    wanted = WANTED.validate_python(done["wanted"])
    with sold.runtime.engine.connect() as conn:
        folder = read_history(conn, DAYS).folder
    again = [play(folder, variant).digest for variant in wanted.variants]
    assert [one["digest"] for one in done["result"]["base"] + done["result"]["changed"]] == again
    assert done["result"]["orders_changed"] == 8


def test_it_tells_how_good_the_best_could_be(sold: Shop) -> None:
    """The bound of each world, and the share of the way there, as a replay of the copy tells them."""
    done = what_if(sold, policies=["nearest", "sparing"], demand=3.0)["result"]
    with sold.runtime.engine.connect() as conn:
        folder = read_history(conn, DAYS).folder
    for world, changes in (("base", Changes()), ("changed", Changes(demand=3.0))):
        ground, stream = replay_of(changed(folder, changes))
        found = compare(ground, stream, ("nearest", "cheapest", "sparing"))
        assert done[f"bound_{world}_minor"] == pytest.approx(found.bound_per_order_minor)
        for one in done[world]:
            assert one["gap_closed"] == found.policies[one["policy"]].gap_closed
            assert one["cost_per_order_minor"] >= done[f"bound_{world}_minor"]
    assert all(one["gap_closed"] is not None for one in done["changed"])


def test_it_tells_how_far_a_bound_is(sold: Shop) -> None:
    with sold.runtime.engine.connect() as conn:
        folder = read_history(conn, DAYS).folder
    heard: list[int] = []
    tasks: list[Task] = [Variant("cheapest"), Bounding(World(), 5), Variant("nearest")]
    cheapest, bound, nearest = play_apart(folder, tasks, heard.append, lambda: False)
    assert isinstance(bound, float) and not isinstance(cheapest, float) and not isinstance(nearest, float)
    assert bound <= cheapest.cost_per_order_minor + 1e-6
    assert heard == sorted(heard) and heard[-1] == 7 and {2, 3, 4, 5} <= set(heard)


def test_more_orders_than_there_is_time_for_have_no_bound(
    sold: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(what_ifs, "MOST_BOUNDED", 8 * what_ifs.LEAST_ROUNDS)
    done = what_if(sold, policies=["nearest", "cheapest"], stock=0.5)
    assert done["runs"] == done["done"] == 4 + 2 * what_ifs.LEAST_ROUNDS
    assert done["result"]["bound_base_minor"] is not None
    done = what_if(sold, policies=["nearest", "cheapest"], demand=2.0)
    assert done["runs"] == done["done"] == 4
    assert done["result"]["bound_base_minor"] is done["result"]["bound_changed_minor"] is None
    assert done["result"]["notes"] == [what_ifs.UNBOUNDED_NOTE]
    assert {one["gap_closed"] for one in done["result"]["base"]} == {None}


def test_a_new_store_takes_work(sold: Shop) -> None:
    near = {"id": "NEW", "lat": 40.75, "lon": -73.99, "like": "WH"}
    done = what_if(sold, policies=["nearest"], add=[near])
    [now] = done["result"]["changed"]
    assert {node["node"]: node["parcels"] for node in now["nodes"]}["NEW"] > 0


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"close": ["X"]}, "/close/0"),
        ({"tariffs": [{"tariff": "none", "times": 2.0}]}, "/tariffs/0/tariff"),
        ({"add": [{"id": "WH", "lat": 0.0, "lon": 0.0, "like": "WH"}]}, "/add/0/id"),
        ({"tariffs": [{"tariff": "*", "times": 2.0}, {"tariff": "*", "times": 3.0}]}, "/tariffs/1/tariff"),
        ({"demand": 0.1}, "/demand"),
        ({"demand": 2.0, "first_day": "9999-12-31", "last_day": "9999-12-31"}, "/last_day"),
        ({"demand": 2.0, "first_day": "0001-01-01", "last_day": "0001-01-01"}, "/first_day"),
        ({"demand": 2.0, "policies": ["best"]}, "/policies"),
        ({"demand": 2.0, "policies": []}, "/policies"),
        ({"demand": 2.0, "policies": ["nearest,parcel_minor=5"]}, "/policies"),
        ({"demand": 2.0, "policies": ["sparing,parcel_minor=-5"]}, "/policies"),
        ({"demand": 2.0, "policies": ["sparing,seed=5"]}, "/policies"),
        ({"demand": 2.0, "policies": ["sparing,parcel_minor=5", "sparing,parcel_minor=5.0"]}, "/policies"),
        ({"demand": 2.0, "last_day": "2026-01-12"}, "/last_day"),
        ({"demand": 2.0, "first_day": "2026-01-20", "last_day": "2026-01-21"}, "/first_day"),
        ({"demand": -1.0}, "/demand"),
    ],
)
def test_what_cannot_be_played_is_refused_by_name(sold: Shop, body: Any, pointer: str) -> None:
    answer = sold.post("/v1/what-ifs", {"first_day": DAY, "last_day": DAY, **body}, sold.admin)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


def test_a_node_like_one_that_is_closed_is_refused(sold: Shop) -> None:
    spec = sold.runtime.networks.current.spec
    shut = replace(spec, nodes=tuple(replace(node, active=node.id != "FAR") for node in spec.nodes))
    day = date.fromisoformat(DAY)
    for like, fits in (("WH", True), ("FAR", False)):
        wanted = Wanted(day, day, changes=Changes(add=(NewNode("NEW", 40.0, -74.0, like),)))
        if fits:
            transact(sold.runtime, SYSTEM, partial(submit_what_if, spec=shut, wanted=wanted))
            continue
        with pytest.raises(Refused) as refused:
            transact(sold.runtime, SYSTEM, partial(submit_what_if, spec=shut, wanted=wanted))
        assert [fault.pointer for fault in refused.value.refusal.faults] == ["/add/0/like"]


def test_nothing_different_and_too_much_are_refused(sold: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    same = {"first_day": DAY, "last_day": DAY}
    assert sold.post("/v1/what-ifs", same, sold.admin).status_code == 422
    for limit, most in (("MOST_PLAYS", 47), ("MOST_AHEAD", 11), ("MOST_CELLS", 11)):
        with monkeypatch.context() as patched:
            patched.setattr(what_ifs, limit, most)
            body = same | {"demand": 2.0, "policies": ["nearest", "cheapest", "sparing", "lookahead"]}
            answer = sold.post("/v1/what-ifs", body, sold.admin)
            assert answer.status_code == 422 and "choose fewer" in answer.json()["detail"], answer.text
    monkeypatch.setattr(what_ifs, "MOST_ORDERS", 7)
    assert sold.post("/v1/what-ifs", same | {"demand": 2.0}, sold.admin).status_code == 422
    assert sold.post("/v1/what-ifs", same | {"demand": 1.5}, sold.admin).status_code == 202


def test_only_the_office_may(sold: Shop) -> None:
    assert sold.post("/v1/what-ifs", {"first_day": DAY, "last_day": DAY, "demand": 2.0}).status_code == 403
    assert sold.web.get("/v1/what-ifs/none").status_code == 403
    assert sold.admin.get("/v1/what-ifs/none").status_code == 404


def test_a_process_that_ends_goes_on_with_it_later(sold: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = sold.post("/v1/what-ifs", {"first_day": DAY, "last_day": DAY, "stock": 0.5}, sold.admin)
    sold.runtime.closing.set()
    assert run_what_ifs(sold.runtime) == 0
    sold.runtime.closing.clear()

    def leaving(*given: Any) -> Any:
        threading.Timer(0.2, sold.runtime.closing.set).start()
        return play_apart(*given)

    monkeypatch.setattr(what_ifs, "play_apart", leaving)
    began = time.monotonic()
    assert run_what_ifs(sold.runtime) == 1
    assert time.monotonic() - began < 10
    assert sold.admin.get(asked.headers["Location"]).json()["state"] == "queued"
    sold.runtime.closing.clear()
    monkeypatch.undo()
    assert run_what_ifs(sold.runtime) == 1
    assert sold.admin.get(asked.headers["Location"]).json()["state"] == "done"


def test_what_breaks_off_says_so(sold: Shop) -> None:
    with sold.runtime.engine.connect() as conn:
        folder = read_history(conn, DAYS).folder
    with pytest.raises(Broken, match="KeyError"):
        play_apart(folder, [Variant("unheard of")], lambda done: None, lambda: False)
    with pytest.raises(Stopped):
        play_apart(folder, [Variant("cheapest")], lambda done: None, lambda: True)


def test_stock_of_days_gone_by_is_said_to_be_todays(sold: Shop) -> None:
    assert what_if(sold, policies=["nearest"], stock=0.5)["result"]["notes"] == []
    sold.watch.forward(days=1)
    assert what_if(sold, policies=["nearest"], stock=0.5)["result"]["notes"] == [what_ifs.STOCK_NOTE]


def test_the_list_does_without_results(sold: Shop) -> None:
    done = what_if(sold, policies=["nearest"], stock=0.5)
    with sold.runtime.engine.connect() as conn:
        [listed] = store.what_ifs(conn, 10)
    assert (listed.id, listed.state, listed.result) == (done["id"], "done", None)


def test_poll_is_short_enough_to_close_in_time() -> None:
    assert apart.POLL_S + apart.END_S < 10
    assert Changes() == Changes(close=(), add=(), tariffs=(), demand=1.0, stock=1.0)
