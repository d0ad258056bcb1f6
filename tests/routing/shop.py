"""Small networks, baskets and stock in few words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any

import numpy as np

from routing.network import (
    CalendarSpec,
    LaneSpec,
    Network,
    NetworkSpec,
    NodeSpec,
    TariffSpec,
    build_network,
)
from routing.policy import Policy
from routing.promise import Basket, BasketLine, Capacity, Destination, Incoming, Offer, Option, Stock, offer

EVERYTHING = frozenset({"ship", "pickup", "courier"})
SHOP_HOURS = CalendarSpec("shop", ((time(9), time(18)),) * 5 + ((time(10), time(16)), None))
FLAT = TariffSpec("flat", ((1000, 500), (5000, 900), (20000, 2000)))
NEW_YORK = Destination("US", "10001", 40.75, -73.99)
WEDNESDAY = datetime(2026, 1, 14, 15, 0, tzinfo=UTC)
"""10:00 in New York."""


def node(name: str, lat: float = 40.7, lon: float = -74.0, **more: Any) -> NodeSpec:
    usual: dict[str, Any] = {
        "country": "US",
        "timezone": "America/New_York",
        "methods": EVERYTHING,
        "calendar": "shop",
        "ship_cutoff": time(14),
    }
    return NodeSpec(name, lat, lon, **{**usual, **more})


def network(*nodes: NodeSpec, **more: Any) -> Network:
    usual: dict[str, Any] = {
        "tariffs": (FLAT,),
        "lanes": (LaneSpec("flat", 2),),
        "calendars": (SHOP_HOURS,),
    }
    return build_network(NetworkSpec(1, "USD", nodes, **{**usual, **more}))


def line(name: str, quantity: int = 1, weight_g: int = 400, **more: Any) -> BasketLine:
    return BasketLine(name, more.pop("sku", f"SKU-{name}"), quantity, weight_g, **more)


def stock(
    net: Network, lines: tuple[BasketLine, ...], units: Mapping[str, Mapping[str, int]], *coming: Incoming
) -> Stock:
    """``units``: node → line → units."""
    available = np.zeros((len(lines), len(net.node_ids)), dtype=np.int64)
    place = {one.id: row for row, one in enumerate(lines)}
    for name, held in units.items():
        for one, quantity in held.items():
            available[place[one], net.index[name]] = quantity
    return Stock(available, coming)


def offered(
    net: Network,
    units: Mapping[str, Mapping[str, int]],
    *lines: BasketLine,
    method: str = "ship",
    at: datetime = WEDNESDAY,
    to: Destination | None = NEW_YORK,
    pickup_node: str | None = None,
    policy: Policy | None = None,
    free: Mapping[Any, int] | None = None,
    coming: tuple[Incoming, ...] = (),
    blocked: frozenset[tuple[str, str]] = frozenset(),
) -> Offer:
    """The offer of one method."""
    there = stock(net, lines, units, *coming)
    return offer(
        net,
        Basket(lines, to, pickup_node),
        Stock(there.available, coming, blocked),
        Capacity(free or {}),
        policy or Policy(),
        at,
        (method,),
    )


def only(found: Offer) -> Option:
    """The only option of an offer that refuses nothing."""
    assert len(found.options) == 1, found
    assert not found.unavailable
    return found.options[0]


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
