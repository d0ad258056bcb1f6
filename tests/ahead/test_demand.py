"""What bid prices are learned from: each wish once, whatever went for it."""

from __future__ import annotations

from oms.store.bid_prices import lines_of
from tests.checkout.conftest import shop as shop
from tests.picking.conftest import Floor
from tests.picking.conftest import floor as floor


def test_what_went_instead_is_not_asked_for_once_more(floor: Floor) -> None:
    named = floor.shop.admin.put("/v1/skus/A1/substitutes", json={"substitutes": ["B2"]})
    assert named.status_code == 200, named.text
    floor.accepted("o-1", ("A1", 2), substitution="allowed")
    instead = {"sku": "B2", "quantity": 2, "reason": "mismatch", "scanned": "B2"}
    done = floor.do(floor.claimed(), 1, "substitute", instead)
    assert done.status_code == 200, done.text
    with floor.shop.runtime.engine.connect() as conn:
        assert [tuple(row) for row in lines_of(conn, ["o-1"])] == [("o-1", "A1", 2)]


def test_a_kit_is_asked_for_as_its_components(floor: Floor) -> None:
    floor.accepted("o-1", ("K1", 1))
    with floor.shop.runtime.engine.connect() as conn:
        assert sorted(map(tuple, lines_of(conn, ["o-1"]))) == [("o-1", "A1", 1), ("o-1", "B2", 2)]
