"""What can be sold and where it can lie: an immutable snapshot in memory, renewed by what changed.

Nodes keep their index for as long as a process lives: a new node is appended, none is removed. So an array by
node stays right for every later snapshot, and only gets longer.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from inventory.outcomes import Unknown
from inventory.sku import Component, Kit, Sku
from inventory.sku_columns import SkuColumns
from inventory.skus import Skus

__all__ = ["BasketLine", "Catalogue", "Component", "ComponentLine", "Kit", "Node", "Sku"]


@dataclass(frozen=True, slots=True)
class Node:
    """A site that can hold and hand out stock; `timezone` is an IANA name."""

    no: int
    id: str
    name: str
    kind: str
    lat: float | None
    lon: float | None
    country: str
    postcode: str
    city: str
    timezone: str
    market: str
    active: bool
    version: int


@dataclass(frozen=True, slots=True)
class BasketLine:
    """`quantity` units of `sku`, a kit or not."""

    id: str
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class ComponentLine:
    """What one basket line is picked as: itself, or one component of its kit.

    `kit` is the basket line's id for components of a kit, None for a plain SKU; `id` is unique in the basket.
    """

    id: str
    line_id: str
    sku: str
    quantity: int
    kit: str | None = None
    keep_together: bool = False


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One state of nodes and SKUs. `order` are the node ids by index, `index` is the inverse.

    `version` grows with every change. `closed` are the indices of nodes that are out of use.
    """

    version: int = 0
    skus: Skus = field(default_factory=Skus)
    nodes: Mapping[str, Node] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    index: Mapping[str, int] = field(default_factory=dict)
    index_by_no: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    closed: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    @classmethod
    def of(cls, nodes: Iterable[Node], skus: SkuColumns) -> "Catalogue":
        """The first snapshot."""
        return cls(skus=Skus(skus)).changed(nodes, ())

    def changed(self, nodes: Iterable[Node], skus: Iterable[Sku]) -> "Catalogue":
        """A later snapshot in which these nodes and SKUs are new or changed."""
        made = replace(self, version=self.version + 1)
        by_id = {sku.id: sku for sku in skus}
        if by_id:
            made = replace(made, skus=self.skus.changed(by_id))
        written = {node.id: node for node in nodes}
        return made._with_nodes(written) if written else made

    def _with_nodes(self, written: Mapping[str, Node]) -> "Catalogue":
        nodes = {**self.nodes, **written}  # a dict keeps the place of a key it already has
        order = tuple(nodes)
        by_no = np.full(max(node.no for node in nodes.values()) + 1, -1, np.int32)
        by_no[[node.no for node in nodes.values()]] = np.arange(len(order), dtype=np.int32)
        closed = np.array([i for i, node in enumerate(nodes.values()) if not node.active], np.int64)
        index = {id_: i for i, id_ in enumerate(order)}
        return replace(self, nodes=nodes, order=order, index=index, index_by_no=by_no, closed=closed)

    def explode(self, lines: Sequence[BasketLine]) -> tuple[ComponentLine, ...] | Unknown:
        """The lines with every kit replaced by its components, in order; Unknown names the others."""
        missing = tuple(dict.fromkeys(line.sku for line in lines if line.sku not in self.skus))
        if missing:
            return Unknown("sku", missing)
        return tuple(part for line in lines for part in self._parts(line))

    def _parts(self, line: BasketLine) -> tuple[ComponentLine, ...]:
        kit = self.skus[line.sku].kit
        if kit is None:
            return (ComponentLine(line.id, line.id, line.sku, line.quantity),)
        return tuple(
            ComponentLine(
                id=f"{line.id}/{part.sku}",
                line_id=line.id,
                sku=part.sku,
                quantity=line.quantity * part.quantity,
                kit=line.id,
                keep_together=kit.keep_together,
            )
            for part in kit.components
        )
