"""The checks after every step can fail: each finds what was bent on purpose, and nothing before."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.checkout.conftest import Shop
from tests.checkout.conftest import shop as shop
from tests.life import ways_back
from tests.life.ledger import FAULTS, check
from tests.life.world import World, then

BENT = {
    "a line whose units do not add up": "UPDATE order_line SET ordered = ordered + 1",
    "a line whose stages are not those of its fulfilment orders": """
        UPDATE order_line SET routed = routed + 1""",
    "more is held than lies there": "UPDATE position SET reserved = on_hand + 1",
    "more capacity is held than there is": """
        INSERT INTO capacity (node_no, day, bucket, "limit", held) SELECT no, '2026-01-13', 'x', 1, 2
        FROM node LIMIT 1""",
    "more is promised ahead than will come": "UPDATE inbound_line SET promised = quantity + 1",
    "units that customers have, but by no order, sale or return": """
        UPDATE movement SET quantity = quantity + 1 WHERE to_place = 'customer'""",
    "more goods are paid back than did not stay with the customer": """
        UPDATE order_line SET credited = delivered + 1""",
    "more is refunded for a return than came back": "UPDATE return_line SET refundable = received + 1",
}
CHECKS = """SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) FROM pg_constraint
    WHERE contype = 'c' AND connamespace = 'public'::regnamespace AND conparentid = 0 AND coninhcount = 0"""


def test_each_check_finds_what_is_wrong(shop: Shop) -> None:
    world = World(shop)
    reach = ways_back.returns(world).reach
    then(list(reach.values())[-2])()  # closed: delivered, returned and paid back
    eta = world.now()
    world.do("/v1/inbound", {"id": "po", "node": "WH", "eta": eta, "lines": [{"sku": "A1", "quantity": 2}]})
    assert BENT.keys() == FAULTS.keys()
    for follower in (shop.runtime.feed, shop.runtime.refresher):
        follower.close()  # dropping a check wants a table for itself, which they may be about to read
    with shop.runtime.engine.connect() as conn:
        check(conn)
        for drop in conn.scalars(text(CHECKS)).all():
            conn.execute(text(drop))
        for what, statement in BENT.items():
            with conn.begin_nested() as before:
                assert conn.execute(text(statement)).rowcount, what
                assert conn.execute(text(FAULTS[what])).all(), what
                before.rollback()
            assert not conn.execute(text(FAULTS[what])).all(), what
        conn.rollback()
    with shop.runtime.engine.connect() as conn, pytest.raises(Exception, match="ck_position"):
        conn.execute(text(BENT["more is held than lies there"]))
