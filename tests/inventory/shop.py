"""A small network to test stock on: ids, an instant, and what the tables say."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, text

T0 = datetime(2026, 1, 10, 9, 0, tzinfo=UTC)


def minutes(count: float) -> datetime:
    """That many minutes after T0."""
    return T0 + timedelta(minutes=count)


_NODES = """
    INSERT INTO node (id, name, kind) SELECT 'N' || i, 'Node ' || i, 'store' FROM generate_series(0, :n - 1) i
"""
_SKUS = """
    INSERT INTO sku (id, name, backorder_cap)
    SELECT 'S' || i, 'S' || i, :cap FROM generate_series(0, :n - 1) i
"""


def furnish(conn: Connection, nodes: int = 3, skus: int = 3, cap: int = 0) -> None:
    """Nodes N0, N1, … and SKUs S0, S1, … that may be back-ordered up to `cap`."""
    conn.execute(text(_NODES), {"n": nodes})
    conn.execute(text(_SKUS), {"n": skus, "cap": cap})


def balance(conn: Connection, place: str, sku: str) -> int:
    """Units of the SKU at the place, by the fold of the ledger."""
    return int(
        conn.scalar(
            text(
                """
                SELECT coalesce(sum(CASE WHEN to_place = :place THEN quantity ELSE -quantity END), 0)
                FROM movement m JOIN sku s ON s.no = m.sku_no
                WHERE s.id = :sku AND :place IN (from_place, to_place)
                """
            ),
            {"place": place, "sku": sku},
        )
        or 0
    )


def position(conn: Connection, node: str, sku: str) -> tuple[int, int]:
    """(on hand, reserved)."""
    row = conn.execute(
        text(
            """
            SELECT on_hand, reserved
            FROM position p JOIN node n ON n.no = p.node_no JOIN sku s ON s.no = p.sku_no
            WHERE n.id = :node AND s.id = :sku
            """
        ),
        {"node": node, "sku": sku},
    ).one_or_none()
    return (row.on_hand, row.reserved) if row else (0, 0)
