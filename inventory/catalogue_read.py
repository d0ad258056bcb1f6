"""Read what exists from the tables, for editors and exports. Checkout reads the snapshot in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Table, select

from inventory.catalogue_edit import ComponentRow, NodeRow, SkuRow
from inventory.store.catalogue_tables import kit, node, sku

Kept = TypeVar("Kept", NodeRow, SkuRow)


@dataclass(frozen=True, slots=True)
class Versioned(Generic[Kept]):
    """A row with the number of its last edit."""

    row: Kept
    version: int


@dataclass(frozen=True, slots=True)
class KitRow:
    """What a kit is made of; `version` is that of its SKU."""

    id: str
    keep_together: bool
    components: tuple[ComponentRow, ...]
    version: int


def read_node(conn: Connection, id: str) -> Versioned[NodeRow] | None:
    return next(iter(_rows(conn, node, NodeRow, [node.c.id == id], 1)), None)


def list_nodes(conn: Connection, after: str = "", limit: int | None = None) -> Sequence[Versioned[NodeRow]]:
    """Nodes by id, those after `after`."""
    return _rows(conn, node, NodeRow, [node.c.id > after], limit)


def known_nodes(conn: Connection, ids: Sequence[str]) -> frozenset[str]:
    """Those of the ids that are nodes."""
    return frozenset(conn.scalars(select(node.c.id).where(node.c.id.in_(ids))))


def read_sku(conn: Connection, id: str) -> Versioned[SkuRow] | None:
    return next(iter(_rows(conn, sku, SkuRow, [sku.c.id == id], 1)), None)


def list_skus(conn: Connection, after: str = "", limit: int | None = None) -> Sequence[Versioned[SkuRow]]:
    """SKUs by id, those after `after`."""
    return _rows(conn, sku, SkuRow, [sku.c.id > after], limit)


def weights_of(conn: Connection, ids: Sequence[str]) -> dict[str, int]:
    """Grams of one unit of each SKU that exists."""
    rows = conn.execute(select(sku.c.id, sku.c.weight_g).where(sku.c.id.in_(ids)))
    return {row.id: row.weight_g for row in rows}


def names_of(conn: Connection, ids: Sequence[str]) -> dict[str, str]:
    """What each SKU that exists is called."""
    rows = conn.execute(select(sku.c.id, sku.c.name).where(sku.c.id.in_(ids)))
    return {row.id: row.name for row in rows}


def read_kit(conn: Connection, id: str) -> KitRow | None:
    """The parts of a SKU; None where it is no kit."""
    whole, part = sku.alias(), sku.alias()
    joined = kit.join(whole, whole.c.no == kit.c.kit_no).join(part, part.c.no == kit.c.component_no)
    wanted = select(part.c.id, kit.c.quantity, kit.c.keep_together, whole.c.version).select_from(joined)
    rows = conn.execute(wanted.where(whole.c.id == id).order_by(part.c.id)).all()
    if not rows:
        return None
    components = tuple(ComponentRow(row.id, row.quantity) for row in rows)
    return KitRow(id, rows[0].keep_together, components, rows[0].version)


def _rows(
    conn: Connection, table: Table, kind: type[Kept], where: Sequence[Any], limit: int | None
) -> list[Versioned[Kept]]:
    names = [field.name for field in fields(kind)]
    wanted = select(*(table.c[name] for name in names), table.c.version).where(*where)
    rows = conn.execute(wanted.order_by(table.c.id).limit(limit))
    return [Versioned(kind(*map(_frozen, row[:-1])), row[-1]) for row in rows]


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
