"""Known places: where postcodes are."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from inventory.store.tables import node
from oms.adapters.geocoder import Place
from oms.orders.quote import normal_postcode
from oms.store.order_tables import place
from oms.store.versions import bump


def put_places(conn: Connection, places: Iterable[Place]) -> None:
    """Write or replace places; every process learns of it by the counter ``places``."""
    rows = [
        {
            "country": value.country,
            "postcode": normal_postcode(value.postcode),
            "city": value.city,
            "lat": value.lat,
            "lon": value.lon,
        }
        for value in places
    ]
    if rows:
        written = insert(place)
        fields = {name: written.excluded[name] for name in ("city", "lat", "lon")}
        conn.execute(written.on_conflict_do_update(index_elements=["country", "postcode"], set_=fields), rows)
        bump(conn, "places")


def read_places(conn: Connection) -> list[Place]:
    """Every imported place, and every node that has a point and a postcode or a city."""
    imported = conn.execute(select(place.c.country, place.c.postcode, place.c.city, place.c.lat, place.c.lon))
    columns = (node.c.country, node.c.postcode, node.c.city, node.c.lat, node.c.lon)
    nodes = conn.execute(select(*columns).where(node.c.lat.is_not(None), node.c.country != ""))
    return [Place(*row) for row in imported] + [Place(*row) for row in nodes]
