"""What a wave came to, as JSON, and waves written for others to read."""

from __future__ import annotations

import numpy as np

from routing.problem import NO_GROUP, UNLIMITED
from routing.wave.cost import billable_g, parcel_minor
from routing.wave.files import WaveFile
from routing.wave.problem import Choice, Wave, WaveResult


def result_to_json(file: WaveFile, result: WaveResult, elapsed_s: float) -> dict[str, object]:
    """``cost_minor`` and ``bound_minor`` with what is picked; the gap is between the two."""
    place = {name: o for o, name in enumerate(file.wave.order_ids)}
    cost, bound = result.cost_minor + file.picked_minor, result.bound_minor + file.picked_minor
    moved = set(result.moved)
    return {
        "currency": file.currency,
        "orders": [
            _order(file, result, name, place.get(name), place.get(name) in moved) for name in file.order_ids
        ],
        "cost_minor": _whole(cost),
        "before_minor": _whole(result.before_minor + file.picked_minor),
        "bound_minor": _whole(bound),
        "gap": 0.0 if cost == 0 else max(0.0, (cost - bound) / abs(cost)),
        "moved": len(moved),
        "rounds": result.rounds,
        "elapsed_s": round(elapsed_s, 3),
    }


def _order(file: WaveFile, result: WaveResult, name: str, o: int | None, moved: bool) -> dict[str, object]:
    parcels: list[dict[str, object]] = [
        {"node": p.node, "lines": _lines(p.lines), "cost_minor": _whole(p.cost_minor), "picked": True}
        for p in file.picked.get(name, ())
    ]
    unfilled: list[dict[str, object]] = []
    if o is not None:
        parcels += [_parcel(file.wave, o, node, dict(content)) for node, content in result.choices[o]]
        unfilled = _unfilled(file.wave, o, result.choices[o])
    written: dict[str, object] = {"id": name, "parcels": parcels, "unfilled": unfilled}
    if moved:
        written["moved"] = True
    return written


def _parcel(wave: Wave, order: int, node: int, content: dict[int, int]) -> dict[str, object]:
    first, end = wave.reach_start[order : order + 2].tolist()
    pair = first + int(np.searchsorted(wave.reach_node[first:end], node))
    return {
        "node": wave.node_ids[node],
        "lines": _lines([(wave.line_ids[line], units) for line, units in content.items()]),
        "billable_g": billable_g(wave, content),
        "cost_minor": parcel_minor(wave, pair, content),
    }


def _lines(lines: object) -> list[dict[str, object]]:
    return [{"id": line, "quantity": units} for line, units in lines]  # type: ignore[attr-defined]


def _unfilled(wave: Wave, order: int, choice: Choice) -> list[dict[str, object]]:
    left = {line: int(wave.quantity[line]) for line in wave.lines_of(order)}
    for _, content in choice:
        for line, units in content:
            left[line] -= units
    return [{"id": wave.line_ids[line], "quantity": units} for line, units in left.items() if units]


def _whole(money: float) -> float | int:
    """Whole minor units as such."""
    return int(money) if float(money).is_integer() else money


def wave_to_json(wave: Wave, currency: str) -> dict[str, object]:
    """A wave as ``wave_from_json`` reads it, without what is already picked."""
    return {
        "currency": currency,
        "tariffs": {name: _steps(wave, c) for c, name in enumerate(wave.cards.names)},
        "orders": [_order_asked(wave, o) for o in range(wave.shape[0])],
        "stock": [
            {
                "node": wave.node_ids[wave.stock_node[p]],
                "sku": wave.sku_ids[s],
                "available": int(wave.available[p]),
                "unit_cost_minor": int(wave.unit_cost_minor[p]),
                "bid_price_minor": float(wave.bid_price_minor[p]),
            }
            for s in range(len(wave.sku_ids))
            for p in range(int(wave.stock_start[s]), int(wave.stock_start[s + 1]))
        ],
        "capacity": [
            {"node": node, "parcels": None if c == UNLIMITED else c}
            for node, c in zip(wave.node_ids, wave.capacity_parcels.tolist(), strict=True)
        ],
        "unfilled_penalty_minor": wave.unfilled_penalty_minor,
        "dimensional_divisor_mm3_per_g": wave.divisor_mm3_per_g,
    }


def _steps(wave: Wave, card: int) -> list[list[int]]:
    own = slice(int(wave.cards.start[card]), int(wave.cards.start[card + 1]))
    up_to, minor = wave.cards.up_to_g[own].tolist(), wave.cards.minor[own].tolist()
    return [list(step) for step in zip(up_to, minor, strict=True)]


def _order_asked(wave: Wave, o: int) -> dict[str, object]:
    order: dict[str, object] = {
        "id": wave.order_ids[o],
        "lines": [_line_asked(wave, line) for line in wave.lines_of(o)],
        "nodes": {
            wave.node_ids[wave.reach_node[r]]: {
                "tariff": wave.cards.names[wave.card[r]],
                "fixed_minor": int(wave.fixed_minor[r]),
                "parcel_price_minor": float(wave.parcel_price_minor[r]),
            }
            for r in range(int(wave.reach_start[o]), int(wave.reach_start[o + 1]))
        },
        "move_minor": int(wave.move_minor[o]),
    }
    if o in wave.current:
        order["current"] = {
            "parcels": [
                {
                    "node": wave.node_ids[node],
                    "lines": _lines([(wave.line_ids[line], units) for line, units in content]),
                }
                for node, content in wave.current[o]
            ]
        }
    return order


def _line_asked(wave: Wave, line: int) -> dict[str, object]:
    written: dict[str, object] = {
        "id": wave.line_ids[line],
        "sku": wave.sku_ids[wave.sku[line]],
        "quantity": int(wave.quantity[line]),
        "unit_weight_g": int(wave.unit_weight_g[line]),
        "unit_volume_mm3": int(wave.unit_volume_mm3[line]),
        "ship_alone": bool(wave.ship_alone[line]),
    }
    if wave.group[line] != NO_GROUP:
        written["group"] = int(wave.group[line])
    return written
