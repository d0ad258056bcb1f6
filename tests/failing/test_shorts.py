"""What pickers find, and what they do not, is learned by node and kind of goods."""

from __future__ import annotations

from oms.store.failing import evidence
from tests.checkout.conftest import shop as shop
from tests.failing.conftest import blades_missing, chances, learn
from tests.picking.conftest import Floor
from tests.picking.conftest import floor as floor


def counted(floor: Floor) -> dict[tuple[str, str], tuple[float, float, float]]:
    with floor.shop.runtime.engine.connect() as conn:
        rows = evidence(conn, floor.shop.watch.now(), ["mismatch", "not_in_stock"])
        return {(row.node, row.goods): (row.tried, row.missing, row.refused) for row in rows}


def test_a_short_is_the_share_of_the_line_that_was_missing(floor: Floor) -> None:
    floor.accepted("o-1", ("A1", 2), ("B2", 1))
    found = floor.claimed()
    floor.pick(found, 1, 1)
    assert counted(floor) == {}, "nobody knows before the work is done"
    floor.pick(found, 2, 1)
    assert floor.do(found, 2, "short", {"quantity": 1, "reason": "mismatch"}).status_code == 200
    assert counted(floor)["WH", ""] == (2.0, 0.5, 0.0)


def test_what_something_else_went_for_was_missing(floor: Floor) -> None:
    named = floor.shop.admin.put("/v1/skus/A1/substitutes", json={"substitutes": ["B2"]})
    assert named.status_code == 200, named.text
    floor.accepted("o-1", ("A1", 2), substitution="allowed")
    found = floor.claimed()
    instead = {"sku": "B2", "quantity": 2, "reason": "mismatch", "scanned": "B2"}
    done = floor.do(found, 1, "substitute", instead)
    assert done.status_code == 200, done.text
    assert counted(floor)["WH", ""] == (2.0, 1.0, 0.0)


def test_good_picks_make_a_node_trusted(floor: Floor) -> None:
    floor.accepted("o-1", ("A1", 2), ("B2", 1))
    found = floor.claimed()
    floor.pick(found, 1, 1)
    floor.pick(found, 2, 2)
    learn(floor.shop)
    assert chances(floor.shop)["WH", ""][1] < 0.02


def test_goods_with_flags_are_learned_apart(floor: Floor) -> None:
    blade = {"name": "Blade", "weight_g": 50, "unit_price_minor": 399, "flags": ["sharp", "cold"]}
    assert floor.shop.admin.put("/v1/skus/B2", json=blade).status_code == 200
    floor.shop.runtime.refresher.look()
    floor.shop.runtime.feed.look()
    blades_missing(floor)
    learn(floor.shop)
    known = chances(floor.shop)
    assert known["WH", "cold+sharp"][0] > known["WH", ""][0]
    network = floor.shop.runtime.networks.current.network
    assert network.fails[network.goods["cold+sharp"], network.index["WH"]] == known["WH", "cold+sharp"][1]
