"""Goods of a delivery that went to inspection first: to the shelf, to the damaged, or thrown away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from inventory import places
from inventory.movements import Cause, Move, Note, positive
from inventory.outcomes import Done, Report, Unknown
from inventory.places import Area
from inventory.stock import record
from inventory.store import documents
from inventory.store.names import resolve


@dataclass(frozen=True, slots=True)
class Disposed:
    """`quantity` units of `sku` leave inspection for another area of the node; None: for scrap."""

    sku: str
    quantity: int
    area: Area | None

    def __post_init__(self) -> None:
        """Raises ValueError for an impossible quantity, or for units that stay where they are."""
        positive(self.quantity)
        if self.area is Area.INSPECTION:
            raise ValueError("it lies there already")


@dataclass(frozen=True, slots=True)
class TooMany:
    """The line at `place` names more units than the `waiting` ones of its document."""

    place: int
    waiting: int


InspectOutcome = Done | TooMany | Unknown


def inspect(
    conn: Connection, at: datetime, id_: str, lines: Sequence[Disposed], note: Note
) -> Report[InspectOutcome]:
    """Units of a document leave inspection, all or nothing; also of one closed since. `note` is the
    ledger's.
    """
    names = resolve(conn, (), (line.sku for line in lines))
    row = documents.lock_inbound(conn, {id_}).get(id_)
    unknown = names.unknown((), (line.sku for line in lines)) if row else Unknown("inbound", (id_,))
    if row is None or unknown is not None:
        assert unknown is not None, "what is not there is unknown"
        return Report([unknown], [])
    waiting = documents.uninspected(conn, id_)
    for place, line in enumerate(lines):
        sku_no = names.skus[line.sku]
        if line.quantity > waiting.get(sku_no, 0):
            return Report([TooMany(place, waiting.get(sku_no, 0))], [])
        waiting[sku_no] -= line.quantity
        documents.set_inspected(conn, id_, sku_no, line.quantity)
    report = record(conn, at, [_move(row.node, line, note) for line in lines])
    return Report([Done(id_)], report.displaced)


def _move(node: str, line: Disposed, note: Note) -> Move:
    target = places.SCRAP if line.area is None else places.in_area(node, line.area)
    inspection = places.in_area(node, Area.INSPECTION)
    return Move(line.sku, line.quantity, inspection, target, Cause.DISPOSITION, note)
