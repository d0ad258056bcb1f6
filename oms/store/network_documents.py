"""Statements on network documents."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from oms.store.network_tables import network_document


@dataclass(frozen=True, slots=True)
class Document:
    """One document as stored; `version` counts its edits from 1. `updated_at` None: it is not stored."""

    kind: str
    id: str
    body: Any
    version: int
    updated_at: datetime | None


def read(conn: Connection, kind: str, id: str, *, lock: bool = False) -> Document | None:
    statement = select(network_document).filter_by(kind=kind, id=id)
    row = conn.execute(statement.with_for_update() if lock else statement).one_or_none()
    return Document(*row) if row else None


def page(conn: Connection, kind: str, after: str, limit: int | None) -> Sequence[Document]:
    """Documents of a kind by id, those after `after`."""
    column = network_document.c
    statement = select(network_document).where(column.kind == kind, column.id > after)
    return [Document(*row) for row in conn.execute(statement.order_by(column.id).limit(limit))]


def of_kinds(conn: Connection, kinds: Collection[str]) -> Sequence[Document]:
    """All documents of these kinds, by kind and id."""
    column = network_document.c
    statement = select(network_document).where(column.kind.in_(kinds))
    return [Document(*row) for row in conn.execute(statement.order_by(column.kind, column.id))]


def write(conn: Connection, kind: str, id: str, body: Any, at: datetime) -> Document:
    """Store the body as the next version."""
    first = insert(network_document).values(kind=kind, id=id, body=body, version=1, updated_at=at)
    again = first.on_conflict_do_update(
        index_elements=["kind", "id"],
        set_={"body": body, "version": network_document.c.version + 1, "updated_at": at},
    )
    return Document(*conn.execute(again.returning(network_document)).one())


def remove(conn: Connection, kind: str, id: str) -> None:
    conn.execute(delete(network_document).filter_by(kind=kind, id=id))
