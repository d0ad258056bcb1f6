"""Problems of single orders put together as one wave."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from routing.kernel_plan import assemble
from routing.plan import Plan
from routing.problem import UNLIMITED, Floats, Ints, Problem, RateCards
from routing.wave.large import shelf_of
from routing.wave.problem import Choice, Wave, WaveResult

Standing = Sequence[tuple[str, Mapping[str, int]]]  # node, line → units, per parcel


@dataclass(frozen=True, slots=True)
class Asked:
    """One order: its problem, in which all units and parcels of the wave are free; what stands, None where
    nothing does; and what leaving that costs.
    """

    id: str
    problem: Problem
    current: Standing | None
    move_minor: int


def join(asked: Sequence[Asked], capacity: Mapping[str, int]) -> Wave:
    """``capacity``: parcels per node that the wave may send; nodes without are not limited. Of one SKU at one
    node the problems may see different amounts (fences); the largest is taken. What stands may stay, also
    where it is more than anybody sees.
    """
    nodes = {name: n for n, name in enumerate(dict.fromkeys(n for a in asked for n in a.problem.node_ids))}
    skus = {name: s for s, name in enumerate(dict.fromkeys(s for a in asked for s in a.problem.skus))}
    shelves = _shelves(asked, nodes, skus)
    flat = np.array([row for held in shelves for row in held], np.int64).reshape(-1, 3)
    cards, card_at = _cards([one.problem.cards for one in asked])
    order = [np.argsort([nodes[name] for name in one.problem.node_ids], kind="stable") for one in asked]
    first = asked[0].problem
    line_start = _starts([len(one.problem.line_ids) for one in asked])
    wave = Wave(
        cards=cards,
        node_ids=tuple(nodes),
        capacity_parcels=np.array([capacity.get(node, UNLIMITED) for node in nodes], np.int64),
        sku_ids=tuple(skus),
        stock_start=_starts([len(held) for held in shelves]),
        stock_node=flat[:, 0].copy(),
        available=flat[:, 1].copy(),
        unit_cost_minor=flat[:, 2].copy(),
        bid_price_minor=np.zeros(len(flat)),
        order_ids=tuple(one.id for one in asked),
        line_start=line_start,
        line_ids=tuple(line for one in asked for line in one.problem.line_ids),
        sku=np.array([skus[sku] for one in asked for sku in one.problem.skus], np.int64),
        quantity=np.concatenate([one.problem.quantity for one in asked]),
        unit_weight_g=np.concatenate([one.problem.unit_weight_g for one in asked]),
        unit_volume_mm3=np.concatenate([one.problem.unit_volume_mm3 for one in asked]),
        ship_alone=np.concatenate([one.problem.ship_alone for one in asked]),
        group=np.concatenate([one.problem.group for one in asked]),
        reach_start=_starts([len(one.problem.node_ids) for one in asked]),
        reach_node=_each(asked, order, lambda p: np.array([nodes[n] for n in p.node_ids])).astype(np.int64),
        card=_each(asked, order, lambda p: np.array([card_at[p.cards.names[c]] for c in p.card])).astype(
            np.int64
        ),
        fixed_minor=_each(asked, order, lambda p: p.fixed_minor),
        parcel_price_minor=_each(asked, order, lambda p: p.parcel_price_minor),
        move_minor=np.array([one.move_minor for one in asked], np.int64),
        divisor_mm3_per_g=first.divisor_mm3_per_g,
        unfilled_penalty_minor=first.unfilled_penalty_minor,
        current=_current(asked, nodes, line_start),
        felt=_felt(asked, order),
    )
    _make_room(wave)
    return wave


def _shelves(
    asked: Sequence[Asked], nodes: Mapping[str, int], skus: Mapping[str, int]
) -> list[list[tuple[int, int, int]]]:
    """By SKU (node, units, unit cost), nodes ascending."""
    stock: list[dict[int, tuple[int, int]]] = [{} for _ in skus]
    for one in asked:
        p = one.problem
        for line, n in np.argwhere(p.available > 0).tolist():
            held, node = stock[skus[p.skus[line]]], nodes[p.node_ids[n]]
            units = max(int(p.available[line, n]), held.get(node, (0, 0))[0])
            held[node] = (units, int(p.unit_cost_minor[line, n]))
    return [sorted((node, *row) for node, row in held.items()) for held in stock]


def _make_room(wave: Wave) -> None:
    used, sent = np.zeros_like(wave.available), np.zeros_like(wave.capacity_parcels)
    for choice in wave.current.values():
        for node, content in choice:
            sent[node] += 1
            for line, units in content:
                used[shelf_of(wave, int(wave.sku[line]), node)] += units
    np.maximum(wave.available, used, out=wave.available)
    limited = wave.capacity_parcels != UNLIMITED
    wave.capacity_parcels[limited] = np.maximum(wave.capacity_parcels, sent)[limited]


def together(wave: Wave, result: WaveResult) -> list[list[int]]:
    """Moved orders, those that give or take units of one shelf or places of one limited node in one group."""
    parent = {o: o for o in result.moved}

    def root(o: int) -> int:
        while parent[o] != o:
            o = parent[o]
        return o

    user: dict[tuple[int, int], int] = {}
    for o in result.moved:
        for node, content in (*wave.current[o], *result.choices[o]):
            limited = wave.capacity_parcels[node] != UNLIMITED
            rows = [(node, int(wave.sku[line])) for line, _ in content] + [(node, -1)] * bool(limited)
            for row in rows:
                parent[root(o)] = root(user.setdefault(row, o))
    groups: dict[int, list[int]] = {}
    for o in result.moved:
        groups.setdefault(root(o), []).append(o)
    return list(groups.values())


class Leftover:
    """What the plans of a wave leave, and each order's problem on that and what it has itself. The wave's
    plan is best there: so it can be explained, and computed again, without the other orders.
    """

    def __init__(self, wave: Wave, choices: Sequence[Choice]) -> None:
        self.wave = wave
        self.shelves, self.parcels = wave.available.copy(), wave.capacity_parcels.copy()
        for choice in choices:
            self._take(choice, 1)

    def problem_of(self, problem: Problem, choice: Choice) -> Problem:
        """``problem`` of the order whose plan is ``choice``."""
        self._take(choice, -1)
        wave, available = self.wave, problem.available.copy()
        node_at = {node: n for n, node in enumerate(wave.node_ids)}
        nodes = [node_at[node] for node in problem.node_ids]
        skus = {sku: s for s, sku in enumerate(wave.sku_ids)}
        for line, n in np.argwhere(available > 0).tolist():
            shelf = shelf_of(wave, skus[problem.skus[line]], nodes[n])
            available[line, n] = min(available[line, n], self.shelves[shelf])
        limited = wave.capacity_parcels[nodes] != UNLIMITED
        room = np.minimum(np.where(limited, self.parcels[nodes], UNLIMITED), problem.capacity_parcels)
        capacity = np.where(problem.capacity_parcels == UNLIMITED, UNLIMITED, room)
        self._take(choice, 1)
        return replace(problem, available=available, capacity_parcels=capacity)

    def swap(self, before: Choice, after: Choice) -> None:
        """An order of the wave gets another plan."""
        self._take(before, -1)
        self._take(after, 1)

    def _take(self, choice: Choice, sign: int) -> None:
        for node, content in choice:
            if self.parcels[node] != UNLIMITED:
                self.parcels[node] -= sign
            for line, units in content:
                self.shelves[shelf_of(self.wave, int(self.wave.sku[line]), node)] -= sign * units


def plan_of(wave: Wave, order: int, problem: Problem, choice: Choice) -> Plan:
    """What the wave chose for one order, as a plan of its own problem; its bound is its objective."""
    node_at = {node: n for n, node in enumerate(problem.node_ids)}
    first = int(wave.line_start[order])
    chosen = [
        (node_at[wave.node_ids[node]], {line - first: units for line, units in content})
        for node, content in choice
    ]
    return assemble(problem, chosen, None)


def choice_of(wave: Wave, order: int, plan: Plan) -> Choice:
    """A plan of one order's own problem in words of the wave."""
    nodes = {node: n for n, node in enumerate(wave.node_ids)}
    lines = {wave.line_ids[i]: i for i in wave.lines_of(order)}
    return tuple(
        sorted(
            (nodes[p.node], tuple(sorted((lines[take.line], take.quantity) for take in p.takes)))
            for p in plan.parcels
        )
    )


def _current(asked: Sequence[Asked], nodes: Mapping[str, int], start: Ints) -> dict[int, Choice]:
    standing = [(o, one) for o, one in enumerate(asked) if one.current is not None]
    return {o: _choice(one, nodes, int(start[o])) for o, one in standing}


def _felt(asked: Sequence[Asked], order: Sequence[Ints]) -> dict[int, Floats]:
    felt = [(o, one.problem.bid_price_minor) for o, one in enumerate(asked)]
    return {o: np.ascontiguousarray(price[:, order[o]]) for o, price in felt if price.any()}


def _choice(one: Asked, nodes: Mapping[str, int], first: int) -> Choice:
    line_at = {line: first + i for i, line in enumerate(one.problem.line_ids)}
    return tuple(
        sorted(
            (nodes[node], tuple(sorted((line_at[line], units) for line, units in content.items())))
            for node, content in one.current or ()
        )
    )


def _cards(all_cards: Sequence[RateCards]) -> tuple[RateCards, dict[str, int]]:
    """Every card once, by name."""
    steps: dict[str, tuple[Ints, Ints]] = {}
    for cards in all_cards:
        for c, name in enumerate(cards.names):
            own = slice(int(cards.start[c]), int(cards.start[c + 1]))
            steps.setdefault(name, (cards.up_to_g[own], cards.minor[own]))
    start = _starts([up_to.size for up_to, _ in steps.values()])
    up_to_g = np.concatenate([up_to for up_to, _ in steps.values()])
    minor = np.concatenate([price for _, price in steps.values()])
    return RateCards(tuple(steps), start, up_to_g, minor), {name: c for c, name in enumerate(steps)}


def _starts(counts: Sequence[int]) -> Ints:
    return np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]).astype(np.int64)


def _each(asked: Sequence[Asked], order: Sequence[Ints], of: Callable[[Problem], Any]) -> Any:
    """One array over all pairs of the wave."""
    return np.concatenate([of(one.problem)[by] for one, by in zip(asked, order, strict=True)])
