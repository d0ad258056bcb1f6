"""What the tests of stock share."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine

from inventory import stock
from inventory.movements import Change
from tests.inventory.ledger_check import faults
from tests.inventory.shop import T0, furnish


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    """Two nodes, two SKUs, ten of each everywhere; the books must balance at the end."""
    with engine.begin() as conn:
        furnish(conn, 2, 2, cap=4)
        stock.receive(conn, T0, [Change(f"N{i}", f"S{j}", 10) for i in range(2) for j in range(2)])
        yield conn
        assert faults(conn) == {}
