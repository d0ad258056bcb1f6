"""Everything kept about a person, as one document."""

# ruff: noqa: S608 - no input goes into statements
from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from oms.actors import SYSTEM
from oms.customers.identity import Customer
from oms.store.returns import load_return
from oms.views.customers import shown
from oms.views.orders import whole
from oms.views.returns import shown as return_shown

_IDS = "(SELECT id FROM customer WHERE id = :id OR merged_into = :id)"
_PARTS = {
    "records": f"SELECT * FROM customer WHERE id IN {_IDS} ORDER BY id",
    "addresses": f"SELECT * FROM address WHERE customer_id IN {_IDS} ORDER BY id",
    "cards": f"SELECT card FROM customer_card WHERE customer_id IN {_IDS} ORDER BY card",
    "contacts": f"SELECT * FROM contact WHERE customer_id IN {_IDS} ORDER BY at, id",
    "reports_at_the_door": f"""
        SELECT s.order_id, e.occurred_at, e.data FROM courier_event e JOIN courier_stop s ON s.id = e.stop_id
        WHERE s.order_id IN (SELECT id FROM "order" WHERE customer_id IN {_IDS}) ORDER BY e.occurred_at, e.id
    """,
    "pictures_at_the_door": f"""
        SELECT s.order_id, p.at, p.media_type, encode(p.content, 'base64') AS content_base64
        FROM courier_proof p JOIN courier_stop s ON s.id = p.stop_id
        WHERE s.order_id IN (SELECT id FROM "order" WHERE customer_id IN {_IDS}) ORDER BY p.at, p.digest
    """,
}


def everything(conn: Connection, value: Customer) -> dict[str, Any]:
    """The record and those merged into it, and all that hangs on them."""
    return {
        "customer": shown(conn, value),
        **{part: _rows(conn, statement, value.id) for part, statement in _PARTS.items()},
        "orders": [_order(conn, one) for one in _ids(conn, '"order"', value.id)],
        "returns": [_return(conn, one) for one in _ids(conn, '"return"', value.id)],
    }


def _rows(conn: Connection, statement: str, id: str) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in conn.execute(text(statement), {"id": id})]


def _ids(conn: Connection, table: str, id: str) -> list[str]:
    found = text(f"SELECT id FROM {table} WHERE customer_id IN {_IDS} ORDER BY id")
    return list(conn.scalars(found, {"id": id}))


def _order(conn: Connection, id: str) -> dict[str, Any]:
    found = whole(conn, id, "", SYSTEM, personal=True)
    assert found is not None
    return {name: said for name, said in found[1].items() if name != "order_token"}


def _return(conn: Connection, id: str) -> dict[str, Any]:
    back = load_return(conn, id)
    assert back is not None
    return return_shown(conn, back)
