"""What the database holds, as a folder of files. The way back of `import_rows`.

The folder says less than the network can: lanes that only carry goods to a store are left out. Beside a
calendar that a node names, its ``opens`` and ``closes`` are those of the first open weekday.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any

import numpy as np
from sqlalchemy import Connection, Select, func, select

from inventory.catalogue_read import list_nodes, list_skus
from inventory.store.tables import node, position, sku
from oms.adapters import folder_values as files
from oms.adapters.folder_calendars import Document, calendar_table, daily, same
from oms.adapters.folder_values import UNLIMITED, Folder
from oms.memory.network_load import Kind
from oms.store import network_documents as documents
from oms.store.order_tables import address, order, order_line
from routing.network_spec import METHODS

DAY_MINUTES = 24 * 60
ALWAYS = daily(0, DAY_MINUTES, False)
"""What a node without a calendar does: never close."""

_STOCK = (
    select(node.c.id, sku.c.id, position.c.on_hand, position.c.safety_stock, position.c.bin)
    .select_from(
        position.join(node, node.c.no == position.c.node_no).join(sku, sku.c.no == position.c.sku_no)
    )
    .order_by(position.c.node_no, position.c.sku_no)
)
STOCK_KINDS = (str, str, int, int, str)
_ORDERS = (
    select(
        order.c.id,
        order.c.placed_at,
        order.c.channel,
        order.c.method,
        order.c.customer_id,
        address.c.lat,
        address.c.lon,
        address.c.country,
        address.c.postcode,
    )
    .select_from(order.outerjoin(address, address.c.id == order.c.address_id))
    .order_by(order.c.placed_at, order.c.id)
)
_LINES = (
    select(
        order_line.c.order_id,
        order_line.c.line_id,
        order_line.c.sku,
        order_line.c.ordered,
        order_line.c.unit_price_minor,
    )
    .select_from(order_line.join(order, order.c.id == order_line.c.order_id))
    .where(order_line.c.kit_line.is_(None), order_line.c.ordered > 0)
    .order_by(order.c.placed_at, order.c.id, order_line.c.no)
)


def read_database(conn: Connection, *, with_orders: bool = True, with_goods: bool = True) -> Folder:
    """Everything a folder can say, read in the caller's transaction; ``with_goods``: SKUs and stock too."""
    bodies = _bodies(conn)
    network = _network(bodies)
    nodes = _nodes(conn, bodies[Kind.CALENDAR], network.holidays)
    return Folder(
        network=network,
        nodes=nodes,
        calendars=_calendars(bodies[Kind.CALENDAR], nodes),
        skus=_skus(conn, with_goods),
        stock=files.Stock(*_columns(conn, _STOCK if with_goods else _STOCK.limit(0), STOCK_KINDS)),
        orders=_orders(conn, with_orders),
        lines=_lines(conn, with_orders),
        returns=files.Returns(
            files.texts(()),
            files.texts(()),
            files.texts(()),
            files.ints(()),
            files.instants(()),
            files.texts(()),
        ),
        replenishments=files.Replenishments(
            files.texts(()), files.texts(()), files.ints(()), files.instants(())
        ),
        tariffs=_tariffs(bodies[Kind.TARIFF]),
        lanes=_lanes(bodies[Kind.LANES].get(Kind.LANES, ())),
    )


def read_known(conn: Connection) -> files.Known:
    """What files may refer to that are an addition to the database: ids, not all that is known of them."""
    bodies = _bodies(conn)
    network = _network(bodies)
    nodes = _nodes(conn, bodies[Kind.CALENDAR], network.holidays)
    ids = {
        "nodes": nodes.id,
        "calendars": _calendars(bodies[Kind.CALENDAR], nodes).name,
        "skus": files.texts(conn.scalar(select(func.array_agg(sku.c.id))) or ()),
        "tariffs": _tariffs(bodies[Kind.TARIFF]).name,
    }
    return files.Known(network, ids)


def _bodies(conn: Connection) -> dict[Kind, dict[str, Any]]:
    """The network's documents: by kind, by id."""
    bodies: dict[Kind, dict[str, Any]] = {kind: {} for kind in Kind}
    for found in documents.of_kinds(conn, list(Kind)):
        bodies[Kind(found.kind)][found.id] = found.body
    return bodies


def _network(bodies: Mapping[Kind, Mapping[str, Any]]) -> files.NetworkFile:
    settings = bodies[Kind.SETTINGS].get(Kind.SETTINGS, {"currency": "USD"})
    policy = bodies[Kind.POLICY].get(Kind.POLICY, {})
    holidays = {
        body["country"]: "-".join(filter(None, (body["country"], body.get("subdivision"))))
        for body in bodies[Kind.DELIVERY].values()
        if body.get("holidays", True)
    }
    weights = {name: value for name, value in policy.items() if type(value) in (int, float)}
    penalty = int(weights.pop("unfilled_penalty_minor", files.DEFAULT_PENALTY_MINOR))
    divisor = settings.get("dimensional_divisor_mm3_per_g", 0.0)
    return files.NetworkFile(settings["currency"], divisor, holidays, penalty, weights)


def _nodes(conn: Connection, calendars: Mapping[str, Any], rests: Collection[str]) -> files.Nodes:
    rows = [stored.row for stored in list_nodes(conn) if stored.row.lat is not None]
    profiles = [row.profile for row in rows]
    hours = [_hours(calendars.get(profile.get("calendar") or "")) for profile in profiles]
    return files.Nodes(
        id=files.texts(row.id for row in rows),
        name=files.texts(row.name for row in rows),
        kind=files.texts(row.kind for row in rows),
        lat=files.floats(row.lat for row in rows),
        lon=files.floats(row.lon for row in rows),
        country=files.texts(row.country for row in rows),
        postcode=files.texts(row.postcode for row in rows),
        timezone=files.texts(row.timezone for row in rows),
        methods=files.texts(tuple(m for m in METHODS if m in profile["methods"]) for profile in profiles),
        daily_order_capacity=files.ints(profile["limits"].get("ship", UNLIMITED) for profile in profiles),
        fixed_minor=files.ints(profile["fixed_minor"] for profile in profiles),
        pick_minor=files.ints(profile["pick_minor"] for profile in profiles),
        opens=files.ints(opens for opens, _ in hours),
        closes=files.ints(closes for _, closes in hours),
        ship_cutoff=files.ints(
            _minutes(profile["ship_cutoff"]) if profile["ship_cutoff"] else closes
            for profile, (_, closes) in zip(profiles, hours, strict=True)
        ),
        courier_radius_m=files.ints(profile["courier_radius_m"] for profile in profiles),
        calendar=files.texts(
            _named(profile.get("calendar"), calendars, daily(*its, row.country in rests))
            for row, profile, its in zip(rows, profiles, hours, strict=True)
        ),
    )


def _named(name: str | None, calendars: Mapping[str, Any], made: Document) -> str:
    """The calendar a node must name; '' where the one made from its hours is the same."""
    if name is None:
        return ALWAYS["name"] if made["holidays"] else ""
    return "" if name == made["name"] and same(calendars.get(name), made) else name


def _calendars(bodies: Mapping[str, Any], nodes: files.Nodes) -> files.Calendars:
    """Those that nodes name, and those that nobody has but somebody wrote."""
    made = {document["name"]: document for document in _made(bodies)}
    kept = {name: body for name, body in bodies.items() if not same(made.get(name), body)}
    named = {name: bodies.get(name, ALWAYS) for name in nodes.calendar if name}
    return calendar_table((kept | named)[name] for name in sorted(kept | named))


def _made(bodies: Mapping[str, Any]) -> Iterator[Document]:
    """The calendars that imports make from opens and closes, for all hours that these have."""
    for body in bodies.values():
        for rests in (False, True):
            yield daily(*_hours(body), rests)


def _skus(conn: Connection, wanted: bool) -> files.Skus:
    rows = [stored.row for stored in list_skus(conn)] if wanted else []
    return files.Skus(
        id=files.texts(row.id for row in rows),
        name=files.texts(row.name for row in rows),
        barcode=files.texts(row.barcodes for row in rows),
        weight_g=files.ints(row.weight_g for row in rows),
        length_mm=files.ints(row.length_mm for row in rows),
        width_mm=files.ints(row.width_mm for row in rows),
        height_mm=files.ints(row.height_mm for row in rows),
        unit_price_minor=files.ints(row.unit_price_minor for row in rows),
        flags=files.texts(row.flags for row in rows),
        category=files.texts(row.category for row in rows),
    )


def _orders(conn: Connection, wanted: bool) -> files.Orders:
    rows = conn.execute(_ORDERS).all() if wanted else []
    ids, placed, channels, methods, customers, lats, lons, countries, postcodes = _turned(rows, 9)
    return files.Orders(
        id=files.texts(ids),
        placed_at=files.instants(instant.astimezone(UTC).replace(tzinfo=None) for instant in placed),
        channel=files.texts(channels),
        method=files.texts(methods),
        customer=files.texts(value or "" for value in customers),
        lat=files.floats(lats),
        lon=files.floats(lons),
        country=files.texts(value or "" for value in countries),
        postcode=files.texts(value or "" for value in postcodes),
    )


def _lines(conn: Connection, wanted: bool) -> files.Lines:
    statement = _LINES if wanted else _LINES.limit(0)
    return files.Lines(*_columns(conn, statement, (str, str, str, int, int)))


def _tariffs(bodies: Mapping[str, Any]) -> files.Tariffs:
    steps = [(name, *step) for name, body in bodies.items() for step in body["steps"]]
    names, up_to_g, minor = _turned(steps, 3)
    return files.Tariffs(files.texts(names), files.ints(up_to_g), files.ints(minor))


def _lanes(bodies: Iterable[Mapping[str, Any]]) -> files.Lanes:
    rows = [body for body in bodies if not body.get("to_node") and body.get("method", "ship") == "ship"]
    reach = [body.get("up_to_km") for body in rows]
    return files.Lanes(
        node=files.texts(body.get("node", "*") for body in rows),
        country=files.texts(body.get("country") or "" for body in rows),
        postcode_prefix=files.texts(body.get("postcode_prefix") or "" for body in rows),
        up_to_km=files.floats(np.inf if km is None else km for km in reach),
        tariff=files.texts(body["tariff"] for body in rows),
        transit_days=files.ints(body["transit_days"] for body in rows),
    )


def _hours(calendar: Mapping[str, Any] | None) -> tuple[int, int]:
    """Opens and closes in minutes after midnight; without a calendar a node is never closed."""
    week = calendar["week"] if calendar else ()
    opens, closes = next((hours for hours in week if hours), ("00:00:00", "00:00:00"))
    return _minutes(opens), _minutes(closes) or DAY_MINUTES


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")[:2]
    return int(hours) * 60 + int(minutes)


def _columns(conn: Connection, statement: Select[Any], kinds: Sequence[type]) -> list[Any]:
    columns = _turned(conn.execute(statement).all(), len(kinds))
    return [
        files.ints(column) if kind is int else files.texts(column)
        for kind, column in zip(kinds, columns, strict=True)
    ]


def _turned(rows: Sequence[Sequence[Any]], width: int) -> list[tuple[Any, ...]]:
    """Rows to columns, also where there is no row."""
    return list(zip(*rows, strict=True)) if rows else [()] * width
