"""Decisions stored small, recomputed bit for bit over HTTP and on the command line; the engine alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from api.wire.routing import PROBLEM
from inventory.pool import Breadth
from oms.store.decisions import decisions_of
from routing.files import plan_to_json, problem_from_json
from routing.route import route
from routing.verify import recount
from tests.checkout.conftest import Shop, basket
from tests.support import HOME

LINES = (("A1", 2), ("B2", 3), ("C3", 1), ("K1", 1))


@pytest.mark.parametrize("tag", ["cheapest", "fastest", "fewest_parcels"])
def test_every_kind_of_plan_comes_out_again_to_the_last_bit(shop: Shop, tag: str) -> None:
    body = {"lines": basket(*LINES), "destination": HOME, "methods": ["ship"], "reserve": {"option": tag}}
    held = shop.post("/v1/promises", body).json()["reservation"]["reservation_id"]
    assert shop.place("o-1", *LINES, reservation_id=held).status_code == 201
    with shop.runtime.engine.connect() as conn:
        (stored,) = decisions_of(conn, [held])
    problem = problem_from_json(stored.inputs["problem"])
    plan = route(problem)
    assert plan_to_json(problem, plan) == stored.plan
    assert not recount(problem, plan).faults
    (decision,) = shop.admin.get("/v1/orders/o-1/decisions").json()["decisions"]
    assert decision["recomputed"]


def test_prices_by_breadth_are_stored_with_the_decision(shop: Shop) -> None:
    shop.runtime.pool.weigh()
    assert shop.place("o-1", *LINES, method="ship").status_code == 201
    shop.runtime.pool.breadth = Breadth()  # what it is later does not matter
    (decision,) = shop.admin.get("/v1/orders/o-1/decisions").json()["decisions"]
    assert decision["recomputed"]
    with shop.runtime.engine.connect() as conn:
        (stored,) = decisions_of(conn, ["o-1"])
    problem = problem_from_json(stored.inputs["problem"])
    assert problem.bid_price_minor.max() > 0
    assert plan_to_json(problem, route(problem)) == stored.plan


def test_the_explanation_says_why_not_the_others(shop: Shop) -> None:
    shop.place("o-1", ("A1", 2), method="ship")
    (decision,) = shop.admin.get("/v1/orders/o-1/decisions").json()["decisions"]
    told = json.dumps(decision["explanation"])
    sends = {parcel["node"] for parcel in decision["plan"]["parcels"]}
    for node in {"WH", "ST-1", "ST-2", "FAR"} - sends:
        assert node in told, node


def test_the_command_line_recomputes_a_decision(shop: Shop, database_url: str, tmp_path: Path) -> None:
    shop.place("o-1", ("A1", 2), method="ship")
    (decision,) = shop.admin.get("/v1/orders/o-1/decisions").json()["decisions"]
    command = [str(Path(sys.executable).with_name("anyshelf")), "route", "--decision"]
    env = {**os.environ, "ANYSHELF_DATABASE_URL": database_url, "ANYSHELF_DATA_DIR": str(tmp_path)}
    found = subprocess.run([*command, decision["id"]], env=env, capture_output=True, text=True, timeout=120)
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout)["plan"] == decision["plan"]
    unknown = subprocess.run([*command, "dec_none"], env=env, capture_output=True, text=True, timeout=120)
    assert unknown.returncode == 1 and "no such decision" in unknown.stderr


def test_the_engine_without_side_effects(shop: Shop) -> None:
    before = shop.scalar("SELECT count(*) FROM decision") + shop.scalar("SELECT count(*) FROM outbox")
    solved = shop.admin.post("/v1/routing/plans", json={"problem": PROBLEM})
    assert solved.status_code == 200, solved.text
    (found,) = solved.json()["plans"]
    assert found["plan"]["cost_minor"] == 510 + 120 + 2 * 25
    wish = {"basket": {"lines": basket(("A1", 2)), "destination": HOME}}
    plans = shop.admin.post("/v1/routing/plans", json=wish).json()["plans"]
    assert {plan["method"] for plan in plans} == {"ship", "pickup", "courier"}
    assert all(plan["plan"]["explanation"] for plan in plans)
    broken = shop.admin.post("/v1/routing/plans", json={"problem": {**PROBLEM, "lines": []}})
    assert broken.status_code == 422 and broken.json()["errors"][0]["pointer"].startswith("/problem")
    assert shop.admin.post("/v1/routing/plans", json={}).json()["code"] == "malformed"
    assert shop.web.post("/v1/routing/plans", json={"problem": PROBLEM}).status_code == 403
    after = shop.scalar("SELECT count(*) FROM decision") + shop.scalar("SELECT count(*) FROM outbox")
    assert before == after
