"""The furnished world with a day of orders behind it."""

from __future__ import annotations

from typing import Any

import pytest

from oms.usecases.what_ifs import run_what_ifs
from tests.checkout.conftest import Shop, shop

__all__ = ["Shop", "shop"]

DAY = "2026-01-13"


@pytest.fixture
def sold(shop: Shop) -> Shop:
    """Two orders shipped from Newark, one by courier, one fetched, one cancelled."""
    placed: tuple[tuple[str, list[tuple[str, int]], Any], ...] = (
        ("o-1", [("A1", 2)], {"method": "ship"}),
        ("o-2", [("A1", 1), ("C3", 1)], {"method": "ship"}),
        ("o-3", [("K1", 1)], {"method": "courier"}),
        ("o-4", [("B2", 1)], {"method": "pickup", "pickup_node": "ST-1"}),
        ("o-5", [("B2", 3)], {"method": "ship"}),
    )
    for id, lines, more in placed:
        answer = shop.place(id, *lines, **more)
        assert answer.status_code == 201, answer.text
        shop.runtime.feed.look()
    assert shop.post("/v1/orders/o-5/cancel", {}, shop.admin).status_code == 200
    shop.runtime.feed.look()
    return shop


def what_if(shop: Shop, **body: Any) -> Any:
    """A run asked for and done."""
    asked = shop.post("/v1/what-ifs", {"first_day": DAY, "last_day": DAY, **body}, shop.admin)
    assert asked.status_code == 202, asked.text
    assert run_what_ifs(shop.runtime) == 1
    return shop.admin.get(asked.headers["Location"]).json()
