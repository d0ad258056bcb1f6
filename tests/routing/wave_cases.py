"""Small random waves with everything a wave may hold, and a search that tries every combination of plans."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from itertools import product

import numpy as np

from routing.problem import NO_GROUP, UNLIMITED, Bools, Ints
from routing.wave.problem import Choice, Content, Wave
from tests.routing.kernel_cases import random_cards

Use = tuple[tuple[int, ...], ...]  # units by shelf, parcels by node, then anything


def random_wave(seed: int, orders: int, nodes: int, felt: bool = True) -> Wave:
    """One to three lines an order out of few SKUs, so that they fight for the same units."""
    rng = np.random.default_rng([seed, 77])
    skus = int(rng.integers(1, 5))
    count = rng.integers(1, 4, orders)
    lines = int(count.sum())
    here = rng.random((skus, nodes)) < 0.75
    sku_of, node_of = np.nonzero(here)
    weight = rng.integers(1, 2_500, skus)
    near = rng.random((orders, nodes)) < 0.85
    order_of, reach = np.nonzero(near)
    cards = random_cards(rng, 3, 9_000)
    group, alone, start = _kits(rng, count)
    sku = rng.integers(0, skus, lines)
    unit_felt = {
        o: np.floor(rng.random((int(count[o]), int(near[o].sum()))) * 800) / 16
        for o in range(orders)
        if felt and rng.random() < 0.3
    }
    weights = weight[sku] + rng.integers(0, 2, lines)
    return Wave(
        cards=cards,
        node_ids=tuple(f"node {n}" for n in range(nodes)),
        capacity_parcels=rng.integers(0, 5, nodes) if rng.random() < 0.6 else np.full(nodes, UNLIMITED),
        sku_ids=tuple(f"sku {s}" for s in range(skus)),
        stock_start=np.searchsorted(sku_of, np.arange(skus + 1)),
        stock_node=node_of,
        available=rng.integers(0, 4, sku_of.size),
        unit_cost_minor=rng.integers(0, 120, sku_of.size),
        bid_price_minor=np.floor(rng.random(sku_of.size) * 1600) / 16 * (rng.random() < 0.5),
        order_ids=tuple(f"order {o}" for o in range(orders)),
        line_start=start,
        line_ids=tuple(f"{i}" for c in count for i in range(c)),
        sku=sku,
        quantity=rng.choice([1, 1, 2], lines),
        unit_weight_g=weights,
        unit_volume_mm3=rng.integers(0, 9_000_000, lines),
        ship_alone=alone,
        group=group,
        reach_start=np.searchsorted(order_of, np.arange(orders + 1)),
        reach_node=reach,
        card=rng.integers(0, len(cards.names), reach.size),
        fixed_minor=rng.integers(0, 900, reach.size),
        parcel_price_minor=np.floor(rng.random(reach.size) * 160) / 16 * (rng.random() < 0.5),
        move_minor=rng.integers(0, 300, orders),
        divisor_mm3_per_g=float(rng.choice([0.0, 4_000.0])),
        unfilled_penalty_minor=int(rng.choice([300, 3_000, 100_000])),
        felt=unit_felt,
    )


def _kits(rng: np.random.Generator, count: Ints) -> tuple[Ints, Bools, Ints]:
    """Groups and lone lines now and then; and where the lines of each order start."""
    lines, start = int(count.sum()), np.concatenate([[0], np.cumsum(count)])
    group, alone = np.full(lines, NO_GROUP), np.zeros(lines, np.bool_)
    if rng.random() < 0.4:
        o = int(rng.integers(count.size))
        group[start[o] : start[o + 1]] = 3
    if rng.random() < 0.3:
        alone[rng.integers(lines)] = True
    return group, alone, start


def with_current(wave: Wave, seed: int) -> Wave:
    """The same with plans standing for some of the orders: any that fit together."""
    rng = np.random.default_rng([seed, 78])
    current: dict[int, Choice] = {}
    shelves, parcels = _room(wave)
    for o in range(wave.shape[0]):
        plans = list(every_plan(wave, o).items())
        use, (choice, _cost_minor) = plans[int(rng.integers(len(plans)))]
        if rng.random() < 0.7 and _fits(use, (shelves, parcels)):
            current[o] = choice
            shelves = tuple(a - b for a, b in zip(shelves, use[0], strict=True))
            parcels = tuple(a - b for a, b in zip(parcels, use[1], strict=True))
    return replace(wave, current=current)


def best_by_trying_everything(wave: Wave) -> float:
    """The least cost over every combination of plans that fit together. Exponential."""
    plans = [_sorted_plans(wave, o) for o in range(wave.shape[0])]
    least = [p[0][1] if p else math.inf for p in plans]
    rest = [math.fsum(least[o:]) for o in range(len(plans) + 1)]
    best = [math.inf]

    def go(o: int, room: Use, cost: float) -> None:
        if o == len(plans):
            best[0] = min(best[0], cost)
            return
        for use, own in plans[o]:
            if cost + own + rest[o + 1] >= best[0]:
                return
            if _fits(use, room):
                go(o + 1, _without(room, use), cost + own)

    go(0, _room(wave), 0.0)
    return best[0]


def _sorted_plans(wave: Wave, order: int) -> list[tuple[Use, float]]:
    promised: Counter[int] = Counter()
    for _, content in wave.current.get(order, ()):
        promised.update(dict(content))
    kept = []
    for use, (choice, cost) in every_plan(wave, order).items():
        sent: Counter[int] = Counter()
        for _, content in choice:
            sent.update(dict(content))
        if all(sent[line] >= units for line, units in promised.items()):
            kept.append((use, cost + (int(wave.move_minor[order]) if order in wave.current else 0)))
    if order in wave.current:
        use = _use(wave, wave.current[order])
        kept.append((use, _cost(wave, order, wave.current[order])))
    return sorted(kept, key=lambda plan: plan[1])


def every_plan(wave: Wave, order: int) -> dict[Use, tuple[Choice, float]]:
    """Of every way to use the rows and serve the lines, the cheapest plan."""
    lines = list(wave.lines_of(order))
    reach = wave.reach_node[wave.reach_start[order] : wave.reach_start[order + 1]].tolist()
    found: dict[Use, tuple[Choice, float]] = {}

    def go(left: dict[int, int], sent: tuple[tuple[int, Content], ...], least: tuple[int, Content]) -> None:
        choice = tuple(sorted(sent))
        cost = _cost(wave, order, choice)
        served = tuple(int(wave.quantity[i]) - left[i] for i in lines)
        key = (*_use(wave, choice), served)
        if cost < math.inf and (key not in found or cost < found[key][1]):
            found[key] = (choice, cost)
        for node in reach:
            for counts in product(*(range(left[i] + 1) for i in lines)):
                content = tuple((i, c) for i, c in zip(lines, counts, strict=True) if c)
                if content and (node, content) >= least and _allowed(wave, lines, dict(content)):
                    if _cost(wave, order, ((node, content),)) == math.inf:
                        continue
                    after = {i: left[i] - dict(content).get(i, 0) for i in lines}
                    go(after, (*sent, (node, content)), (node, content))

    go({i: int(wave.quantity[i]) for i in lines}, (), (-1, ()))
    return found


def _allowed(wave: Wave, lines: list[int], content: dict[int, int]) -> bool:
    for line, units in content.items():
        group = int(wave.group[line])
        kit = {i for i in lines if int(wave.group[i]) == group} if group != NO_GROUP else {line}
        if group != NO_GROUP and any(content.get(i, 0) != int(wave.quantity[i]) for i in kit):
            return False
        if wave.ship_alone[line] and (set(content) - kit or (group == NO_GROUP and units > 1)):
            return False
    return True


def _shelf(wave: Wave, sku: int, node: int) -> int | None:
    for p in range(int(wave.stock_start[sku]), int(wave.stock_start[sku + 1])):
        if int(wave.stock_node[p]) == node:
            return p
    return None


def _use(wave: Wave, choice: Choice) -> Use:
    shelves, parcels = [0] * wave.stock_node.size, [0] * len(wave.node_ids)
    for node, content in choice:
        parcels[node] += 1
        for line, units in content:
            shelf = _shelf(wave, int(wave.sku[line]), node)
            assert shelf is not None
            shelves[shelf] += units
    return tuple(shelves), tuple(parcels)


def _cost(wave: Wave, order: int, choice: Choice) -> float:
    pairs = range(int(wave.reach_start[order]), int(wave.reach_start[order + 1]))
    total, missing = 0.0, sum(int(wave.quantity[i]) for i in wave.lines_of(order))
    for node, content in choice:
        pair = next(r for r in pairs if int(wave.reach_node[r]) == node)
        weight = sum(u * int(wave.unit_weight_g[i]) for i, u in content)
        if wave.divisor_mm3_per_g:
            volume = sum(u * int(wave.unit_volume_mm3[i]) for i, u in content)
            weight = max(weight, math.ceil(volume / wave.divisor_mm3_per_g))
        steps = range(int(wave.cards.start[wave.card[pair]]), int(wave.cards.start[wave.card[pair] + 1]))
        step = next((s for s in steps if weight <= int(wave.cards.up_to_g[s])), None)
        shelves = [_shelf(wave, int(wave.sku[i]), node) for i, _ in content]
        if step is None or None in shelves:
            return math.inf
        total += int(wave.cards.minor[step]) + int(wave.fixed_minor[pair])
        total += float(wave.parcel_price_minor[pair])
        if order in wave.felt:
            total += sum(
                units * float(wave.felt[order][i - wave.line_start[order], pair - wave.reach_start[order]])
                for i, units in content
            )
        for (_, units), shelf in zip(content, shelves, strict=True):
            total += units * (int(wave.unit_cost_minor[shelf]) + float(wave.bid_price_minor[shelf]))
            missing -= units
    return total + missing * wave.unfilled_penalty_minor


def _room(wave: Wave) -> Use:
    capacity = [10**6 if c == UNLIMITED else c for c in wave.capacity_parcels.tolist()]
    return tuple(wave.available.tolist()), tuple(capacity)


def _fits(use: Use, room: Use) -> bool:
    return all(a <= b for part in (0, 1) for a, b in zip(use[part], room[part], strict=True))


def _without(room: Use, use: Use) -> Use:
    shelves = tuple(a - b for a, b in zip(room[0], use[0], strict=True))
    return shelves, tuple(a - b for a, b in zip(room[1], use[1], strict=True))
