"""What the tests of the pool share: raw writes as another process would make them, and a filled pool."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, text

from inventory.catalogue import Catalogue, Component, Kit, Node, Sku
from inventory.feed import Feed
from inventory.pool import AvailabilityPool

T0 = datetime(2026, 1, 10, 9, 0, tzinfo=UTC)


def node(no: int, *, active: bool = True, timezone: str = "UTC") -> Node:
    """Node N<no>."""
    return Node(no, f"N{no}", "", "store", None, None, "", "", "", timezone, "", active, 1)


def sku(no: int, kit: Kit | None = None, *, active: bool = True, cap: int = 0, held: int = 0) -> Sku:
    """SKU S<no>."""
    return Sku(no, f"S{no}", "", (), 0, 0, 0, 0, frozenset(), 0, active, cap, held, None, 1, kit)


def kit(*parts: tuple[str, int], keep_together: bool = False) -> Kit:
    """A kit of (SKU, quantity)."""
    return Kit(tuple(Component(*part) for part in parts), keep_together)


def catalogue(nodes: int, skus: int) -> Catalogue:
    """Nodes N1… and SKUs S1…"""
    return Catalogue().changed(
        [node(no) for no in range(1, nodes + 1)], [sku(no) for no in range(1, skus + 1)]
    )


def furnish(engine: Engine, nodes: int = 3, skus: int = 3, on_hand: int = 10) -> None:
    """Nodes N1…, SKUs S1…, and so many of each everywhere."""
    with engine.begin() as conn:
        run(
            conn,
            "INSERT INTO node (id, name, kind) SELECT 'N' || i, '', 'store' FROM generate_series(1, :n) i",
            n=nodes,
        )
        run(conn, "INSERT INTO sku (id, name) SELECT 'S' || i, '' FROM generate_series(1, :n) i", n=skus)
        run(
            conn,
            "INSERT INTO position (node_no, sku_no, on_hand) SELECT node.no, sku.no, :q FROM node, sku",
            q=on_hand,
        )


def run(conn: Connection, statement: str, **values: object) -> None:
    """One statement."""
    conn.execute(text(statement), values)


def commit(engine: Engine, statement: str, **values: object) -> None:
    """One statement, committed."""
    with engine.begin() as conn:
        run(conn, statement, **values)


def set_on_hand(conn: Connection, sku_no: int, node_no: int, quantity: int) -> None:
    """Write one position as every statement does: with its stamp."""
    run(
        conn,
        "UPDATE position SET on_hand = :q, stamp = pg_current_xact_id() WHERE sku_no = :s AND node_no = :n",
        q=quantity,
        s=sku_no,
        n=node_no,
    )


@contextmanager
def filled(engine: Engine) -> Iterator[tuple[AvailabilityPool, Feed]]:
    """A pool that has looked once, and its feed without a thread."""
    pool = AvailabilityPool()
    feed = Feed(engine, pool)
    feed.look()
    try:
        yield pool, feed
    finally:
        feed.close()


def seen(pool: AvailabilityPool, sku_id: str, channel: str = "web") -> list[int]:
    """What the channel may be promised at each node."""
    row: list[int] = pool.view([sku_id], channel).available[0].tolist()
    return row
