"""Where a unit can be, as the ledger spells it.

A node has areas (`ST-07:shelf`); the rest of the world is `supplier`, `customer`, `scrap`, what is announced
(`inbound:<id>`) and what is on the road (`in_transit:<id>`). Only a shelf has a position and can be promised.
`missing` balances the books: units that were expected and not found go there, units found unexpectedly come
from there, so its balance may be negative until a count explains it. `supplier` and `customer` are the ends
of the world, their balances mean nothing.
"""

from enum import StrEnum
from functools import lru_cache

SUPPLIER = "supplier"
CUSTOMER = "customer"
SCRAP = "scrap"

_DOCUMENTS = ("inbound", "in_transit")
_KEPT = 1 << 14  # places put together and taken apart: there are few, and each line of a batch names two


class Area(StrEnum):
    """A part of a node; units on the shelf are for sale, the others are not."""

    SHELF = "shelf"
    INSPECTION = "inspection"
    MISSING = "missing"
    DAMAGED = "damaged"


@lru_cache(_KEPT)
def in_area(node: str, area: Area) -> str:
    """The place `area` of the node."""
    return f"{node}:{area}"


def shelf(node: str) -> str:
    """The place whose balance is the position's on hand."""
    return in_area(node, Area.SHELF)


def missing(node: str) -> str:
    """The place of units that should be at the node and are not."""
    return in_area(node, Area.MISSING)


def inbound(document: str) -> str:
    """Units a supplier announced and that have not arrived."""
    return f"inbound:{document}"


def in_transit(document: str) -> str:
    """Units on the road under a transfer or a shipment."""
    return f"in_transit:{document}"


@lru_cache(_KEPT)
def node_of(place: str) -> tuple[str, Area] | None:
    """The node and area a place names; None for places outside every node. Raises ValueError for no place."""
    head, colon, tail = place.partition(":")
    if not colon:
        if head not in (SUPPLIER, CUSTOMER, SCRAP):
            raise ValueError(f"not a place: {place!r}")
        return None
    if head in _DOCUMENTS:
        return None
    return head, Area(tail)
