"""Orders beyond the exact kernel: a plan, a bound, and a search of what lies between the two.

A greedy cover, large neighbourhoods solved exactly, prices that bound every plan (``large_bound``), then
every combination of parcels that these prices leave worth a look (``large_search``).

Each round takes a few parcels apart into at most ``BLOCKS`` blocks and lets the kernel put them together
again over all nodes; what it returns is never worse than what stood. Rounds are counted, not timed, so a seed
repeats its plan.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from routing.kernel import INFINITE, SHIFT
from routing.kernel_call import settle
from routing.kernel_pieces import Pieces
from routing.kernel_plan import Chosen, assemble, no_plan
from routing.large_blocks import Parcels, blocks_of, content_cost, plan_cost, stock_left
from routing.large_bound import lower_bound
from routing.large_columns import recombine, rounded
from routing.large_feasible import send_all
from routing.large_search import search_gap
from routing.plan import Plan
from routing.problem import Ints, Problem

BLOCKS = 10
PARCELS = 4  # taken apart at a time
ROUNDS = 150
BLOCK_WORK = 4_000_000.0
LOOSE = 0.015  # share of the cost between plan and bound that is worth a second start
MISSING_MINOR = 10**9  # per unit, inside the search, where nothing may stay unfilled


def route_large(problem: Problem, pieces: Pieces, seed: int, limit: float) -> Plan:
    """A good plan and a valid bound; ``limit`` (steps) scales the rounds down when small.

    Where nothing may stay unfilled and the search leaves something, ``large_feasible`` decides whether there
    is a plan at all.
    """
    searched = _with_finite_penalty(pieces)
    rng = np.random.default_rng(seed)
    rounds = max(10, min(ROUNDS, int(limit / 100_000)))
    parcels = improve(problem, searched, greedy_cover(problem, searched), rng, rounds // 4)
    if not problem.allow_unfilled and not _sends_all(pieces, parcels):
        verdict = send_all(problem, pieces)
        if verdict.parcels is None:
            return no_plan(problem, verdict.status)
        parcels = improve(problem, searched, verdict.parcels, rng, rounds)
    parcels, bound = _narrow(problem, searched, parcels, rng, rounds)
    unreachable = _unreachable_units(problem, pieces) * problem.unfilled_penalty_minor
    return assemble(problem, _lines(problem, pieces, parcels), None if bound is None else bound + unreachable)


def _narrow(
    problem: Problem, pieces: Pieces, parcels: Parcels, rng: np.random.Generator, rounds: int
) -> tuple[Parcels, float | None]:
    """The best plan found and a bound, None where it is proven: search within the gap, and where that is too
    wide, narrow it first by more rounds, a second start and the parcels met on the way.
    """
    cost = plan_cost(problem, pieces, parcels)
    certificate, columns, weights = lower_bound(problem, pieces, parcels, cost)
    parcels, bound = search_gap(problem, pieces, certificate, parcels)
    if bound is None:
        return parcels, None
    before = plan_cost(problem, pieces, parcels)
    parcels = improve(problem, pieces, parcels, rng, rounds - rounds // 4)
    cost = plan_cost(problem, pieces, parcels)
    other: Parcels = []
    if cost - bound > LOOSE * cost:
        start = greedy_cover(problem, pieces, rounded(problem, pieces, columns, weights))
        other = improve(problem, pieces, start, rng, rounds // 2)
        parcels, other = sorted((parcels, other), key=lambda plan: plan_cost(problem, pieces, plan))
    columns += [(n, held, content_cost(problem, pieces, n, held)) for n, held in parcels + other]
    parcels = recombine(problem, pieces, parcels, certificate, columns)
    if plan_cost(problem, pieces, parcels) < before:
        parcels, again = search_gap(problem, pieces, certificate, parcels)
        return parcels, None if again is None else max(bound, again)
    return parcels, bound


def _sends_all(pieces: Pieces, parcels: Parcels) -> bool:
    return bool(
        (sum((content for _, content in parcels), np.zeros_like(pieces.quantity)) == pieces.quantity).all()
    )


def _with_finite_penalty(pieces: Pieces) -> Pieces:
    return replace(
        pieces, penalty=np.where(pieces.penalty >= INFINITE, MISSING_MINOR << SHIFT, pieces.penalty)
    )


def _unreachable_units(problem: Problem, pieces: Pieces) -> int:
    """Units of the order that no piece stands for: unfilled in every plan."""
    units = 0
    for k, members in enumerate(pieces.members):
        units += (
            sum(int(problem.quantity[line]) for line, _ in members)
            if pieces.kit[k]
            else int(pieces.quantity[k])
        )
    return int(problem.quantity.sum()) - units


def greedy_cover(problem: Problem, pieces: Pieces, begun: Parcels | None = None) -> Parcels:
    """Again and again the parcel that costs least per unit, as long as that beats leaving its units
    unfilled; ``begun``: parcels that stand.
    """
    parcels = list(begun or ())
    left = pieces.quantity - sum((content for _, content in parcels), np.zeros_like(pieces.quantity))
    while left.any():
        available, shared, capacity = stock_left(problem, pieces, parcels)
        available[:, capacity == 0] = 0
        best: tuple[float, int, Ints] | None = None
        for node in _most_promising(problem, pieces, left, available):
            for content in _contents(problem, pieces, node, left, available[:, node], shared[:, node]):
                cost = content_cost(problem, pieces, node, content)
                penalty = float((pieces.penalty >> SHIFT) @ content)
                score = cost / content.sum()
                if cost < penalty and (best is None or score < best[0]):
                    best = (score, node, content)
        if best is None:
            return parcels
        parcels.append((best[1], best[2]))
        left -= best[2]
    return parcels


def _most_promising(problem: Problem, pieces: Pieces, left: Ints, available: Ints) -> list[int]:
    """Nodes that hold the most of what is left, and among those that hold anything the cheapest to open."""
    units = np.minimum(available, left[:, None]).sum(axis=0)
    opening = problem.fixed_minor + problem.parcel_price_minor
    by_units = np.lexsort((opening, -units))[:16]
    by_price = np.lexsort((-units, np.where(units > 0, opening, np.inf)))[:8]
    return sorted({int(n) for n in (*by_units, *by_price) if units[n] > 0})


def _contents(
    problem: Problem, pieces: Pieces, node: int, left: Ints, available: Ints, shared: Ints
) -> Iterator[Ints]:
    """All that may travel together from this node, and every lone unit by itself."""
    there = np.minimum(left, np.maximum(available, 0))
    together = np.where(pieces.alone, 0, there)
    for s in range(pieces.use.shape[0]):
        for k in np.flatnonzero(pieces.use[s] * together).tolist():
            over = int(pieces.use[s] @ together) - int(shared[s])
            if over > 0:
                together[k] -= min(int(together[k]), -(-over // int(pieces.use[s, k])))
    while together.any() and content_cost(problem, pieces, node, together) == float("inf"):
        together[np.argmax(np.where(together > 0, pieces.weight_g, -1))] -= 1
    if together.any():
        yield together
    for k in np.flatnonzero(pieces.alone & (there > 0)).tolist():
        single = np.zeros_like(left)
        single[k] = 1
        fits = bool((pieces.use @ single <= shared).all())
        if fits and content_cost(problem, pieces, node, single) < float("inf"):
            yield single


def improve(
    problem: Problem, pieces: Pieces, parcels: Parcels, rng: np.random.Generator, rounds: int
) -> Parcels:
    """Take parcels apart and let the kernel put them together again, ``rounds`` times; never worse."""
    cost = plan_cost(problem, pieces, parcels)
    for turn in range(rounds):
        chosen: list[int] = rng.permutation(len(parcels))[:PARCELS].tolist()
        kept = [p for i, p in enumerate(parcels) if i not in chosen]
        apart = [parcels[i][1] for i in chosen]
        available, shared, capacity = stock_left(problem, pieces, kept)
        missing = pieces.quantity - sum((c for _, c in parcels), np.zeros_like(pieces.quantity))
        contents = _cut(pieces, apart, missing, rng, turn)
        if not contents:
            break
        blocks = blocks_of(pieces, contents, available, shared)
        settled = settle(replace(problem, capacity_parcels=capacity), blocks, BLOCK_WORK)
        if not settled.exact or not settled.feasible:
            continue
        found = kept + [
            (n, sum((c for b, c in enumerate(contents) if state >> b & 1), np.zeros_like(missing)))
            for n, state in settled.bundles
        ]
        found_cost = plan_cost(problem, pieces, found)
        if found_cost < cost:
            parcels, cost = found, found_cost
    return parcels


def _cut(pieces: Pieces, apart: list[Ints], missing: Ints, rng: np.random.Generator, turn: int) -> list[Ints]:
    """At most BLOCKS contents that make up ``apart`` and some of what is missing; lone units stay by
    themselves.
    """
    extra = _singles(missing, rng, 2)
    room = BLOCKS - len(extra) - len(apart)
    if turn % 3 == 0:
        nodes = rng.choice(pieces.available.shape[1], min(2, pieces.available.shape[1]), replace=False)
        blocks = [part for content in apart for part in _by_presence(pieces, content, nodes)]
        if len(blocks) + len(extra) <= BLOCKS + 2:
            return blocks + extra
    blocks = []
    for content in apart:
        share = min(max(0, room), int(content.sum()) - 1)
        singles = _singles(content, rng, share if turn % 2 else int(rng.integers(0, share + 1)))
        room -= len(singles)
        rest = content - sum(singles, np.zeros_like(content))
        blocks += [*singles, rest]
    return blocks + extra


def _singles(content: Ints, rng: np.random.Generator, most: int) -> list[Ints]:
    """Up to ``most`` units of a content drawn at random, each by itself."""
    units = np.repeat(np.arange(content.size), content)
    drawn = rng.choice(units, min(most, units.size), replace=False) if units.size else units
    return [np.eye(1, content.size, int(k), dtype=np.int64)[0] for k in drawn]


def _by_presence(pieces: Pieces, content: Ints, nodes: Ints) -> list[Ints]:
    """Parts of a content by which of these nodes hold the piece: what could move there moves together."""
    signature = np.zeros(content.size, np.int64)
    for n in nodes:
        signature = signature * 2 + (pieces.available[:, n] >= content)
    parts = (np.where(signature == s, content, 0) for s in np.unique(signature[content > 0]))
    return [part for part in parts if part.any()]


def _lines(problem: Problem, pieces: Pieces, parcels: Parcels) -> list[Chosen]:
    """Units per line; like lines are filled in their order."""
    left = problem.quantity.tolist()
    chosen: list[Chosen] = []
    for node, content in parcels:
        lines: dict[int, int] = {}
        for k in np.flatnonzero(content).tolist():
            count = int(content[k])
            for line, units in pieces.members[k]:
                taken = units if pieces.kit[k] else min(count, left[line])
                if taken:
                    lines[line] = taken
                    left[line] -= taken
                    count -= taken
        chosen.append((node, lines))
    return chosen
