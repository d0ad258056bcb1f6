"""What may go instead of a SKU that is not on its shelf, the best first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from inventory.catalogue_edit import UnknownSkus, Written, touch
from inventory.store.catalogue_tables import kit, sku, substitute


@dataclass(frozen=True, slots=True)
class NoSubstitutes:
    """Kits, or the SKU itself: nobody picks these instead."""

    ids: tuple[str, ...]


def put_substitutes(
    conn: Connection, id: str, substitutes: Sequence[str]
) -> Written | UnknownSkus | NoSubstitutes:
    """Say what may go instead of a SKU, the best first; none: nothing may. Counts as an edit of the SKU."""
    found = conn.execute(select(sku.c.id, sku.c.no).where(sku.c.id.in_({id, *substitutes})))
    numbers = {row.id: row.no for row in found}
    unknown = {id, *substitutes} - numbers.keys()
    if unknown:
        return UnknownSkus(tuple(sorted(unknown)))
    impossible = _kits(conn, substitutes) | ({id} & set(substitutes))
    if impossible:
        return NoSubstitutes(tuple(sorted(impossible)))
    version = touch(conn, id)
    conn.execute(delete(substitute).where(substitute.c.sku_no == numbers[id]))
    if substitutes:
        rows = [
            {"sku_no": numbers[id], "substitute_no": numbers[other], "rank": rank}
            for rank, other in enumerate(substitutes, 1)
        ]
        conn.execute(insert(substitute), rows)
    return Written(id, version)


def substitutes_of(conn: Connection, ids: Collection[str]) -> dict[str, tuple[str, ...]]:
    """SKU → what may go instead of it, the best first; SKUs that nothing may go instead of are left out."""
    other = sku.alias()
    joined = substitute.join(sku, sku.c.no == substitute.c.sku_no)
    joined = joined.join(other, other.c.no == substitute.c.substitute_no)
    wanted = select(sku.c.id, other.c.id).select_from(joined).where(sku.c.id.in_(list(ids)))
    found: dict[str, tuple[str, ...]] = {}
    for id, instead in conn.execute(wanted.order_by(sku.c.id, substitute.c.rank)):
        found[id] = (*found.get(id, ()), instead)
    return found


def _kits(conn: Connection, ids: Collection[str]) -> set[str]:
    kits = select(sku.c.id).join(kit, kit.c.kit_no == sku.c.no).where(sku.c.id.in_(list(ids)))
    return set(conn.scalars(kits))
