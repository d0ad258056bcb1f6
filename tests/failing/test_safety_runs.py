"""Safety stocks reckoned by themselves every night: of whom rules say so, set where they do, and shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from inventory.catalogue_edit import put_nodes
from oms.actors import SYSTEM, Role
from oms.jobs import PERIODIC, queue_of
from oms.safety_rules import SafetyRule, SafetyRules
from oms.usecases import safety_runs
from oms.usecases.safety_runs import reckon_safety_stocks
from oms.usecases.safety_stocks import Costs, Proposals, propose
from routing.forecast.methods import NoForecasts
from tests.api.conftest import make_key
from tests.browser.conftest import served
from tests.failing.conftest import Shop
from tests.failing.test_safety_stocks import available, busy
from tests.support import NODES, node_row

__all__ = ["busy"]

CANCEL = {"web": 200, "market": 20_000}
DEAR = Costs(0.3, {"web": 200.0, "market": 20_000.0})


def ruled(shop: Shop, *rules: dict[str, Any]) -> None:
    answer = shop.admin.put("/v1/safety-stock", json={"rules": rules})
    assert answer.status_code == 200, answer.text
    shop.runtime.refresher.look()


def night(shop: Shop) -> int:
    done = reckon_safety_stocks(shop.runtime)
    shop.runtime.feed.look()
    return done


def shown(shop: Shop, node: str = "ST-1") -> Any:
    answer = shop.admin.get(f"/v1/nodes/{node}/safety-stock")
    return answer.json() if answer.status_code == 200 else answer.status_code


def test_unless_somebody_says_so_nothing_is_reckoned(busy: Shop) -> None:
    before = available(busy, "B2", "market")
    assert night(busy) == 0
    assert shown(busy) == 404
    ruled(busy, {"cancel_minor": {}})
    assert night(busy) == 0
    assert available(busy, "B2", "market") == before


def test_what_a_rule_asks_for_is_proposed_and_nothing_set(busy: Shop) -> None:
    wanted = {row.sku: row for row in propose(busy.runtime, SYSTEM, "ST-1", DEAR).rows}
    before = available(busy, "B2", "market")
    ruled(busy, {"node": "ST-1", "cancel_minor": CANCEL})
    assert night(busy) == 1
    told = shown(busy)
    assert (told["applied"], told["changed"], told["detail"]) == (False, 0, "")
    assert told["skus"] == len(wanted)
    assert told["differing"] == len(told["furthest"]) == sum(r.safety_stock != r.now for r in wanted.values())
    first = told["furthest"][0]
    assert first["keep"] == wanted[first["sku"]].keep
    assert abs(first["safety_stock"] - first["now"]) == max(
        abs(r.safety_stock - r.now) for r in wanted.values()
    )
    assert available(busy, "B2", "market") == before


def test_where_a_rule_says_so_it_is_set_every_night(busy: Shop) -> None:
    wanted = {row.sku: row for row in propose(busy.runtime, SYSTEM, "ST-1", DEAR).rows}["B2"]
    ruled(busy, {"node": "ST-1", "cancel_minor": CANCEL, "apply": True})
    assert night(busy) == 1
    assert shown(busy)["applied"] and shown(busy)["changed"] > 0
    for channel, kept in wanted.keep.items():
        assert available(busy, "B2", channel) == wanted.on_hand - kept
    ruled(busy, {"node": "ST-1", "cancel_minor": {"web": 0}, "apply": True})
    assert night(busy) == 1
    assert available(busy, "B2", "market") == wanted.on_hand


def test_the_first_rule_that_fits_holds(busy: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    [far] = [node for node in NODES if node.id == "FAR"]
    with busy.runtime.engine.begin() as conn:
        put_nodes(conn, [replace(node_row(far), market="east")])
    ruled(
        busy,
        {"node": "WH", "cancel_minor": {}},
        {"market": "east", "cancel_minor": {"app": 5}},
        {"market": "", "cancel_minor": {"web": 5}},
    )
    asked: dict[str, set[str]] = {}

    def noted(runtime: Any, actor: Any, node: str, costs: Costs, **more: Any) -> Proposals:
        asked[node] = set(costs.cancel_minor)
        return Proposals()

    monkeypatch.setattr(safety_runs, "propose", noted)
    assert night(busy) == len(asked) >= 2
    assert asked.pop("FAR") == {"app"} and set(map(tuple, asked.values())) == {("web",)}
    assert shown(busy, "WH") == 404
    rules = SafetyRules((SafetyRule("N", cancel_minor={}), SafetyRule(market="m", cancel_minor={"a": 1})))
    assert rules.of("N", "m") is None and rules.of("O", "m") is rules.rules[1] and rules.of("O", "") is None


@pytest.mark.parametrize(
    ("rule", "pointer"),
    [
        ({"node": "NOWHERE", "cancel_minor": {"web": 1}}, "/rules/0/node"),
        ({"market": "nowhere", "cancel_minor": {"web": 1}}, "/rules/0/market"),
        ({"node": "ST-1", "cancel_minor": {"web": -1}}, "/rules/0/cancel_minor/web"),
        ({"node": "ST-1", "cancel_minor": {"web": 1}, "margin": 0}, "/rules/0/margin"),
    ],
)
def test_rules_that_mean_nothing_are_refused_by_name(shop: Shop, rule: dict[str, Any], pointer: str) -> None:
    answer = shop.admin.put("/v1/safety-stock", json={"rules": [rule]})
    assert answer.status_code == 422, answer.text
    assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]


def test_a_node_that_breaks_off_holds_up_no_other(busy: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = vars(safety_runs)["propose"]

    def broken(runtime: Any, actor: Any, node: str, *given: Any, **more: Any) -> Any:
        if node == "FAR":
            raise ArithmeticError("not tonight")
        if node == "WH":
            raise NoForecasts
        return asked(runtime, actor, node, *given, **more)

    monkeypatch.setattr(safety_runs, "propose", broken)
    ruled(busy, {"cancel_minor": CANCEL})
    assert night(busy) >= 1
    assert shown(busy)["skus"] > 0
    assert shown(busy, "FAR")["detail"] == "It broke off (ArithmeticError)"
    assert shown(busy, "WH")["detail"] == str(NoForecasts())


def test_a_process_that_closes_leaves_the_rest_to_the_next_night(
    busy: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    ruled(busy, {"cancel_minor": CANCEL, "apply": True})
    asked, begun = vars(safety_runs)["propose"], []

    def closing(runtime: Any, actor: Any, node: str, *given: Any, **more: Any) -> Any:
        begun.append(node)
        runtime.closing.set()
        found = asked(runtime, actor, node, *given, **more)
        assert not found.rows, "it is asked before each block"
        return found

    monkeypatch.setattr(safety_runs, "propose", closing)
    assert reckon_safety_stocks(busy.runtime) == 0
    assert len(begun) == 1 and shown(busy, begun[0]) == 404


def test_it_waits_among_what_learns_from_the_past() -> None:
    [cron] = [when for when, job in PERIODIC if job is reckon_safety_stocks]
    [learned] = [when for when, job in PERIODIC if job.__name__ == "learn_failing"]
    assert cron.split()[1] == learned.split()[1] and int(cron.split()[0]) > int(learned.split()[0])
    assert queue_of(reckon_safety_stocks) == "learning"


def test_who_may_not_see_a_node_does_not_see_its_run(busy: Shop) -> None:
    ruled(busy, {"node": "ST-1", "cancel_minor": CANCEL})
    night(busy)
    here, there = (busy.client(Role.STAFF, nodes=[node]) for node in ("ST-1", "WH"))
    assert here.get("/v1/nodes/ST-1/safety-stock").status_code == 200
    assert there.get("/v1/nodes/ST-1/safety-stock").status_code == 404


@pytest.mark.browser
def test_the_page_of_a_node_tells_of_it(browser: Browser, busy: Shop) -> None:
    ruled(busy, {"node": "ST-1", "cancel_minor": CANCEL, "apply": True})
    night(busy)
    key = make_key(busy.runtime, Role.BACKOFFICE)
    busy.runtime.refresher.look()
    with served(busy.runtime) as url:
        page = browser.new_page(viewport={"width": 360, "height": 800})
        page.goto(f"{url}/app/nodes/ST-1")
        page.get_by_label("key").fill(key)
        page.get_by_role("button", name="Sign in").click()
        page.goto(f"{url}/app/nodes/ST-1")
        expect(page.get_by_role("heading", name="Safety stock")).to_be_visible()
        page.get_by_text("Those that came out furthest away").click()
        expect(page.get_by_role("cell", name="B2").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        page.close()
