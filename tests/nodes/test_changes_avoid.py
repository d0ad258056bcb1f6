"""A change of an order keeps away from nodes that could not do it, and from shelves found wanting."""

from __future__ import annotations

from typing import Any

from tests.checkout.conftest import Shop
from tests.nodes.conftest import did, jobs, offered, release_at_last, seen


def preview(shop: Shop, what: str, **wish: Any) -> Any:
    answer = shop.post(f"/v1/orders/o-1/{what}", wish, shop.admin)
    assert answer.status_code == 200, answer.text
    return answer.json()


def senders(shown: Any) -> set[str]:
    return {parcel["node"] for option in shown["options"] for parcel in option["parcels"]}


def at(shop: Shop) -> tuple[str, str]:
    """(fulfilment order, node) of what is still to be done of the order."""
    ((id, node),) = [
        (id, node) for id, (node, state) in jobs(shop, "o-1").items() if state in ("scheduled", "offered")
    ]
    return id, node


def rejected(shop: Shop, id: str, node: str) -> None:
    did(shop, id, "reject", reason="no_staff")
    shop.runtime.feed.look()


def test_a_node_that_rejected_is_not_asked_again(shop: Shop) -> None:
    id = offered(shop, "o-1", ("A1", 1))
    first = jobs(shop, "o-1")[id][0]
    more = {"lines": [{"id": "1", "quantity": 2}]}
    assert first in senders(preview(shop, "lines", **more))
    rejected(shop, id, first)
    shown = preview(shop, "lines", **more)
    assert senders(shown) and first not in senders(shown)
    option = {"quote_id": shown["quote_id"], "option_id": shown["options"][0]["option_id"]}
    done = shop.post("/v1/orders/o-1/lines", more | {"confirm": option}, shop.admin)
    assert done.status_code == 200, done.text
    id, second = at(shop)
    assert second != first
    release_at_last(shop)
    rejected(shop, id, second)
    for what, wish in (("method", {"method": "ship"}), ("address", {"destination": HERE}), ("lines", more)):
        none = preview(shop, what, **wish)
        assert not senders(none) & {first, second}, what
        assert none["options"] == [] and none["unavailable"], what


HERE = {"country": "US", "postcode": "10001", "lat": 40.7506, "lon": -73.9972}


def test_a_blocked_shelf_gives_nothing_to_a_change(shop: Shop) -> None:
    id = offered(shop, "o-1", ("A1", 1))
    node = jobs(shop, "o-1")[id][0]
    other = "ST-1" if node == "WH" else "WH"
    block = {"lines": [{"node": other, "sku": "A1"}], "blocked": True}
    assert shop.admin.put("/v1/stock/blocks", json=block).status_code == 200
    shop.runtime.feed.look()
    assert senders(preview(shop, "lines", lines=[{"id": "1", "quantity": 2}])) == {node}
    assert seen(shop, "o-1")["lines"][0]["ordered"] == 1
