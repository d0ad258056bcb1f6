"""Edit what exists: nodes, SKUs and kits."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from inventory.barcodes import Clash
from inventory.catalogue_edit import (
    CapBelowHeld,
    CodesTaken,
    ComponentRow,
    NestedKit,
    NodeRow,
    SkuRow,
    UnknownSkus,
    VersionConflict,
    put_kit,
    put_nodes,
    put_skus,
)
from inventory.catalogue_read import (
    KitRow,
    Versioned,
    list_nodes,
    list_skus,
    read_kit,
    read_node,
    read_sku,
)
from inventory.substitutes import NoSubstitutes, put_substitutes, substitutes_of
from oms.refusals import Code, Fault, not_found, refuse
from oms.store.versions import bump
from oms.usecases.network import NETWORK, require_whole
from oms.work import Work

__all__ = [
    "edit_kit",
    "edit_node",
    "edit_sku",
    "edit_substitutes",
    "get_kit",
    "get_node",
    "get_sku",
    "get_substitutes",
    "list_nodes",
    "list_skus",
]

CATALOGUE = "catalogue"
"""The counter that tells every process to look at the catalogue again."""


def edit_node(work: Work, row: NodeRow, expected: int | None = None) -> Versioned[NodeRow]:
    """Store a node. Raises Refused: invalid (every fault of the network it would make), version_conflict."""
    number = bump(work.conn, NETWORK)
    bump(work.conn, CATALOGUE)
    (outcome,) = put_nodes(work.conn, [row], _expected(row.id, expected))
    if isinstance(outcome, VersionConflict):
        raise _changed(read_node(work.conn, row.id))
    require_whole(work.conn, "nodes", row.id)
    work.emit("node.changed", "node", row.id, {"version": outcome.version, "network": number})
    return Versioned(row, outcome.version)


def edit_sku(work: Work, row: SkuRow, expected: int | None = None) -> Versioned[SkuRow]:
    """Store a SKU. Raises Refused: in_use (the cap is below what is promised), barcode_taken,
    version_conflict.
    """
    bump(work.conn, CATALOGUE)
    (outcome,) = put_skus(work.conn, [row], _expected(row.id, expected))
    match outcome:
        case VersionConflict():
            raise _changed(read_sku(work.conn, row.id))
        case CapBelowHeld(backordered=held):
            fault = Fault("/backorder_cap", "below_promised", f"{held} units are promised as back-orders")
            raise refuse(Code.IN_USE, "More back-orders are promised than this cap allows", fault)
        case CodesTaken(clashes=found):
            faults = [_taken(row, clash) for clash in found]
            raise refuse(Code.BARCODE_TAKEN, "A barcode names one SKU; take it from the other first", *faults)
    work.emit("sku.changed", "sku", row.id, {"version": outcome.version})
    return Versioned(row, outcome.version)


def edit_kit(
    work: Work, id: str, components: Sequence[ComponentRow], keep_together: bool, expected: int | None = None
) -> KitRow:
    """Say what a SKU is made of. Raises Refused: not_found, unknown_sku, duplicate_id, invalid,
    version_conflict.
    """
    bump(work.conn, CATALOGUE)
    stored = read_sku(work.conn, id)
    if stored is None:
        raise not_found("SKU")
    if expected is not None and stored.version != expected:
        raise _changed(stored)
    _distinct(components, id)
    places = {component.sku: place for place, component in enumerate(components)}
    outcome = put_kit(work.conn, id, components, keep_together)
    match outcome:
        case UnknownSkus(ids=ids):
            faults = _faults(ids, places, Code.UNKNOWN_SKU, "There is no such SKU")
            raise refuse(Code.UNKNOWN_SKU, "A kit is made of SKUs that exist", *faults)
        case NestedKit(ids=ids):
            faults = [
                Fault(f"/components/{places[one]}/sku", "nested_kit", "This is a kit")
                if one in places
                else Fault("path/id", "nested_kit", "This SKU is a component of a kit")
                for one in ids
            ]
            raise refuse(Code.INVALID, "A kit is not made of kits", *faults)
    work.emit("kit.changed", "sku", id, {"version": outcome.version})
    return KitRow(id, keep_together, tuple(components), outcome.version)


def edit_substitutes(work: Work, id: str, substitutes: Sequence[str], expected: int | None = None) -> int:
    """Say what may go instead of a SKU; its version since. Raises Refused: not_found, unknown_sku, invalid,
    duplicate_id, version_conflict.
    """
    bump(work.conn, CATALOGUE)
    stored = get_sku(work.conn, id)
    if expected is not None and stored.version != expected:
        raise _changed(stored)
    places = {other: f"/substitutes/{place}" for place, other in enumerate(substitutes)}
    if len(places) < len(substitutes):
        fault = Fault("/substitutes", Code.DUPLICATE_ID, "Every substitute is named once")
        raise refuse(Code.DUPLICATE_ID, "Every substitute is named once", fault)
    outcome = put_substitutes(work.conn, id, substitutes)
    match outcome:
        case UnknownSkus(ids=ids):
            faults = [Fault(places[one], Code.UNKNOWN_SKU, "There is no such SKU") for one in ids]
            raise refuse(Code.UNKNOWN_SKU, "Substitutes are SKUs that exist", *faults)
        case NoSubstitutes(ids=ids):
            detail = "Neither a kit nor the SKU itself goes in its place"
            faults = [Fault(places[one], Code.INVALID, detail) for one in ids]
            raise refuse(Code.INVALID, detail, *faults)
    work.emit("substitutes.changed", "sku", id, {"version": outcome.version})
    return outcome.version


def get_substitutes(conn: Connection, id: str) -> tuple[int, list[str]]:
    """(the SKU's version, what may go instead of it, the best first). Raises Refused: not_found."""
    return get_sku(conn, id).version, list(substitutes_of(conn, [id]).get(id, ()))


def get_node(conn: Connection, id: str) -> Versioned[NodeRow]:
    """Raises Refused: not_found."""
    found = read_node(conn, id)
    if found is None:
        raise not_found("node")
    return found


def get_sku(conn: Connection, id: str) -> Versioned[SkuRow]:
    """Raises Refused: not_found."""
    found = read_sku(conn, id)
    if found is None:
        raise not_found("SKU")
    return found


def get_kit(conn: Connection, id: str) -> KitRow:
    """Raises Refused: not_found."""
    found = read_kit(conn, id)
    if found is None:
        raise not_found("kit")
    return found


def _distinct(components: Sequence[ComponentRow], id: str) -> None:
    """No SKU twice, and none made of itself."""
    own = [place for place, component in enumerate(components) if component.sku == id]
    if own:
        faults = [Fault(f"/components/{place}/sku", "nested_kit", "This is the kit itself") for place in own]
        raise refuse(Code.INVALID, "A kit is not made of itself", *faults)
    first: dict[str, int] = {}
    faults = [
        Fault(f"/components/{place}/sku", Code.DUPLICATE_ID, "Named before; add the quantities up")
        for place, component in enumerate(components)
        if first.setdefault(component.sku, place) != place
    ]
    if faults:
        raise refuse(Code.DUPLICATE_ID, "A kit names every component once", *faults)


def _taken(row: SkuRow, clash: Clash) -> Fault:
    """Where the SKU says what names another one."""
    if clash.code not in row.barcodes:
        detail = f"SKU {clash.holder} has this id as a barcode"
        return Fault("path/id", Code.BARCODE_TAKEN, detail)
    pointer = f"/barcodes/{row.barcodes.index(clash.code)}"
    return Fault(pointer, Code.BARCODE_TAKEN, f"SKU {clash.holder} has this barcode or id")


def _faults(ids: Sequence[str], places: dict[str, int], code: str, detail: str) -> list[Fault]:
    return [Fault(f"/components/{places[id]}/sku" if id in places else "path/id", code, detail) for id in ids]


def _expected(id: str, version: int | None) -> dict[str, int]:
    return {} if version is None else {id: version}


def _changed(stored: Versioned[NodeRow] | Versioned[SkuRow] | None) -> Exception:
    """`stored` is what is there now; None: nothing."""
    version = None if stored is None else stored.version
    return refuse(Code.VERSION_CONFLICT, "It has changed since it was read; read it again", version=version)
