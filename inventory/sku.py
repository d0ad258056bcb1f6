"""What can be sold, as values."""

from dataclasses import dataclass
from datetime import date

CATEGORY_MAX = 100
"""Characters of a category's name."""


@dataclass(frozen=True, slots=True)
class Component:
    """`quantity` units of `sku` go into one kit."""

    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Kit:
    """What a kit is picked as. Components are plain SKUs, one level deep. `keep_together`: from one node."""

    components: tuple[Component, ...]
    keep_together: bool


@dataclass(frozen=True, slots=True)
class Sku:
    """One sellable article; weight in g, dimensions in mm, price in minor units. `kit` None: not a kit.

    `backordered` of at most `backorder_cap` units are promised without stock, from `preorder_from` on.
    `category` "": none.
    """

    no: int
    id: str
    name: str
    barcodes: tuple[str, ...]
    weight_g: int
    length_mm: int
    width_mm: int
    height_mm: int
    flags: frozenset[str]
    unit_price_minor: int
    active: bool
    backorder_cap: int
    backordered: int
    preorder_from: date | None
    version: int
    kit: Kit | None = None
    category: str = ""
