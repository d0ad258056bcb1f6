"""Orders of more states than a wave's tables hold: each gets a plan of its own, the others work around it."""

from __future__ import annotations

import numpy as np

from routing.plan import Plan
from routing.problem import UNLIMITED, Floats, Ints, Problem
from routing.route import route
from routing.wave.problem import Choice, Wave
from routing.wave.tables import FREE, Tables

WORK_LIMIT = 2_000_000


class Large:
    """``choices``: plans of such orders."""

    def __init__(self, wave: Wave, tables: Tables) -> None:
        self.wave, self.tables = wave, tables
        self.orders = np.flatnonzero(tables.pieces.skipped).tolist()
        self.choices: dict[int, Choice] = {o: wave.current[o] for o in self.orders if o in wave.current}

    def route(self, seed: int) -> Ints:
        """Keep what stands; plan the others one by one in what all current plans leave. Returns what is left
        [rows] to the orders in the tables.
        """
        left = self.tables.limit.copy()
        for choice in self.wave.current.values():
            self._take(choice, left)
        for o in self.orders:
            if o not in self.choices:
                problem, lines, nodes = problem_of(self.wave, o, left, np.zeros(left.size))
                plan = route(problem, seed=seed, work_limit=WORK_LIMIT)
                self.choices[o] = choice_in_wave(problem, plan, lines, nodes)
                self._take(self.choices[o], left)
        room = self.tables.limit.copy()
        for choice in self.choices.values():
            self._take(choice, room)
        return room

    def bound_minor(self, price: Floats, seed: int) -> float:
        """What their plans cost at least, felt at these prices."""
        total = 0.0
        for o in self.orders:
            problem, _, _ = problem_of(self.wave, o, self.tables.limit, price)
            total += route(problem, seed=seed, work_limit=WORK_LIMIT).bound_minor
        return total

    def _take(self, choice: Choice, left: Ints) -> None:
        P = self.wave.stock_node.size
        for node, content in choice:
            left[P + node] -= 1
            for line, units in content:
                left[shelf_of(self.wave, int(self.wave.sku[line]), node)] -= units


def shelf_of(wave: Wave, sku: int, node: int) -> int:
    """The shelf of a SKU at a node; raises ``KeyError`` where there is none."""
    first, end = wave.stock_start[sku : sku + 2].tolist()
    at = first + int(np.searchsorted(wave.stock_node[first:end], node))
    if at == end or wave.stock_node[at] != node:
        raise KeyError((wave.sku_ids[sku], wave.node_ids[node]))
    return int(at)


def problem_of(wave: Wave, order: int, left: Ints, price: Floats) -> tuple[Problem, list[int], list[int]]:
    """One order as a problem of its own within ``left`` [rows] at prices [rows]; its lines and nodes."""
    lines = list(wave.lines_of(order))
    pairs = np.arange(wave.reach_start[order], wave.reach_start[order + 1])
    nodes = wave.reach_node[pairs]
    P, N = wave.stock_node.size, len(wave.node_ids)
    available, cost = (
        np.zeros((len(lines), nodes.size), np.int64),
        np.zeros((len(lines), nodes.size), np.int64),
    )
    bid = np.zeros((len(lines), nodes.size))
    place = np.full(N, -1)
    place[nodes] = np.arange(nodes.size)
    for i, line in enumerate(lines):
        shelves = np.arange(wave.stock_start[wave.sku[line]], wave.stock_start[wave.sku[line] + 1])
        shelves = shelves[place[wave.stock_node[shelves]] >= 0]
        at = place[wave.stock_node[shelves]]
        available[i, at] = np.maximum(left[shelves], 0)
        cost[i, at] = wave.unit_cost_minor[shelves]
        bid[i, at] = price[shelves] + wave.bid_price_minor[shelves]
    if order in wave.felt:
        bid += wave.felt[order]
    capacity = left[P + nodes]
    problem = Problem(
        currency="",
        cards=wave.cards,
        line_ids=tuple(wave.line_ids[i] for i in lines),
        skus=tuple(wave.sku_ids[wave.sku[i]] for i in lines),
        quantity=wave.quantity[lines],
        unit_weight_g=wave.unit_weight_g[lines],
        unit_volume_mm3=wave.unit_volume_mm3[lines],
        ship_alone=wave.ship_alone[lines],
        group=wave.group[lines],
        node_ids=tuple(wave.node_ids[n] for n in nodes),
        card=wave.card[pairs],
        fixed_minor=wave.fixed_minor[pairs],
        parcel_price_minor=wave.parcel_price_minor[pairs] + price[P + nodes],
        capacity_parcels=np.where(capacity > FREE // 2, UNLIMITED, np.maximum(capacity, 0)),
        arrive_day=np.zeros(nodes.size, np.int64),
        available=available,
        unit_cost_minor=cost,
        bid_price_minor=bid,
        divisor_mm3_per_g=wave.divisor_mm3_per_g,
        unfilled_penalty_minor=wave.unfilled_penalty_minor,
        allow_unfilled=True,
    )
    return problem, lines, nodes.tolist()


def choice_in_wave(problem: Problem, plan: Plan, lines: list[int], nodes: list[int]) -> Choice:
    line_at = {line: lines[i] for i, line in enumerate(problem.line_ids)}
    node_at = {node: nodes[i] for i, node in enumerate(problem.node_ids)}
    return tuple(
        sorted(
            (node_at[p.node], tuple(sorted((line_at[t.line], t.quantity) for t in p.takes)))
            for p in plan.parcels
        )
    )
