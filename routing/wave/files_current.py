"""The plans that stand in a wave's file: read, and what of them is already picked priced and taken out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

import numpy as np

from routing.files_fields import Fields, Malformed, as_object
from routing.problem import RateCards

Standing = tuple[tuple[str, tuple[tuple[str, int], ...]], ...]  # (node, (line, units) …) …


@dataclass(slots=True)
class Line:
    """``quantity``: what of it is not picked."""

    id: str
    sku: str
    quantity: int
    weight_g: int
    volume_mm3: int
    alone: bool
    group: int


@dataclass(frozen=True, slots=True)
class PickedParcel:
    """A parcel that stays as it is, and what it costs."""

    node: str
    lines: tuple[tuple[str, int], ...]
    skus: tuple[tuple[str, int], ...]
    cost_minor: float


def read_current(
    fields: Fields,
    lines: list[Line],
    reach: Mapping[str, tuple[int, int, float]],
    cards: RateCards,
    stock: Mapping[str, Mapping[str, list[float]]],
    divisor: float,
) -> tuple[Standing, tuple[PickedParcel, ...]]:
    """What stands and may change, and what is picked; ``lines`` lose the units that are picked."""
    by_id = {line.id: line for line in lines}
    standing, picked = [], []
    for p, entry in fields.items("parcels", most=100_000):
        parcel = Fields(as_object(entry, p), p)
        node = parcel.text("node")
        if node not in reach:
            detail = f"{node!r} is not among the order's nodes, or arrives after its latest_day"
            raise Malformed(f"{p}/node", "unknown_node", detail)
        content = _content(parcel, by_id)
        fixed = parcel.flag("picked", default=False)
        parcel.nothing_else()
        for line, _ in content:
            if node not in stock.get(by_id[line].sku, {}):
                detail = f"no stock of {by_id[line].sku} at {node}; stock counts what current plans use"
                raise Malformed(p, "current_impossible", detail)
        if fixed:
            picked.append(_picked(p, node, content, by_id, reach[node], cards, stock, divisor))
            for line, units in content:
                by_id[line].quantity -= units
        else:
            standing.append((node, content))
    if not fields.absent("unfilled"):
        fields.items("unfilled", most=100_000)
    fields.nothing_else()
    sent: dict[str, int] = {}
    for _, content in standing:
        for line, units in content:
            sent[line] = sent.get(line, 0) + units
    over = [line for line in by_id.values() if sent.get(line.id, 0) > line.quantity or line.quantity < 0]
    if over:
        detail = f"the parcels hold more of line {over[0].id!r} than the order wants"
        raise Malformed(f"{fields.at}/parcels", "current_impossible", detail)
    return tuple(standing), tuple(picked)


def _content(parcel: Fields, by_id: Mapping[str, Line]) -> tuple[tuple[str, int], ...]:
    content: dict[str, int] = {}
    for p, entry in parcel.items("lines", most=1_000):
        take = Fields(as_object(entry, p), p)
        line = take.text("id")
        if line not in by_id:
            raise Malformed(f"{p}/id", "unknown_line", f"the order has no line {line!r}")
        content[line] = content.get(line, 0) + take.whole("quantity", least=1, most=10**6)
        take.nothing_else()
    if not content:
        raise Malformed(f"{parcel.at}/lines", "empty", "a parcel holds at least one line")
    for name in ("cost_minor", "billable_g"):  # as printed by this command
        parcel.absent(name)
    return tuple(sorted(content.items()))


def _picked(
    at: str,
    node: str,
    content: tuple[tuple[str, int], ...],
    by_id: Mapping[str, Line],
    way: tuple[int, int, float],
    cards: RateCards,
    stock: Mapping[str, Mapping[str, list[float]]],
    divisor: float,
) -> PickedParcel:
    weight = sum(units * by_id[line].weight_g for line, units in content)
    if divisor > 0:
        volume = sum(units * by_id[line].volume_mm3 for line, units in content)
        weight = max(weight, ceil(volume / divisor))
    card, fixed, price = way
    steps = slice(int(cards.start[card]), int(cards.start[card + 1]))
    step = int(np.searchsorted(cards.up_to_g[steps], weight))
    if step == cards.up_to_g[steps].size:
        raise Malformed(
            at, "current_impossible", f"{weight} g from {node} are heavier than its tariff carries"
        )
    skus: dict[str, int] = {}
    for line, units in content:
        skus[by_id[line].sku] = skus.get(by_id[line].sku, 0) + units
    goods = sum(units * (stock[sku][node][1] + stock[sku][node][2]) for sku, units in skus.items())
    return PickedParcel(
        node, content, tuple(skus.items()), int(cards.minor[steps][step]) + fixed + price + goods
    )
