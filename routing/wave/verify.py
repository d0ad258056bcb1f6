"""An independent recount of a wave: plain loops over what was asked, nothing shared with the solver."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import ceil, fsum, isclose

from routing.problem import NO_GROUP, UNLIMITED
from routing.wave.problem import Choice, Content, Wave, WaveResult

TOLERANCE_MINOR = 1e-3


def wave_faults(wave: Wave, result: WaveResult) -> list[str]:
    """Every condition the result breaks, and every figure it gets wrong, in words."""
    faults = broken(wave, result.choices)
    cost = fsum(_order_cost(wave, o, choice) for o, choice in enumerate(result.choices))
    if not isclose(cost, result.cost_minor, abs_tol=TOLERANCE_MINOR):
        faults.append(f"cost stated {result.cost_minor}, counted {cost}")
    if result.bound_minor > cost + TOLERANCE_MINOR:
        faults.append(f"bound {result.bound_minor} above the cost {cost}")
    if cost > result.before_minor + TOLERANCE_MINOR:
        faults.append(f"cost {cost} above the {result.before_minor} of before")
    moved = tuple(o for o in wave.current if result.choices[o] != wave.current[o])
    if moved != result.moved:
        faults.append(f"moved orders stated {result.moved}, counted {moved}")
    return faults


def broken(wave: Wave, choices: Sequence[Choice]) -> list[str]:
    """Every condition that one plan per order breaks, alone or together with the others."""
    faults: list[str] = []
    shelves: Counter[tuple[int, int]] = Counter()
    parcels: Counter[int] = Counter()
    for order, choice in enumerate(choices):
        faults += [f"order {wave.order_ids[order]}: {fault}" for fault in _order_faults(wave, order, choice)]
        for node, content in choice:
            parcels[node] += 1
            for line, units in content:
                shelves[int(wave.sku[line]), node] += units
    for (sku, node), units in shelves.items():
        held = _shelf(wave, sku, node)
        there = 0 if held is None else int(wave.available[held])
        if units > there:
            faults.append(f"{wave.node_ids[node]} sends {units} of {wave.sku_ids[sku]}, has {there}")
    for node, count in parcels.items():
        limit = int(wave.capacity_parcels[node])
        if limit != UNLIMITED and count > limit:
            faults.append(f"{wave.node_ids[node]} sends {count} parcels of {limit}")
    return faults


def _order_faults(wave: Wave, order: int, choice: Choice) -> list[str]:
    faults = []
    lines = range(int(wave.line_start[order]), int(wave.line_start[order + 1]))
    sent: Counter[int] = Counter()
    for _, content in choice:
        if not content or any(units < 1 for _, units in content):
            faults.append("an empty parcel, or one with no units of a line")
        sent.update(dict(content))
    promised: Counter[int] = Counter()
    for _, content in wave.current.get(order, ()):
        promised.update(dict(content))
    for line, units in sent.items():
        if line not in lines:
            faults.append(f"sends a line of another order ({line})")
        elif units > int(wave.quantity[line]):
            faults.append(f"sends {units} of line {wave.line_ids[line]}, wants {int(wave.quantity[line])}")
    faults += [f"line {wave.line_ids[i]} loses units it was promised" for i in lines if sent[i] < promised[i]]
    for node, content in choice:
        faults += _parcel_faults(wave, list(lines), dict(content))
        pair = _pair(wave, order, node)
        if pair is None:
            faults.append(f"from {wave.node_ids[node]}, where it may not come from")
        elif _tariff(wave, pair, content) is None:
            faults.append(f"a parcel from {wave.node_ids[node]} is too heavy for its tariff")
    return faults


def _parcel_faults(wave: Wave, lines: list[int], content: dict[int, int]) -> list[str]:
    faults = []
    for line in content:
        group = int(wave.group[line])
        kit = [i for i in lines if int(wave.group[i]) == group] if group != NO_GROUP else [line]
        if group != NO_GROUP and any(content.get(i, 0) != int(wave.quantity[i]) for i in kit):
            faults.append(f"a parcel carries a part of kit {group}")
        if wave.ship_alone[line]:
            company = set(content) - set(kit)
            if company or (group == NO_GROUP and content[line] > 1):
                faults.append(f"line {wave.line_ids[line]} must ship alone")
    return faults


def _order_cost(wave: Wave, order: int, choice: Choice) -> float:
    total = 0.0
    missing = int(wave.quantity[int(wave.line_start[order]) : int(wave.line_start[order + 1])].sum())
    for node, content in choice:
        pair = _pair(wave, order, node)
        if pair is None:
            continue
        total += int(wave.fixed_minor[pair]) + float(wave.parcel_price_minor[pair])
        total += _tariff(wave, pair, content) or 0
        for line, units in content:
            shelf = _shelf(wave, int(wave.sku[line]), node)
            if shelf is not None:
                total += units * (int(wave.unit_cost_minor[shelf]) + float(wave.bid_price_minor[shelf]))
            if order in wave.felt:
                row = line - int(wave.line_start[order])
                total += units * float(wave.felt[order][row, pair - int(wave.reach_start[order])])
            missing -= units
    if order in wave.current and choice != wave.current[order]:
        total += int(wave.move_minor[order])
    return total + missing * wave.unfilled_penalty_minor


def _tariff(wave: Wave, pair: int, content: Content) -> int | None:
    weight = sum(units * int(wave.unit_weight_g[line]) for line, units in content)
    if wave.divisor_mm3_per_g > 0:
        volume = sum(units * int(wave.unit_volume_mm3[line]) for line, units in content)
        weight = max(weight, ceil(volume / wave.divisor_mm3_per_g))
    card = int(wave.card[pair])
    for step in range(int(wave.cards.start[card]), int(wave.cards.start[card + 1])):
        if weight <= int(wave.cards.up_to_g[step]):
            return int(wave.cards.minor[step])
    return None


def _pair(wave: Wave, order: int, node: int) -> int | None:
    for pair in range(int(wave.reach_start[order]), int(wave.reach_start[order + 1])):
        if int(wave.reach_node[pair]) == node:
            return pair
    return None


def _shelf(wave: Wave, sku: int, node: int) -> int | None:
    for shelf in range(int(wave.stock_start[sku]), int(wave.stock_start[sku + 1])):
        if int(wave.stock_node[shelf]) == node:
            return shelf
    return None
