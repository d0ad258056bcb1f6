"""Why a plan is what it is: what every parcel costs, why no other node, what would change it, what blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from routing.eligibility import Exclusion
from routing.explain_forced import Forced, forced_plans
from routing.explain_words import lost_words, parcel_words, unfilled_words
from routing.kernel_plan import billable_g, tariff_minor
from routing.plan import Parcel, Plan, Take
from routing.problem import Problem

TERMS = ("tariff", "fixed", "units", "parcel_price", "day_price", "bid_prices", "failing", "unfilled")


@dataclass(frozen=True, slots=True)
class ParcelCost:
    """One parcel and its money, in minor units: the first three are paid, the others felt."""

    node: str
    takes: tuple[Take, ...]
    billable_g: int
    tariff: str
    tariff_minor: int
    fixed_minor: int
    units_minor: int
    parcel_price_minor: float
    day_price_minor: float
    bid_prices_minor: float
    failing_minor: float
    sentence: str


@dataclass(frozen=True, slots=True)
class Loser:
    """A node that sends nothing. ``code``: not_eligible, no_plan (nothing it could send is carried or
    allowed), lost, or equal (another plan of the same objective uses it). ``term`` is the part of the cost
    that made the difference.
    """

    node: str
    code: str
    reasons: tuple[Exclusion, ...]
    forced_minor: float | None
    lost_by_minor: float | None
    term: str | None
    exact: bool
    sentence: str
    to_win: str


@dataclass(frozen=True, slots=True)
class Blocked:
    """Units that stay unfilled, and the node with the fewest conditions in the way, with these."""

    line: str
    quantity: int
    reason: str
    conditions: tuple[Exclusion, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """``runner_up``: the best plan that uses a node this plan does not, if there is one."""

    parcels: tuple[ParcelCost, ...]
    losers: tuple[Loser, ...]
    runner_up: Plan | None
    blocked: tuple[Blocked, ...]


def explain(problem: Problem, plan: Plan, exclusions: Sequence[Exclusion] = ()) -> Explanation:
    """``exclusions``: what eligibility had to say before the problem was made; nodes of theirs may be unknown
    here.
    """
    parcels = tuple(_parcel_cost(problem, parcel) for parcel in plan.parcels)
    used = {parcel.node for parcel in plan.parcels}
    losers: list[Loser] = []
    forced: list[Forced] = []
    if plan.status.has_plan:
        holds = (problem.available > 0).any(axis=0) & (problem.capacity_parcels != 0)
        able = [int(n) for n in np.flatnonzero(holds) if problem.node_ids[n] not in used]
        forced = forced_plans(problem, plan, able) if able else []
        losers = [_loser(problem, plan, f) for f in forced]
    evaluated = used | {loser.node for loser in losers}
    losers += _excluded(problem, exclusions, evaluated)
    losers.sort(key=lambda x: (x.lost_by_minor is None, x.lost_by_minor or 0.0))
    plans = [f.plan for f in forced if f.plan is not None]
    return Explanation(
        parcels=parcels,
        losers=tuple(losers),
        runner_up=min(plans, key=lambda p: p.objective_minor, default=None),
        blocked=tuple(_blocked(problem, plan, exclusions)),
    )


def _parcel_cost(problem: Problem, parcel: Parcel) -> ParcelCost:
    n = problem.node_ids.index(parcel.node)
    lines = {problem.line_ids.index(t.line): t.quantity for t in parcel.takes}
    weight = billable_g(problem, lines)
    tariff = tariff_minor(problem, n, weight) or 0
    units = sum(q * int(problem.unit_cost_minor[i, n]) for i, q in lines.items())
    card = problem.cards.names[problem.card[n]]
    felt = sum(q * float(problem.bid_price_minor[i, n]) for i, q in lines.items())
    failing = _failing_minor(problem, n, lines)
    day = 0.0 if problem.day_price_minor is None else float(problem.day_price_minor[n])
    return ParcelCost(
        node=parcel.node,
        takes=parcel.takes,
        billable_g=weight,
        tariff=card,
        tariff_minor=tariff,
        fixed_minor=int(problem.fixed_minor[n]),
        units_minor=units,
        parcel_price_minor=float(problem.parcel_price_minor[n]) - day,
        day_price_minor=day,
        bid_prices_minor=felt - failing,
        failing_minor=failing,
        sentence=parcel_words(
            problem, parcel, card, tariff, int(problem.fixed_minor[n]), units, (failing, day)
        ),
    )


def _failing_minor(problem: Problem, node: int, lines: dict[int, int]) -> float:
    """What it is expected to cost that the node cannot send some of these units."""
    if problem.failing_minor is None:
        return 0.0
    return sum(q * float(problem.failing_minor[i, node]) for i, q in lines.items())


def _terms(problem: Problem, plan: Plan) -> dict[str, float]:
    costs = [_parcel_cost(problem, parcel) for parcel in plan.parcels]
    return {
        "tariff": float(sum(c.tariff_minor for c in costs)),
        "fixed": float(sum(c.fixed_minor for c in costs)),
        "units": float(sum(c.units_minor for c in costs)),
        "parcel_price": sum(c.parcel_price_minor for c in costs),
        "day_price": sum(c.day_price_minor for c in costs),
        "bid_prices": sum(c.bid_prices_minor for c in costs),
        "failing": sum(c.failing_minor for c in costs),
        "unfilled": float(problem.unfilled_penalty_minor * sum(u.quantity for u in plan.unfilled)),
    }


def _loser(problem: Problem, plan: Plan, forced: Forced) -> Loser:
    node = problem.node_ids[forced.node]
    if forced.plan is None:
        sentence = f"{node} cannot send any part of this order: too heavy for its tariff, or nothing whole."
        to_win = f"{node} would need a tariff or stock that carries at least one line."
        return Loser(node, "no_plan", (), None, None, None, forced.exact, sentence, to_win)
    by = forced.plan.objective_minor - plan.objective_minor
    before, after = _terms(problem, plan), _terms(problem, forced.plan)
    term = max(TERMS, key=lambda t: after[t] - before[t]) if by > 0 else None
    more = len(forced.plan.parcels) - len(plan.parcels)
    code = "lost" if by > 0 else "equal"
    worth = _most_kept(problem, forced.plan, node) if term == "bid_prices" else None
    sentence, to_win = lost_words(problem, node, by, term, more, forced.exact, worth)
    return Loser(node, code, (), forced.plan.objective_minor, by, term, forced.exact, sentence, to_win)


def _most_kept(problem: Problem, plan: Plan, node: str) -> tuple[str, float] | None:
    """The SKU that the plan takes from the node although it is worth most to later orders, and how much."""
    n = problem.node_ids.index(node)
    lines = [problem.line_ids.index(t.line) for p in plan.parcels if p.node == node for t in p.takes]
    line = max(lines, key=lambda i: float(problem.bid_price_minor[i, n]), default=None)
    return None if line is None else (problem.skus[line], float(problem.bid_price_minor[line, n]))


def _excluded(problem: Problem, exclusions: Sequence[Exclusion], evaluated: set[str]) -> list[Loser]:
    """Nodes that never came into question, each with all that was said about it."""
    reasons: dict[str, list[Exclusion]] = {}
    for exclusion in exclusions:
        reasons.setdefault(exclusion.node, []).append(exclusion)
    for n, node in enumerate(problem.node_ids):
        if node not in evaluated and node not in reasons and not _part_of_no_plan(problem, n):
            full = problem.capacity_parcels[n] == 0
            code = "node_capacity_exhausted" if full else "insufficient_stock"
            detail = "it may not send another parcel" if full else "it has none of the lines available"
            reasons[node] = [Exclusion(node, None, code, detail)]
    losers = [
        _unplanned(node)
        for n, node in enumerate(problem.node_ids)
        if node not in evaluated and node not in reasons and _part_of_no_plan(problem, n)
    ]
    for node, given in reasons.items():
        if node not in evaluated:
            details = "; ".join(dict.fromkeys(x.detail for x in given))
            sentence = f"{node} is not eligible: {details}."
            to_win = f"{node} would come into question if this were lifted: {details}."
            losers.append(Loser(node, "not_eligible", tuple(given), None, None, None, True, sentence, to_win))
    return losers


def _part_of_no_plan(problem: Problem, node: int) -> bool:
    """It has units and may send them. Where there is a plan, such a node is in it or was compared with it."""
    return bool(problem.capacity_parcels[node] != 0 and (problem.available[:, node] > 0).any())


def _unplanned(node: str) -> Loser:
    sentence = f"{node} has some of it, but the order cannot be sent whole."
    to_win = f"{node} comes into question as soon as everything can be sent."
    return Loser(node, "no_plan", (), None, None, None, True, sentence, to_win)


def _blocked(problem: Problem, plan: Plan, exclusions: Sequence[Exclusion]) -> list[Blocked]:
    """For every unfilled line the smallest set of conditions at any one node that keeps it from being
    sent.
    """
    blocked = []
    for u in plan.unfilled:
        at_node: dict[str, list[Exclusion]] = {}
        for x in exclusions:
            if x.line is None or x.line == u.line:
                at_node.setdefault(x.node, []).append(x)
        conditions = min(at_node.values(), key=len, default=[])
        sentence = unfilled_words(u.line, u.quantity, u.reason, [x.detail for x in conditions],
                                  conditions[0].node if conditions else None)  # fmt: skip
        blocked.append(Blocked(u.line, u.quantity, u.reason, tuple(conditions), sentence))
    return blocked


def explanation_to_json(explanation: Explanation) -> list[dict[str, object]]:
    """One entry per statement, each with its kind and a sentence."""
    entries: list[dict[str, object]] = []
    for p in explanation.parcels:
        terms = {name: getattr(p, f"{name}_minor") for name in TERMS if name != "unfilled"}
        entries.append({"kind": "parcel", "node": p.node, "tariff": p.tariff, "billable_g": p.billable_g,
                        "terms_minor": terms, "sentence": p.sentence})  # fmt: skip
    entries += [_loser_to_json(x) for x in explanation.losers]
    if explanation.runner_up is not None:
        plan = explanation.runner_up
        nodes = [p.node for p in plan.parcels]
        sentence = f"The best plan with another node sends from {', '.join(nodes)}."
        entries.append(
            {
                "kind": "runner_up",
                "objective_minor": plan.objective_minor,
                "nodes": nodes,
                "sentence": sentence,
            }
        )
    entries += [_blocked_to_json(b) for b in explanation.blocked]
    return entries


def _loser_to_json(loser: Loser) -> dict[str, object]:
    return {
        "kind": "node",
        "node": loser.node,
        "code": loser.code,
        "forced_minor": loser.forced_minor,
        "lost_by_minor": loser.lost_by_minor,
        "term": loser.term,
        "exact": loser.exact,
        "reasons": [_reason(r) for r in loser.reasons],
        "sentence": loser.sentence,
        "to_win": loser.to_win,
    }


def _blocked_to_json(blocked: Blocked) -> dict[str, object]:
    return {
        "kind": "unfilled",
        "line": blocked.line,
        "quantity": blocked.quantity,
        "reason": blocked.reason,
        "conditions": [_reason(r) for r in blocked.conditions],
        "sentence": blocked.sentence,
    }


def _reason(exclusion: Exclusion) -> dict[str, object]:
    return {
        "node": exclusion.node,
        "line": exclusion.line,
        "reason": exclusion.reason,
        "detail": exclusion.detail,
    }
