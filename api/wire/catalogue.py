"""Bodies about SKUs, kits and nodes."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from api.wire.base import Count, Day, Id, Money, Quantity, Wire, Word
from api.wire.network import NodeBody
from inventory.sku import CATEGORY_MAX

Millimetres = Annotated[int, Field(ge=0, le=100_000)]
Category = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=CATEGORY_MAX, pattern=r"^[^\x00-\x1f\x7f]*$"),
    Field(examples=["Dairy"]),
]
"""The kind of goods a SKU is, by name, without the blanks around it, as files are read; "" for none."""


class SkuBody(Wire):
    """A sellable article. Lengths of 0 are not known."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Oat flakes 500 g",
                    "weight_g": 520,
                    "length_mm": 120,
                    "width_mm": 60,
                    "height_mm": 190,
                    "barcodes": ["4001234567890"],
                    "category": "Cereals",
                    "unit_price_minor": 249,
                }
            ]
        }
    )

    name: Annotated[str, Field(max_length=500)] = ""
    weight_g: Annotated[int, Field(ge=0, le=10_000_000)]
    length_mm: Millimetres = 0
    width_mm: Millimetres = 0
    height_mm: Millimetres = 0
    barcodes: Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=50)] = []
    flags: Annotated[list[Word], Field(max_length=20)] = []
    category: Category = ""
    unit_price_minor: Money = 0
    active: bool = True
    backorder_cap: Count = 0
    preorder_from: Day | None = None


class Component(Wire):
    """So many of a SKU in one kit."""

    sku: Id
    quantity: Quantity


class KitBody(Wire):
    """What a SKU is made of; no components make it a plain SKU again."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"components": [{"sku": "A1", "quantity": 1}, {"sku": "B2", "quantity": 2}]}]
        }
    )

    components: Annotated[list[Component], Field(max_length=100)]
    keep_together: bool = False


class SubstitutesBody(Wire):
    """What a picker may take instead of the SKU where its customer agreed, the best first; none: nothing."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"substitutes": ["B2"]}]})

    substitutes: Annotated[list[Id], Field(max_length=50)]


class SubstitutesShown(SubstitutesBody):
    """The list as stored; `version` is that of the SKU."""

    id: str
    version: int


class SkuShown(SkuBody):
    """A SKU as stored; `version` is its ETag."""

    id: str
    version: int


class KitShown(KitBody):
    """A kit as stored; its version is that of its SKU."""

    id: str
    version: int


class NodeShown(NodeBody):
    """A node as stored."""

    id: str
    version: int


class SkuPage(Wire):
    """A page of SKUs."""

    items: list[SkuShown]
    next: str | None


class NodePage(Wire):
    """A page of nodes."""

    items: list[NodeShown]
    next: str | None
