"""From a reach to plans: the same kernel under the policy's weights, under a date, and for fewest parcels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from routing.calendar import DAY_S
from routing.eligibility import BIT, Reason
from routing.network_spec import SHIP
from routing.plan import Plan, Status
from routing.problem import Bools, Floats, Ints, Problem
from routing.promise_ask import Ask
from routing.promise_reach import Reach, eligible
from routing.route import route
from routing.tariff import cards_used


@dataclass(frozen=True, slots=True, eq=False)
class Felt:
    """What is felt but not paid, apart by cause: per parcel [M] and per unit [L, M]."""

    lateness: Floats
    parcel: float
    parcel_price: Floats
    co2: Floats
    rejection: Floats
    bid: Floats
    days: Ints  # [M] started days until it arrives

    @property
    def per_parcel(self) -> Floats:
        return self.lateness + self.parcel + self.parcel_price

    @property
    def per_unit(self) -> Floats:
        return self.co2 + self.rejection + self.bid


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    ask: Ask
    reach: Reach
    felt: Felt
    problem: Problem
    plan: Plan

    @property
    def missing(self) -> int:
        """Units that stay unfilled."""
        return sum(line.quantity for line in self.plan.unfilled)


def felt(ask: Ask, reach: Reach) -> Felt:
    """The policy's weights on a reach."""
    policy, prices, network, nodes = ask.policy, ask.prices, ask.network, ask.nodes
    days = np.maximum(-(-(reach.arrive_at - ask.at) // DAY_S), 0)
    weight_kg = ask.lines.weight_g[:, None] / 1000
    shape = ask.stock.shape
    goods = [network.goods.get(kind, 0) for kind in ask.lines.goods]
    return Felt(
        lateness=policy.late_day_minor * days,
        parcel=policy.parcel_minor,
        parcel_price=_day_prices(ask, reach),
        co2=policy.co2_minor_per_kg * weight_kg * (reach.co2_g_per_kg / 1000)[None, :],
        rejection=policy.resource_minor * network.fails[goods][:, nodes],
        bid=np.zeros(shape) if prices.bid_minor is None else prices.bid_minor[:, nodes],
        days=days,
    )


def _day_prices(ask: Ask, reach: Reach) -> Floats:
    """[M] what room on the day of shipping is worth; what a store hands over itself, and a courier takes, is
    counted elsewhere.
    """
    if ask.prices.days is None or reach.bucket != SHIP:
        return np.zeros(len(ask.nodes))
    minor = ask.prices.days.of(ask.nodes, ask.tables.dates[0], reach.day)
    return minor if reach.store is None else np.where(ask.nodes == reach.store, 0.0, minor)


def build_problem(ask: Ask, reach: Reach, weights: Felt, usable: Bools, columns: Ints) -> Problem:
    """The kernel's arrays for the nodes ``columns``; ``usable`` [L, M] is eligible."""
    network, lines, nodes = ask.network, ask.lines, ask.nodes[columns]
    used, card = cards_used(reach.card[columns], len(network.cards.names))
    available = ask.stock[:, columns] * usable[:, columns]
    unit_cost = np.empty_like(available)
    unit_cost[:] = network.pick_minor[nodes]
    return Problem(
        currency=network.currency,
        cards=network.cards_of(used),
        line_ids=lines.ids,
        skus=lines.skus,
        quantity=lines.quantity,
        unit_weight_g=lines.weight_g,
        unit_volume_mm3=lines.volume_mm3,
        ship_alone=lines.alone,
        group=lines.group,
        node_ids=tuple(network.names[nodes].tolist()),
        card=card,
        fixed_minor=reach.fixed_minor[columns],
        parcel_price_minor=weights.per_parcel[columns],
        capacity_parcels=reach.room[columns],
        arrive_day=weights.days[columns],
        available=available,
        unit_cost_minor=unit_cost,
        bid_price_minor=np.ascontiguousarray(weights.per_unit[:, columns]),
        failing_minor=weights.rejection[:, columns] if ask.policy.resource_minor else None,
        day_price_minor=weights.parcel_price[columns] if weights.parcel_price.any() else None,
        divisor_mm3_per_g=network.spec.dimensional_divisor_mm3_per_g,
        unfilled_penalty_minor=ask.policy.unfilled_penalty_minor,
        allow_unfilled=True,
    )


def cheapest(ask: Ask, reach: Reach) -> Solved | None:
    """The plan of least objective; None where no node can send anything."""
    usable = eligible(reach)
    columns = np.flatnonzero((usable & (ask.stock > 0)).any(axis=0))
    return _solve(ask, reach, felt(ask, reach), usable, columns)


def solutions(ask: Ask, reach: Reach, before: int | None = None) -> Iterator[Solved]:
    """Cheapest, then fastest and fewest parcels where these may be other plans.

    A basket beyond the exact kernel is not asked a third time for fewest parcels: its answers take long.
    ``before``: only what arrives earlier than that instant.
    """
    if before is not None:
        reach = sooner_than(reach, before)
    usable = eligible(reach)
    columns = np.flatnonzero((usable & (ask.stock > 0)).any(axis=0))
    best = _solve(ask, reach, felt(ask, reach), usable, columns)
    if best is None:
        return
    yield best
    available = np.where(usable, ask.stock, 0)
    if (faster := _fastest(best, usable, available, columns)) is not None:
        yield faster
    proven = best.plan.status is Status.OPTIMAL
    if proven and len(best.plan.parcels) > _least_parcels(ask, available):
        yield _fewest(best)


def sooner_than(reach: Reach, end: int) -> Reach:
    """The same reach without what arrives at ``end`` or later."""
    late = np.where(reach.arrive_at >= end, BIT[Reason.TOO_LATE], 0)
    return replace(reach, node_bits=reach.node_bits | late)


def _solve(ask: Ask, reach: Reach, weights: Felt, usable: Bools, columns: Ints) -> Solved | None:
    if not len(columns):
        return None
    problem = build_problem(ask, reach, weights, usable, columns)
    plan = route(problem, work_limit=ask.policy.work_limit)
    return Solved(ask, reach, weights, problem, plan) if plan.parcels else None


def last_arrival(solved: Solved) -> int:
    """The instant the last parcel arrives."""
    index = solved.ask.network.index
    nodes = [index[parcel.node] for parcel in solved.plan.parcels]
    return int(solved.reach.arrive_at[np.searchsorted(solved.ask.nodes, nodes)].max())


def _fastest(best: Solved, usable: Bools, available: Ints, columns: Ints) -> Solved | None:
    """The cheapest among the plans that arrive first and fill as much; None when ``best`` is that."""
    arrive_at, latest = best.reach.arrive_at[columns], last_arrival(best)
    if latest == arrive_at.min():
        return None
    order = np.argsort(arrive_at, kind="stable")
    gathered = np.cumsum(available[:, columns][:, order], axis=1)
    need = np.minimum(best.ask.lines.quantity, gathered[:, -1])
    bound = arrive_at[order[int((gathered < need[:, None]).sum(axis=1).max())]]
    for limit in np.unique(arrive_at[(arrive_at >= bound) & (arrive_at < latest)]).tolist():
        soon = columns[arrive_at <= limit]
        solved = _solve(best.ask, best.reach, best.felt, usable, soon)
        if solved is not None and solved.missing <= best.missing:
            return solved
    return None


def _least_parcels(ask: Ask, available: Ints) -> int:
    """A lower bound on the parcels of a plan that fills all it can."""
    alone = int(ask.lines.quantity[ask.lines.alone].sum())
    if alone:
        return alone + int(not ask.lines.alone.all())
    reachable = np.minimum(available.sum(axis=1), ask.lines.quantity)
    return 1 if (available >= reachable[:, None]).all(axis=0).any() else 2


def _fewest(best: Solved) -> Solved:
    """The plan of fewest parcels that fills as much, the cheapest of these."""
    problem, parcels = best.problem, len(best.plan.parcels)
    # No plan of fewer parcels costs as much as one parcel weighs, so fewer always win; leaving a unit
    # unfilled may save all parcels, so it must cost more than these.
    weight = _dearest(problem, parcels)
    heavier = replace(
        problem,
        parcel_price_minor=problem.parcel_price_minor + weight,
        unfilled_penalty_minor=problem.unfilled_penalty_minor + 2 * parcels * weight,
    )
    return replace(best, problem=heavier, plan=route(heavier, work_limit=best.ask.policy.work_limit))


def _dearest(problem: Problem, parcels: int) -> int:
    """More than any plan of at most ``parcels`` parcels can cost, in whole minor units."""
    parcel = problem.fixed_minor + np.maximum(problem.parcel_price_minor, 0)
    unit = problem.unit_cost_minor + np.maximum(problem.bid_price_minor, 0)
    units = float((unit.max(axis=1) * problem.quantity).sum())
    return int(parcels * (float(parcel.max()) + int(problem.cards.minor.max())) + units) + 1
