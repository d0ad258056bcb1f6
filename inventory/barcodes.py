"""One scan, one SKU: a barcode stands at one SKU and is no other's id.

The table `sku_code` says so too; here it is asked first, so that the answer names who has the barcode.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection, text

_HOLDERS = text(
    "SELECT code, sku.id FROM sku_code JOIN sku ON sku.no = sku_code.sku_no WHERE code = ANY(:codes)"
)
_GIVE_UP = text(
    """
    UPDATE sku SET barcodes = ARRAY(
        SELECT said.code FROM unnest(barcodes) WITH ORDINALITY AS said (code, place)
        WHERE said.code <> ALL(:codes) ORDER BY said.place)
    WHERE id = ANY(:holders)
    """
)


class Coded(Protocol):
    """What may be scanned as a SKU."""

    @property
    def id(self) -> str: ...

    @property
    def barcodes(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Clash:
    """`code`, wanted as the id or a barcode of the SKU `id`, names the SKU `holder` already."""

    id: str
    code: str
    holder: str


def holders(conn: Connection, codes: Iterable[str]) -> dict[str, str]:
    """Code -> the SKU it names, where it names one."""
    return {row.code: row.id for row in conn.execute(_HOLDERS, {"codes": sorted(set(codes))})}


def clashes(rows: Sequence[Coded], held: Mapping[str, str]) -> Iterator[Clash]:
    """What cannot be when these rows are written, in their order: codes of SKUs that are not among them, and
    of rows before. `held` as `holders` says.
    """
    ids = {row.id for row in rows}
    claims = {id: id for id in ids}
    for row in rows:
        for code in dict.fromkeys((row.id, *row.barcodes)):
            holder = held.get(code, row.id)
            if holder in ids:
                holder = claims.setdefault(code, row.id)
            if holder != row.id:
                yield Clash(row.id, code, holder)


def codes_of(rows: Iterable[Coded]) -> Iterator[str]:
    """Everything a scan of these SKUs may read."""
    for row in rows:
        yield row.id
        yield from row.barcodes


def give_up(conn: Connection, rows: Iterable[Coded], held: Mapping[str, str]) -> None:
    """Take from the SKUs among the rows what others of them will have, before any is written."""
    listed = list(rows)
    ids = {row.id for row in listed}
    moved = {
        code: held[code]
        for row in listed
        for code in (row.id, *row.barcodes)
        if held.get(code, row.id) != row.id and held[code] in ids
    }
    if moved:
        conn.execute(_GIVE_UP, {"codes": sorted(moved), "holders": sorted(set(moved.values()))})
