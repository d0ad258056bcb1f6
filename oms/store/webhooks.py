"""Endpoints to rows and back. The endpoint's row is the lock for its deliveries."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from oms.store.webhook_tables import webhook
from oms.webhooks.endpoint import Webhook
from oms.webhooks.lifecycle import EndpointState


def insert_webhook(conn: Connection, value: Webhook) -> None:
    """Write a new endpoint."""
    conn.execute(insert(webhook).values(_row(value)))


def save_webhook(conn: Connection, value: Webhook) -> None:
    """Write what may change of an endpoint that was locked. The cursor is the planner's."""
    row = _row(value)
    changing = {name: row[name] for name in row if name not in ("id", "cursor", "created_at")}
    conn.execute(update(webhook).where(webhook.c.id == value.id).values(changing))


def delete_webhook(conn: Connection, id: str) -> bool:
    """Delete an endpoint and its deliveries; whether there was one."""
    return conn.execute(delete(webhook).where(webhook.c.id == id)).rowcount > 0


def locked_webhook(conn: Connection, id: str) -> Webhook | None:
    """One endpoint, locked until the transaction ends."""
    row = conn.execute(select(webhook).where(webhook.c.id == id).with_for_update()).mappings().first()
    return None if row is None else _webhook(row)


def webhook_of(conn: Connection, id: str) -> Webhook | None:
    """One endpoint."""
    row = conn.execute(select(webhook).where(webhook.c.id == id)).mappings().first()
    return None if row is None else _webhook(row)


def list_page(conn: Connection, after: str, limit: int) -> list[Webhook]:
    """Endpoints by id."""
    rows = conn.execute(select(webhook).where(webhook.c.id > after).order_by(webhook.c.id).limit(limit))
    return [_webhook(row) for row in rows.mappings()]


def _row(value: Webhook) -> dict[str, object]:
    return asdict(value) | {"types": list(value.types), "state": value.state.value}


def _webhook(row: RowMapping) -> Webhook:
    return Webhook(**{**row, "types": tuple(row["types"]), "state": EndpointState(row["state"])})
