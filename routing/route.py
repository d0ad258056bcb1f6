"""The pipeline of one order, on one screen.

pieces → exact kernel where its work stays within the limit → otherwise local search, a bound, and a search
of the gap between them.
"""

from __future__ import annotations

from routing.kernel_call import settle
from routing.kernel_pieces import Pieces, pieces_of
from routing.kernel_plan import assemble, no_plan, parcels_of
from routing.large import route_large
from routing.plan import Plan, Status
from routing.problem import Problem

WORK_LIMIT = 50_000_000
"""Elementary steps of the exact kernel: about 16 lines of quantity 1, and some 30 ms on one core."""


def route(problem: Problem, *, seed: int = 0, work_limit: int | None = None) -> Plan:
    """The cheapest plan by objective: proven up to ``work_limit`` steps, beyond that with an honest bound.

    Deterministic: the same problem, seed and limit give the same plan. A plan is ``infeasible`` only where
    the problem allows no unfilled units and it is proven that some cannot be had; where neither a plan nor
    that proof is found within the limit, it is ``not_found_within_limit``.
    """
    limit = WORK_LIMIT if work_limit is None else work_limit
    pieces = pieces_of(problem)
    if not problem.allow_unfilled and _units(pieces, problem) < int(problem.quantity.sum()):
        return no_plan(problem, Status.INFEASIBLE)
    if work_of(pieces) <= limit or not pieces.members:
        settled = settle(problem, pieces, limit)
        if not settled.feasible:
            return no_plan(problem, Status.INFEASIBLE)
        if settled.exact:
            return assemble(problem, parcels_of(pieces, settled.bundles, problem.quantity.tolist()), None)
    return route_large(problem, pieces, seed, limit)


def work_of(pieces: Pieces) -> float:
    """Steps of the first programme: pairs of a state and a part of it, and bundles priced at every node."""
    singles = bool((pieces.quantity == 1).all())
    return pieces.pairs * (1.0 if singles else 4.0) + pieces.states * float(pieces.available.shape[1]) / 4


def _units(pieces: Pieces, problem: Problem) -> int:
    """Units of the order that the pieces stand for."""
    return sum(
        sum(int(problem.quantity[line]) for line, _ in members) if kit else int(quantity)
        for members, kit, quantity in zip(pieces.members, pieces.kit, pieces.quantity, strict=True)
    )
