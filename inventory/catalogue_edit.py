"""Write what exists: nodes, SKUs and kits, each verb on a batch. Ids are text; numbers stay inside.

A write with `expected` (the version the writer saw) of another version than the stored one answers
`VersionConflict` and leaves the row alone; the others of the batch go through, and the caller decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, Table, delete, select, text
from sqlalchemy.dialects.postgresql import insert

from inventory.barcodes import Clash, clashes, codes_of, give_up, holders
from inventory.store.catalogue_tables import kit, node, sku


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A node; `profile` is what the routing side knows of it, opaque here."""

    id: str
    name: str
    kind: str
    lat: float | None = None
    lon: float | None = None
    country: str = ""
    postcode: str = ""
    city: str = ""
    timezone: str = "UTC"
    market: str = ""
    active: bool = True
    profile: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SkuRow:
    """A SKU; lengths in mm, weight in g, price in minor units. `backorder_cap`: units that may be promised
    with no stock behind them; `preorder_from`: nothing is sold before that day but as a pre-order. `category`
    "": none."""

    id: str
    name: str
    barcodes: tuple[str, ...] = ()
    weight_g: int = 0
    length_mm: int = 0
    width_mm: int = 0
    height_mm: int = 0
    flags: tuple[str, ...] = ()
    category: str = ""
    unit_price_minor: int = 0
    active: bool = True
    backorder_cap: int = 0
    preorder_from: date | None = None


@dataclass(frozen=True, slots=True)
class ComponentRow:
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Written:
    """The row stands as asked, as its `version`-th edit."""

    id: str
    version: int


@dataclass(frozen=True, slots=True)
class VersionConflict:
    """The row has changed since it was read, or is not there."""

    id: str


@dataclass(frozen=True, slots=True)
class CapBelowHeld:
    """More back-orders are promised than the new cap would allow."""

    id: str
    backordered: int


@dataclass(frozen=True, slots=True)
class CodesTaken:
    """A scan of the id, or of these barcodes, names another SKU already."""

    id: str
    clashes: tuple[Clash, ...]


@dataclass(frozen=True, slots=True)
class UnknownSkus:
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NestedKit:
    """A kit's component is itself a kit, or the SKU is a component of one."""

    ids: tuple[str, ...]


def put_nodes(
    conn: Connection, rows: Sequence[NodeRow], expected: Mapping[str, int] | None = None
) -> list[Written | VersionConflict]:
    """Insert or replace nodes. One outcome per row, in its order; ids are distinct."""
    values = [{**asdict(row), "profile": dict(row.profile)} for row in rows]
    conflicts = _conflicts(conn, node, [row.id for row in rows], expected or {})
    written = _upsert(conn, node, [value for value in values if value["id"] not in conflicts])
    return [VersionConflict(r.id) if r.id in conflicts else Written(r.id, written[r.id]) for r in rows]


def put_skus(
    conn: Connection, rows: Sequence[SkuRow], expected: Mapping[str, int] | None = None
) -> list[Written | VersionConflict | CapBelowHeld | CodesTaken]:
    """Insert or replace SKUs. One outcome per row, in its order; ids are distinct. Writers of SKUs take turns
    (they count the catalogue's version first); a barcode may move between SKUs of one batch.
    """
    ids = [row.id for row in rows]
    refused: dict[str, VersionConflict | CapBelowHeld | CodesTaken] = {}
    held = _backordered(conn, ids)
    refused |= {row.id: CapBelowHeld(row.id, held[row.id]) for row in rows if _low(row, held)}
    refused |= {id: VersionConflict(id) for id in _conflicts(conn, sku, ids, expected or {})}
    writable = _unambiguous(conn, [row for row in rows if row.id not in refused], refused)
    values = [{**asdict(row), "barcodes": list(row.barcodes), "flags": list(row.flags)} for row in writable]
    written = _upsert(conn, sku, values)
    return [refused.get(row.id) or Written(row.id, written[row.id]) for row in rows]


def _low(row: SkuRow, held: Mapping[str, int]) -> bool:
    return held.get(row.id, 0) > row.backorder_cap


def _unambiguous(
    conn: Connection, rows: list[SkuRow], refused: dict[str, VersionConflict | CapBelowHeld | CodesTaken]
) -> list[SkuRow]:
    """Those whose codes name nobody else, the others noted as `refused`. Who is refused keeps his codes,
    which may be what the next one wanted.
    """
    known = holders(conn, codes_of(rows))
    while found := list(clashes(rows, known)):
        for id in {clash.id for clash in found}:
            refused[id] = CodesTaken(id, tuple(clash for clash in found if clash.id == id))
        rows = [row for row in rows if row.id not in refused]
    give_up(conn, rows, known)
    return rows


def put_kit(
    conn: Connection, id: str, components: Sequence[ComponentRow], keep_together: bool
) -> Written | UnknownSkus | NestedKit:
    """Say what a SKU is made of; no components: it is a plain SKU again. Counts as an edit of the SKU."""
    wanted = {component.sku for component in components} | {id}
    found = conn.execute(select(sku.c.id, sku.c.no).where(sku.c.id.in_(wanted)).order_by(sku.c.no))
    numbers = {row.id: row.no for row in found}
    if wanted - numbers.keys():
        return UnknownSkus(tuple(sorted(wanted - numbers.keys())))
    nested = _nested(conn, numbers, id) if components else ()
    if nested:
        return NestedKit(nested)
    conn.execute(delete(kit).where(kit.c.kit_no == numbers[id]))
    if components:
        conn.execute(
            insert(kit),
            [
                {
                    "kit_no": numbers[id],
                    "component_no": numbers[component.sku],
                    "quantity": component.quantity,
                    "keep_together": keep_together,
                }
                for component in components
            ],
        )
    return Written(id, touch(conn, id))


def _nested(conn: Connection, numbers: Mapping[str, int], id: str) -> tuple[str, ...]:
    """Ids that would make kits of kits: components that are kits, or the kit as somebody's component."""
    names = {number: name for name, number in numbers.items()}
    parts = [number for name, number in numbers.items() if name != id]
    kits = conn.scalars(select(kit.c.kit_no).where(kit.c.kit_no.in_(parts)).distinct())
    inner = {names[number] for number in kits}
    if conn.scalar(select(kit.c.kit_no).where(kit.c.component_no == numbers[id]).limit(1)) is not None:
        inner.add(id)
    return tuple(sorted(inner))


def touch(conn: Connection, id: str) -> int:
    """Count an edit of the SKU; returns its version since."""
    touched = sku.update().where(sku.c.id == id).values(version=sku.c.version + 1, **_stamped(sku))
    return int(conn.execute(touched.returning(sku.c.version)).scalar_one())


def _conflicts(conn: Connection, table: Table, ids: Sequence[str], expected: Mapping[str, int]) -> set[str]:
    """Lock the rows that exist, in the order of their numbers, and tell whose version is another."""
    rows = conn.execute(
        select(table.c.id, table.c.version).where(table.c.id.in_(ids)).order_by(table.c.no).with_for_update()
    )
    found = {row.id: row.version for row in rows}
    return {id for id in ids if id in expected and found.get(id) != expected[id]}


def _backordered(conn: Connection, ids: Sequence[str]) -> dict[str, int]:
    rows = conn.execute(select(sku.c.id, sku.c.backordered).where(sku.c.id.in_(ids)))
    return {row.id: row.backordered for row in rows}


def _upsert(conn: Connection, table: Table, values: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Id -> version afterwards. Sorted by id, so that two batches meet in one order."""
    if not values:
        return {}
    ordered = sorted(values, key=lambda value: str(value["id"]))
    first = insert(table)
    given = {name: first.excluded[name] for name in ordered[0] if name != "id"}
    again = first.on_conflict_do_update(
        index_elements=["id"], set_={**given, "version": table.c.version + 1, **_stamped(table)}
    )
    written = conn.execute(again.returning(table.c.id, table.c.version), ordered)
    return {row.id: row.version for row in written}


def _stamped(table: Table) -> dict[str, Any]:
    """Whoever changes a stamped row sets the stamp again; that is how the feed sees the change."""
    return {"stamp": text("pg_current_xact_id()")} if "stamp" in table.c else {}
