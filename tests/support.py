"""A small real world: four nodes in three cities, a few SKUs, stock through inventory's verbs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Any

from inventory.catalogue_edit import ComponentRow, NodeRow, SkuRow, put_kit, put_nodes, put_skus
from inventory.movements import Change
from inventory.stock import receive
from oms.actors import SYSTEM
from oms.adapters.geocoder import Place
from oms.bootstrap import Runtime
from oms.memory.network_load import BODY, Kind, profile_of
from oms.store import network_documents
from oms.store.places import put_places
from oms.store.versions import bump
from oms.work import Work, transact
from routing.network_spec import LaneSpec, NodeSpec, SlotSpec, TariffSpec
from routing.policy import Policy, PriceRule

T0 = datetime(2026, 1, 13, 15, 0, tzinfo=UTC)
"""A Tuesday, ten in the morning in New York."""

HOME = {"country": "US", "postcode": "10001", "lat": 40.7506, "lon": -73.9972}
"""A destination in Manhattan, a kilometre from ST-1."""


class Watch:
    """A clock that stands still until it is set forward."""

    def __init__(self, now: datetime = T0) -> None:
        self._now = now

    def now(self) -> datetime:
        """The instant it shows."""
        return self._now

    def forward(self, **span: float) -> None:
        """Set it forward by hours, minutes, days."""
        self._now += timedelta(**span)


NODES = (
    NodeSpec(
        "WH", 40.7357, -74.1724, "US", "America/New_York", "Newark", "warehouse", "07102", fixed_minor=50
    ),
    NodeSpec(
        "ST-1",
        40.7580,
        -73.9855,
        "US",
        "America/New_York",
        "Times Square",
        "store",
        "10036",
        methods=frozenset({"ship", "pickup", "courier"}),
        fixed_minor=150,
        courier_radius_m=8_000,
        courier_minor=300,
    ),
    NodeSpec(
        "ST-2",
        40.6782,
        -73.9442,
        "US",
        "America/New_York",
        "Brooklyn",
        "store",
        "11216",
        methods=frozenset({"ship", "pickup"}),
        fixed_minor=150,
    ),
    NodeSpec("FAR", 41.8781, -87.6298, "US", "America/Chicago", "Chicago", "warehouse", "60601"),
)
TARIFFS = (
    TariffSpec("near", ((500, 420), (1000, 510), (30_000, 1900))),
    TariffSpec("far", ((500, 620), (1000, 790), (30_000, 2900))),
)
LANES = (
    LaneSpec("near", 1, country="US", up_to_km=300),
    LaneSpec("far", 4, country="US"),
)
SLOTS = (
    SlotSpec("day", time(12), time(16), capacity=50),
    SlotSpec("evening", time(18), time(21), capacity=50),
)
POLICY = Policy(
    price_rules=(
        PriceRule(method="ship", amount_minor=499),
        PriceRule(method="courier", amount_minor=999),
        PriceRule(method="pickup", amount_minor=0),
    )
)
SKUS = (
    SkuRow("A1", "Handle", weight_g=300, unit_price_minor=1299),
    SkuRow("B2", "Blade", weight_g=50, unit_price_minor=399),
    SkuRow("C3", "Lamp", weight_g=900, unit_price_minor=4999),
    SkuRow("D4", "Rare", weight_g=100, unit_price_minor=999, backorder_cap=3),
    SkuRow("K1", "Razor set", weight_g=400, unit_price_minor=1999),
    SkuRow("NONE", "Sold out", weight_g=100, unit_price_minor=100),
)
STOCK = (
    ("WH", "A1", 10),
    ("WH", "B2", 20),
    ("ST-1", "A1", 3),
    ("ST-1", "B2", 4),
    ("ST-2", "C3", 2),
    ("FAR", "C3", 5),
    ("FAR", "D4", 2),
)


def furnish(runtime: Runtime, skus: tuple[SkuRow, ...] = SKUS, stock: Any = STOCK) -> None:
    """Write the world and have this process see it."""
    transact(runtime, SYSTEM, lambda work: _write(work, skus, stock))
    runtime.refresher.look()
    runtime.feed.look()


def stock_up(runtime: Runtime, *changes: tuple[str, str, int]) -> None:
    """More units from a supplier, seen at once."""
    transact(
        runtime, SYSTEM, lambda work: receive(work.conn, work.at, [Change(n, s, q) for n, s, q in changes])
    )
    runtime.feed.look()


def _write(work: Work, skus: tuple[SkuRow, ...], stock: Any) -> None:
    conn = work.conn
    put_nodes(conn, [node_row(spec) for spec in NODES])
    put_skus(conn, skus)
    if any(sku.id == "K1" for sku in skus):
        put_kit(conn, "K1", [ComponentRow("A1", 1), ComponentRow("B2", 2)], keep_together=True)
    documents: list[tuple[Kind, str, Any]] = [(Kind.TARIFF, t.name, t) for t in TARIFFS]
    documents += [(Kind.LANES, Kind.LANES, LANES), (Kind.SLOTS, Kind.SLOTS, SLOTS)]
    documents += [(Kind.POLICY, Kind.POLICY, POLICY), (Kind.SETTINGS, Kind.SETTINGS, {"currency": "USD"})]
    write_documents(work, documents)
    put_places(conn, [Place("US", "10001", "New York", 40.7506, -73.9972)])
    receive(conn, work.at, [Change(node, sku, units) for node, sku, units in stock])
    bump(conn, "catalogue")


def write_documents(work: Work, documents: Iterable[tuple[Kind, str, Any]]) -> None:
    """Documents of the network, by kind and id."""
    for kind, id, body in documents:
        plain = body if isinstance(body, dict) else BODY[kind].dump_python(body, mode="json")
        network_documents.write(work.conn, kind, id, plain, work.at)
    bump(work.conn, "network")


def node_row(spec: NodeSpec) -> NodeRow:
    """The catalogue's row of a node of the network."""
    return NodeRow(
        id=spec.id,
        name=spec.name,
        kind=spec.kind,
        lat=spec.lat,
        lon=spec.lon,
        country=spec.country,
        postcode=spec.postcode,
        timezone=spec.timezone,
        profile=profile_of(spec),
    )
