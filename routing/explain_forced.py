"""The best plan that is forced to use a node, for every node at once, from the kernel's own tables.

    forced(n) = min over T of  c_n[T] + f[all − T]

One pass over each node's bundles, no new solve; only where such a plan overuses a node is it settled by
itself. Orders too large for the kernel are first glued: the parcels of their plan are cut into a few blocks
that stay whole.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from routing.compiled import compiled
from routing.kernel import INFINITE
from routing.kernel_call import Bundle, Nodes, overused, settle
from routing.kernel_nodes import parcel_costs
from routing.kernel_pieces import Pieces, pieces_of
from routing.kernel_plan import assemble, parcels_of
from routing.plan import Plan
from routing.problem import NO_GROUP, Ints, Problem

WORK_LIMIT = 5_000_000.0
BLOCKS = 10
SETTLING_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Forced:
    """``plan`` None: no plan uses the node. Not ``exact``: the order was glued, so a better such plan may
    exist.
    """

    node: int
    plan: Plan | None
    exact: bool


@compiled
def best_share(c: Ints, f: Ints) -> int:
    """The bundle T with the least ``c[T] + f[all − T]``, the largest among equals; −1 where there is none."""
    best = INFINITE
    chosen = -1
    for t in range(c.size - 1, 0, -1):
        v = c[t] + f[c.size - 1 - t]
        if v < best:
            best = v
            chosen = t
    return chosen


def forced_plans(problem: Problem, plan: Plan, nodes: list[int]) -> list[Forced]:
    """One per node of ``nodes``."""
    glued = problem
    pieces = pieces_of(problem)
    exact = pieces.pairs + pieces.states * len(nodes) <= WORK_LIMIT
    if not exact:
        glued = _glue(problem, plan)
        pieces = pieces_of(glued)
    settled = settle(glued, pieces, WORK_LIMIT)
    programme = Nodes(glued, pieces, _doubled(glued, pieces, settled.bundles))
    forced = []
    for n in nodes:
        bundles = _forced_bundles(glued, pieces, programme, n)
        if bundles is None:
            forced.append(Forced(n, None, exact))
            continue
        chosen = parcels_of(pieces, bundles, glued.quantity.tolist())
        forced.append(Forced(n, _named(problem, glued, assemble(glued, chosen, None)), exact))
    return forced


def _doubled(problem: Problem, pieces: Pieces, bundles: tuple[Bundle, ...]) -> tuple[int, ...]:
    """Nodes that the first programme may be overusing: those with more than one parcel of the best plan."""
    nodes = [n for n, _ in bundles]
    beyond = overused(pieces, problem.capacity_parcels, bundles)
    return tuple(sorted(n for n in set(nodes) if nodes.count(n) > 1 or n in beyond))


def _forced_bundles(problem: Problem, pieces: Pieces, programme: Nodes, n: int) -> tuple[Bundle, ...] | None:
    if n not in programme.heavy:
        c: Ints = np.empty(pieces.states, np.int64)
        parcel_costs(
            n, programme.tables.stride, programme.tables.tariff, pieces.available, pieces.unit_cost,
            pieces.bid, problem.card, problem.fixed_minor, problem.parcel_price_minor,
            problem.capacity_parcels, pieces.use, pieces.shared, c,
        )  # fmt: skip
        share = int(best_share(c, programme.f[-1]))
        if share < 0:
            return None
        felt, rest = programme.of(pieces.states - 1 - share)
        bundles: tuple[Bundle, ...] = ((n, share), *rest)
        if not overused(pieces, problem.capacity_parcels, bundles):
            return bundles
    heavy = [m for m in programme.heavy if m != n]
    for _ in range(SETTLING_ROUNDS):
        felt, bundles = Nodes(problem, pieces, (*heavy, n)).best(forced=True)
        more = overused(pieces, problem.capacity_parcels, bundles)
        if felt >= INFINITE or not more:
            return bundles if felt < INFINITE else None
        heavy += [m for m in more if m not in heavy]
    return None


def _glue(problem: Problem, plan: Plan) -> Problem:
    """The same order in a few kits: every parcel of the plan cut into blocks, every unfilled line one
    block.
    """
    at = {line: i for i, line in enumerate(problem.line_ids)}
    per_parcel = max(1, BLOCKS // max(1, len(plan.parcels)))
    rows: list[tuple[int, int, int]] = []  # line, units, block
    block = 0
    for parcel in plan.parcels:
        takes = [(at[t.line], t.quantity) for t in parcel.takes]
        kits = sorted({int(problem.group[i]) for i, _ in takes} - {NO_GROUP})
        units = [[t for t in takes if problem.group[t[0]] == kit] for kit in kits]
        units += [[t] for t in takes if problem.group[t[0]] == NO_GROUP]
        share = -(-len(units) // per_parcel)
        for start in range(0, len(units), share):
            rows += [(i, q, block) for unit in units[start : start + share] for i, q in unit]
            block += 1
    for u in plan.unfilled[: max(0, BLOCKS + 2 - block)]:
        rows.append((at[u.line], u.quantity, block))
        block += 1
    line = np.array([i for i, _, _ in rows], np.int64)
    return replace(
        problem,
        line_ids=tuple(f"{problem.line_ids[i]}\n{k}" for k, i in enumerate(line.tolist())),
        skus=tuple(problem.skus[i] for i in line),
        quantity=np.array([q for _, q, _ in rows], np.int64),
        unit_weight_g=problem.unit_weight_g[line],
        unit_volume_mm3=problem.unit_volume_mm3[line],
        ship_alone=problem.ship_alone[line],
        group=np.array([b for _, _, b in rows], np.int64),
        available=problem.available[line],
        unit_cost_minor=problem.unit_cost_minor[line],
        bid_price_minor=problem.bid_price_minor[line],
    )


def _named(problem: Problem, glued: Problem, plan: Plan) -> Plan:
    """The plan in the names of the order's own lines."""
    if glued is problem:
        return plan
    at = {line: i for i, line in enumerate(problem.line_ids)}
    node_at = {node: i for i, node in enumerate(problem.node_ids)}
    chosen = []
    for parcel in plan.parcels:
        lines: dict[int, int] = {}
        for take in parcel.takes:
            i = at[take.line.rsplit("\n", 1)[0]]
            lines[i] = lines.get(i, 0) + take.quantity
        chosen.append((node_at[parcel.node], lines))
    return assemble(problem, chosen, None)
