"""Bad input of every kind: a name, the place of the fault, and nothing changed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checkout.conftest import Shop
from tests.support import HOME


def one(**change: Any) -> dict[str, Any]:
    """A line of A1, changed."""
    return {"id": "1", "sku": "A1", "quantity": 1, "unit_price_minor": 1, **change}


QUANTITY = "/lines/0/quantity"
NEW_ZEALAND = {"country": "NZ", "postcode": "6011"}
BAD: list[tuple[dict[str, Any], int, str, str]] = [
    ({"lines": [one(sku="NOPE")]}, 422, "unknown_sku", "/lines/0/sku"),
    ({"lines": [one(quantity=0)]}, 422, "bad_quantity", QUANTITY),
    ({"lines": [one(quantity=-1)]}, 422, "bad_quantity", QUANTITY),
    ({"lines": [one(quantity=1.5)]}, 422, "bad_quantity", QUANTITY),
    ({"lines": [one(quantity=10**9)]}, 422, "bad_quantity", QUANTITY),
    ({"lines": [one(quantity="2")]}, 400, "malformed", QUANTITY),
    ({"lines": [one(), one()]}, 422, "duplicate_line", "/lines/1/id"),
    ({"lines": [one(id=str(n)) for n in range(201)]}, 422, "too_many_lines", "/lines"),
    ({"lines": []}, 422, "invalid", "/lines"),
    ({"currency": "EUR"}, 422, "currency_mismatch", "/currency"),
    ({"currency": "dollars"}, 422, "invalid", "/currency"),
    ({"destination": {**HOME, "lat": 91}}, 422, "bad_destination", "/destination/lat"),
    ({"destination": {**HOME, "lon": -180.5}}, 422, "bad_destination", "/destination/lon"),
    (
        {"destination": {**HOME, "lon": None}},
        422,
        "bad_destination",
        "/destination",
    ),
    (
        {"destination": NEW_ZEALAND},
        422,
        "unlocatable_destination",
        "/destination/postcode",
    ),
    ({"destination": None}, 422, "bad_destination", "/destination"),
    (
        {"destination": {**NEW_ZEALAND, "lat": -41, "lon": 174}},
        409,
        "no_feasible_plan",
        "/lines/0",
    ),
    ({"method": "pickup", "pickup_node": "NOWHERE"}, 422, "unknown_node", "/pickup_node"),
    ({"method": "pickup"}, 400, "malformed", "/pickup_node"),
    ({"pickup_node": "ST-1"}, 400, "malformed", "/pickup_node"),
    (
        {"method": None, "quote_id": "x.y", "option_id": "pickup-1", "pickup_node": "ST-1"},
        400,
        "malformed",
        "/pickup_node",
    ),
    ({"method": "teleport"}, 422, "invalid", "/method"),
    ({"method": None}, 400, "malformed", ""),
    ({"reservation_id": "res_1"}, 400, "malformed", "/reservation_id"),
    ({"method": None, "reservation_id": "res_1"}, 422, "unknown_reservation", "/reservation_id"),
    ({"method": None, "quote_id": "x.y", "option_id": "ship-1"}, 422, "unknown_quote", "/quote_id"),
    ({"method": None, "quote_id": "x.y"}, 400, "malformed", "/option_id"),
    ({"discount_minor": 10**9}, 422, "bad_amount", "/discount_minor"),
    ({"payments": [{"method": "card", "amount_minor": 10**9}]}, 422, "bad_amount", "/payments"),
    ({"colour": "red"}, 400, "malformed", "/colour"),
]


def test_a_bare_pickup_is_at_the_node_it_names_whoever_is_nearer(shop: Shop) -> None:
    for number, more in enumerate(({}, {"destination": None})):
        for node in ("ST-1", "ST-2"):
            id = f"o-{number}-{node}"
            placed = shop.place(id, ("B2", 1), method="pickup", pickup_node=node, **more)
            assert (placed.status_code, placed.json()["promise"]["pickup_node"]) == (201, node), placed.text


def test_bad_input_is_named_with_its_place(shop: Shop) -> None:
    for change, status, code, pointer in BAD:
        answer = shop.place("o-1", ("A1", 1), **{"method": "ship", **change})
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (status, code), (change, problem)
        if pointer:
            assert pointer in [fault["pointer"] for fault in problem["errors"]], problem
    assert shop.scalar('SELECT count(*) FROM "order"') == 0
    assert shop.scalar("SELECT sum(reserved) FROM position") == 0


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        (
            {"lines": [{"id": "1", "sku": "A1", "quantity": 2, "unit_price_minor": 1}]},
            "quote_mismatch",
            "/lines",
        ),
        ({"destination": {**HOME, "postcode": "10002"}}, "quote_mismatch", "/destination"),
        ({"destination": {**HOME, "lat": 40.8}}, "quote_mismatch", "/destination"),
        ({"shipping_minor": 1}, "quote_mismatch", "/shipping_minor"),
        ({"option_id": "ship-99"}, "unknown_option", "/option_id"),
    ],
)
def test_an_order_that_is_not_what_was_quoted(
    shop: Shop, change: dict[str, Any], code: str, pointer: str
) -> None:
    quote = shop.promises(("A1", 1), methods=["ship"])
    more = {"quote_id": quote["quote_id"], "option_id": quote["options"][0]["option_id"], **change}
    answer = shop.place("o-1", ("A1", 1), **more)
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer
