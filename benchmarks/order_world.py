"""What orders are placed in when their rate is measured: a small network, many SKUs, and bodies to send.

Every node holds every SKU, in such numbers that none runs out: what is measured is the writing.
"""

from __future__ import annotations

import random
from typing import Any

import orjson
from sqlalchemy import text

from inventory.catalogue_edit import SkuRow
from oms.bootstrap import Runtime
from tests.support import NODES, furnish

SKUS, HOT, UNITS = 2_000, 10, 1_000_000
NAMED_FROM = 10_000
"""Ids of equal length are in the order of their numbers."""
CITIES = (("10001", 40.7506, -73.9972), ("11216", 40.6782, -73.9442), ("60601", 41.8781, -87.6298))


def write_world(runtime: Runtime) -> None:
    """SKUs numbered from 1, plenty of each at every node."""
    skus = tuple(SkuRow(sku(no), f"Article {no}", weight_g=200, unit_price_minor=500) for no in _numbers())
    furnish(runtime, skus, [(node.id, sku(no), UNITS) for node in NODES for no in _numbers()])
    with runtime.engine.connect() as conn:
        same = conn.scalar(text(f"SELECT bool_and(id = 'S' || (no + {NAMED_FROM})) FROM sku"))
    assert same, "the floor tells a SKU by its number"


def sku(no: int) -> str:
    """The SKU of this number."""
    return f"S{no + NAMED_FROM}"


def order(first: int, second: int, city: int = 0) -> dict[str, Any]:
    """A bare order of two lines, one unit each of the SKUs of these numbers."""
    postcode, lat, lon = CITIES[city]
    lines = [
        {"id": str(line), "sku": sku(no), "quantity": 1, "unit_price_minor": 500}
        for line, no in enumerate((first, second), 1)
    ]
    where = {"country": "US", "postcode": postcode, "lat": lat, "lon": lon, "street": "1 Main St"}
    return {"channel": "web", "currency": "USD", "method": "ship", "lines": lines, "destination": where}


def bodies(chance: random.Random, number: int, skus: int) -> list[bytes]:
    """So many orders at random: one SKU of the lower half of the first ``skus`` and one of the upper."""
    half = skus // 2
    return [
        orjson.dumps(
            order(chance.randint(1, half), chance.randint(half + 1, skus), chance.randrange(len(CITIES)))
        )
        for _ in range(number)
    ]


def _numbers() -> range:
    return range(1, SKUS + 1)
