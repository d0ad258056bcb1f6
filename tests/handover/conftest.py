"""The shop of the checkout tests; what the books have on the road is what shipments and transfers say."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from tests.checkout.conftest import Shop
from tests.checkout.conftest import shop as shop

ON_THE_ROAD = text(
    """
    WITH booked AS (
        SELECT place, sku_no, sum(units) AS units FROM (
            SELECT to_place AS place, sku_no, quantity AS units FROM movement
            UNION ALL SELECT from_place, sku_no, -quantity FROM movement) m
        WHERE place LIKE 'in_transit:fo:%' GROUP BY place, sku_no HAVING sum(units) <> 0),
    said AS (
        SELECT 'in_transit:fo:' || h.fulfilment_order_id AS place, s.no AS sku_no, sum(l.quantity) AS units
        FROM shipment h JOIN shipment_line l ON l.shipment_id = h.id JOIN sku s ON s.id = l.sku
        JOIN fulfilment_order f ON f.id = h.fulfilment_order_id
        WHERE f.to_node IS NULL AND f.state = 'handed_over'
            AND h.state NOT IN ('delivered', 'lost', 'returned')
        GROUP BY 1, 2
        UNION ALL
        SELECT 'in_transit:' || substr(inbound_id, 10), sku_no, sum(quantity) FROM reservation
        WHERE inbound_id LIKE 'transfer:fo:%' AND state = 'held' GROUP BY 1, 2)
    SELECT coalesce(booked.place, said.place), booked.units, said.units
    FROM booked FULL JOIN said USING (place, sku_no) WHERE booked.units IS DISTINCT FROM said.units
    """
)


@pytest.fixture(autouse=True)
def nothing_is_forgotten_on_the_road(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each test with a shop."""
    found: Shop | None = request.getfixturevalue("shop") if "shop" in request.fixturenames else None
    yield
    if found is not None:
        with found.runtime.engine.connect() as conn:
            assert conn.execute(ON_THE_ROAD).all() == []
