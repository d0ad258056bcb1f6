"""From what was sold to the lines of an order: kits beside their components, every unit at a stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from inventory.catalogue import ComponentLine
from oms.orders.order import Line, kits_follow
from oms.orders.placing import SoldLine
from oms.orders.stages import Counts


def lines_of(
    sold: Sequence[SoldLine], parts: Sequence[ComponentLine], counts: Mapping[str, Counts]
) -> tuple[Line, ...]:
    """The lines as sold, each followed by what is picked for it. ``counts`` are those of the picked lines."""
    made: list[Line] = []
    for line in sold:
        mine = [part for part in parts if part.line_id == line.id]
        is_kit = any(part.kit is not None for part in mine)
        made.append(
            Line(
                id=line.id,
                sku=line.sku,
                counts=Counts(unrouted=line.quantity) if is_kit else counts[line.id],
                unit_price_minor=line.unit_price_minor,
                discount_minor=line.discount_minor,
                tax_minor=line.tax_minor,
                is_kit=is_kit,
            )
        )
        made += [_component(line, part, counts[part.id]) for part in mine if is_kit]
    return kits_follow(tuple(made))


def _component(line: SoldLine, part: ComponentLine, counts: Counts) -> Line:
    # Counts may hold more than this part asks for: units cancelled earlier stay on the line.
    return Line(
        id=part.id,
        sku=part.sku,
        counts=counts,
        kit_line=line.id,
        per_kit=part.quantity // line.quantity,
    )
