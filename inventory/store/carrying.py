"""Carrying the ledger forward: what a month of movements amounted to, added to the opening balances."""

from __future__ import annotations

from sqlalchemy import Connection, text

LEDGER = "movement"

_CARRY = """
    INSERT INTO ledger_opening (sku_no, place, quantity)
    SELECT sku_no, place, sum(quantity)::bigint
    FROM (
        SELECT sku_no, to_place AS place, quantity FROM "{month}"
        UNION ALL SELECT sku_no, from_place, -quantity FROM "{month}"
    ) AS ends
    GROUP BY sku_no, place HAVING sum(quantity) <> 0
    ON CONFLICT (sku_no, place) DO UPDATE SET quantity = ledger_opening.quantity + excluded.quantity
"""


def carry_forward(conn: Connection, month: str) -> None:
    """Add the movements of a partition to the opening balances. It has to leave the ledger by the same
    commit, or they would count twice; nobody may write to it meanwhile.
    """
    assert month.startswith(f"{LEDGER}_")
    conn.execute(text(_CARRY.format(month=month)))
    conn.execute(text("DELETE FROM ledger_opening WHERE quantity = 0"))
