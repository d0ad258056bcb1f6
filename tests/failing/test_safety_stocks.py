"""Proposed safety stocks: more where tills sell unseen and cancellations are dear, set by channel."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from oms.actors import SYSTEM
from oms.refusals import Refused
from oms.usecases import safety_stocks
from oms.usecases.safety_stocks import Costs, Proposal, propose
from tests.failing.conftest import Shop
from tests.platform.test_cli import anyshelf
from tests.support import stock_up
from tests.waves.conftest import sell

DEAR = Costs(0.3, {"web": 200.0, "market": 20_000.0})


@pytest.fixture
def busy(shop: Shop) -> Shop:
    """Three weeks in which the till of ST-1 sold two blades on most days, and no handle."""
    stock_up(shop.runtime, ("ST-1", "A1", 10), ("ST-1", "B2", 60))
    for day in range(21):
        if day % 3:
            sell(shop, "ST-1", "B2", 2)
        shop.watch.forward(days=1)
    return shop


def proposed(shop: Shop, costs: Costs = DEAR) -> dict[str, Proposal]:
    return {row.sku: row for row in propose(shop.runtime, SYSTEM, "ST-1", costs).rows}


def applied(shop: Shop, costs: Costs = DEAR) -> int:
    count = propose(shop.runtime, SYSTEM, "ST-1", costs, set_it=True).changed
    shop.runtime.feed.look()
    return count


def available(shop: Shop, sku: str, channel: str) -> int:
    body = {"skus": [sku], "channel": channel, "detail": "node"}
    answer = shop.admin.post("/v1/availability", json=body)
    assert answer.status_code == 200, answer.text
    nodes = {one["node"]: one["available"] for one in answer.json()["items"][0]["nodes"]}
    return int(nodes["ST-1"])


def test_what_tills_sell_and_what_a_cancellation_costs_decide(busy: Shop) -> None:
    rows = proposed(busy)
    blade, handle = rows["B2"], rows["A1"]
    assert 0.8 < blade.unseen < 2.0
    assert handle.unseen == 0
    assert blade.keep["market"] > blade.keep["web"]
    assert blade.keep["market"] > handle.keep["market"]
    slower = proposed(busy, Costs(0.3, {"market": 20_000.0}, lag_days=3.0))["B2"]
    assert slower.keep["market"] > blade.keep["market"], "books that lag longer hide more"


def test_what_is_proposed_is_set_for_each_channel(busy: Shop) -> None:
    row = proposed(busy)["B2"]
    assert applied(busy) > 0
    for channel in ("web", "market"):
        assert available(busy, "B2", channel) == row.on_hand - row.keep[channel]
    assert available(busy, "B2", "app") == row.on_hand - row.keep["market"], "who is not named is careful"
    assert applied(busy, Costs(0.3, {"web": 200.0})) > 0
    assert available(busy, "B2", "app") == row.on_hand - row.keep["web"], (
        "fences that nobody wants are lifted"
    )


def test_a_cancellation_that_costs_nothing_keeps_nothing(busy: Shop) -> None:
    assert all(row.safety_stock == 0 for row in proposed(busy, Costs(0.3, {"web": 0.0})).values())


def test_an_unknown_node_is_refused(shop: Shop) -> None:
    with pytest.raises(Refused):
        propose(shop.runtime, SYSTEM, "NOWHERE", DEAR)


def unpriced(shop: Shop, sku: str) -> None:
    with shop.runtime.engine.begin() as conn:
        conn.execute(text("UPDATE sku SET unit_price_minor = 0 WHERE id = :sku"), {"sku": sku})


def test_what_nobody_set_a_price_for_is_left_on_sale(busy: Shop) -> None:
    before = available(busy, "B2", "market")
    unpriced(busy, "B2")
    found = propose(busy.runtime, SYSTEM, "ST-1", DEAR, set_it=True)
    busy.runtime.feed.look()
    assert "B2" not in {row.sku for row in found.rows}
    assert found.without_price == 1
    assert available(busy, "B2", "market") == before > 0


def test_a_node_is_gone_through_in_blocks(busy: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = propose(busy.runtime, SYSTEM, "ST-1", DEAR)
    assert len(whole.rows) > 1
    monkeypatch.setattr(safety_stocks, "BLOCK", 1)
    blocks = propose(busy.runtime, SYSTEM, "ST-1", DEAR, set_it=True)
    assert [row.sku for row in blocks.rows] == [row.sku for row in whole.rows]
    assert blocks.changed > 0


def test_fences_give_every_channel_what_is_left_to_it() -> None:
    keep = {"a": 1, "b": 3, "c": 3, "d": 6}
    row = Proposal("N", "S", 10, 0, 0, 0, keep)
    assert row.safety_stock == 1
    assert row.fences() == [(frozenset("a"), 2), (frozenset("abc"), 3)]


def test_the_command_proposes_and_sets(busy: Shop, database_url: str) -> None:
    asked = ("safety-stock", "ST-1", "--cancel", "web=200", "--cancel", "market=20000")
    said = anyshelf(*asked, "--json", url=database_url)
    assert said.returncode == 0, said.stderr
    told = json.loads(said.stdout)
    rows = {row["sku"]: row for row in told["proposals"]}
    assert rows["A1"]["keep"].keys() == {"web", "market"}
    assert (told["without_price"], told["changed"]) == (0, 0)
    done = anyshelf(*asked, "--apply", url=database_url)
    assert "positions changed" in done.stderr
    assert anyshelf("safety-stock", "ST-1", "--cancel", "web", url=database_url).returncode == 2
    unpriced(busy, "A1")
    assert "left out: 1" in anyshelf(*asked, url=database_url).stdout
    learned = anyshelf("failing", "--json", url=database_url)
    assert (learned.returncode, json.loads(learned.stdout)) == (0, [])


def test_without_the_extra_the_command_says_what_to_install() -> None:
    ask = (
        "import sys; sys.modules['statsforecast'] = None\n"
        "from routing.forecast.methods import mean_ahead\n"
        "import numpy as np\n"
        "mean_ahead('mean', np.ones(3), 1, 1)"
    )
    root = Path(__file__).parent.parent.parent
    done = subprocess.run([sys.executable, "-c", ask], cwd=root, capture_output=True, text=True, check=False)
    assert "NoForecasts" in done.stderr
    assert "anyshelf[forecast]" in done.stderr
