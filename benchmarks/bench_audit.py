"""The audit of a million movements, generated on the server and right to the last unit."""

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from sqlalchemy import Engine, text

from inventory.audit import AuditReport, audit
from tests.inventory.pool_kit import furnish, run

NODES, SKUS, ROUNDS = 200, 1_000, 5  # 200,000 positions, five movements each

_MOVEMENTS = """
    INSERT INTO movement (at, occurred_at, sku_no, quantity, from_place, to_place, cause)
    SELECT at, at, sku.no, 1 + (sku.no * 7 + node.no * 3) % 5,
        CASE WHEN step < 3 THEN 'supplier' ELSE node.id || '\\:shelf' END,
        CASE WHEN step < 3 THEN node.id || '\\:shelf' ELSE 'customer' END,
        CASE WHEN step < 3 THEN 'receive' ELSE 'sale' END
    FROM node, sku, generate_series(0, :rounds - 1) AS step,
        LATERAL (SELECT timestamptz '2026-01-01 00:00+00' + step * interval '1 day' AS at) AS days
"""
_POSITIONS = "UPDATE position SET on_hand = 1 + (sku_no * 7 + node_no * 3) % 5"  # three in, two out


@pytest.fixture
def books(engine: Engine) -> Engine:
    """A million movements and the positions they amount to."""
    furnish(engine, NODES, SKUS, on_hand=0)
    with engine.begin() as conn:
        run(conn, _MOVEMENTS, rounds=ROUNDS)
        run(conn, _POSITIONS)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("VACUUM ANALYZE"))
    return engine


def test_audit_of_a_million_movements(benchmark: BenchmarkFixture, books: Engine) -> None:
    def look() -> AuditReport:
        with books.begin() as conn:
            return audit(conn)

    report = benchmark(look)
    assert report.agrees and report.movements == NODES * SKUS * ROUNDS and report.positions == NODES * SKUS
